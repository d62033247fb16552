"""Answers that go on: streams (how many are open), events (server-sent events), sockets (a
WebSocket), messages (what may be said on one).
"""
