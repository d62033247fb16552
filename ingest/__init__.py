"""How values come in.

What is read: binding: what a source's numbers become in a metric's unit, or why they can't. plan:
what is to be asked; reading: on what errand, and who keeps what comes of it; attempt: question
after question, each answer recorded; failing: how a failure is told; sync: sources read on any
errand, one reader at a time.

Through what: settings: a connection's settings with its secrets put in; sealing: how secrets are
kept; resealing: with another key; opening: its connector, ready to be asked; budgets: what a source
allows, counted for all workers; circuit: a connector that keeps breaking, left alone; watchdog: one
that blocks the process, named. connector_rules: what use cases ask about connectors; trying: a
connection tried out, nothing recorded.

When: freshness: how fresh a source is, and when it may be asked. on_demand: the sources that a
reader wants fresher, asked behind its answer or before it; coalescing: the same work done once.
jobs: what must not be lost; worker: does it; orders: makes those of sources, source_jobs: their
steps; schedule: orders what is due; workshop: all of it in a process. watching: runs, as they go.

What comes by itself: push: deliveries of sources; given: observations that somebody gives us; sent:
the run of either.
"""
