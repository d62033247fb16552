"""Flat rows: what they hold, and how they are paged."""
