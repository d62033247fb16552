"""How values come in.

binding: what a source's numbers become in a metric's unit, or why they can't. settings: a
connection's settings with its secrets put in. context: what a connector is lent. pulling: one
question to one connector, under a deadline. sync: all sources of some connections, recorded.
freshness: how fresh a source is, and when it may be asked. on_demand: the sources that a reader
wants fresher, asked behind its answer or before it. coalescing: the same work done once. circuit: a
connector that keeps breaking, left alone.
"""
