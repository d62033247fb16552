"""Subscriptions: what a client can listen to, over a WebSocket or as server-sent events."""
