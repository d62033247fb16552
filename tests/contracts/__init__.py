"""What the SDK promises to the authors of plugins."""
