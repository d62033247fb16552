"""The first page in a real browser."""
