"""The sample atlas as a product of its own.

sample: its file and its first values. services: what its connections `survey` and `analytics` ask,
in this process. vendors: the strict fakes that stand in for these two; the tests use them too.
"""
