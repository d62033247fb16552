"""Tests that the docs tell what the code does."""
