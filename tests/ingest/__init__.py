"""Tests of how values come in."""
