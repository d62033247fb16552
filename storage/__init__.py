"""What is kept, and how: the only room that speaks SQL.

engine: the connection; retry: what is tried again; tables/: the schema; migrations/ and migrate:
how it comes about. atlases: load and apply (loading, graph, writing, rows, bulk); cache: atlases
and views in memory; beside: where long work is done. observations: answers and records (aggregates,
recording, dimensions, sync_runs). embedded/: a PostgreSQL of our own. errors: what storage can't
do; refusals: what it won't.
"""
