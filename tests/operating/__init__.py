"""Connections operated through the API: what is kept, shown, refused and told."""
