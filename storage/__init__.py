"""What is kept, and how: the only room that speaks SQL.

engine: the connection; retry: what is tried again; tables/: the schema; migrations/ and migrate:
how it comes about. atlases: load, apply and change (loading, graph, writing, changing, rows, bulk);
cache: atlases and views in memory; beside: where long work is done. observations: answers and
records (aggregates, recording, dimensions). readings: who reads a source and how far it was read;
sync_runs: what each attempt came to. jobs/: work that must not be lost. secrets: of connections,
sealed. embedded/: a PostgreSQL of our own. errors: what storage can't do; refusals: what it won't.
"""
