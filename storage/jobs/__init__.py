"""The jobs of all workers: none is lost, and none counts twice.

records: what a job is, and how a step of it ends. ledger: the rows that say how each stands. queue:
who gets which next, kept by pgqueuer in a schema of its own. stored: both together, as workers use
them. wakeups: the hint that there is something to do.
"""
