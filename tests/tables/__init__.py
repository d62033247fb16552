"""Flat rows: what they hold, how they are paged, and the formats in which they are streamed."""
