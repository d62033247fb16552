"""Finding and loading plugins, and the built-in connectors."""
