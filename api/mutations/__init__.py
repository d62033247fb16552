"""Mutations: each takes one input and gives one payload.

declaring: how one is declared, and its payload (the object, `userErrors`, `revision`). acting: what
one works with while it runs. given: what a client gave, read from its input; texts: whether its
texts can be kept. connections, sources, trials, operating: the mutations themselves. root: the type
that lists them all.
"""
