"""How values come in.

binding: what a source's numbers become in a metric's unit, or why they can't. settings: a
connection's settings with its secrets put in; sealing: how secrets are kept; resealing: with
another key; opening: its connector, ready to be asked. connector_rules: what use cases ask about
connectors. trying: a connection tried out, nothing recorded. plan: what is to be asked; reading: on
what errand, and who keeps what comes of it; attempt: question after question, each answer recorded;
failing: how a failure is told; sync: sources read on any errand, one reader at a time. freshness:
how fresh a source is, and when it may be asked. on_demand: the sources that a reader wants fresher,
asked behind its answer or before it; coalescing: the same work done once. circuit: a connector that
keeps breaking, left alone. given: observations that somebody gives us. jobs: what must not be lost;
worker: does it.
"""
