"""The kit: honest connectors pass every check, and each mutant fails exactly its own."""
