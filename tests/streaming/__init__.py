"""Answers that go on: over WebSockets and as server-sent events, against a real server."""
