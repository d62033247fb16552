"""The API over its ASGI app: whole answers to real documents.

asking (the app over fakes, and how tests ask it), then one file a subject.
"""
