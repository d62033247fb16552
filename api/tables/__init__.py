"""Flat rows for BI: root fields whose rows hold scalars alone, as JSON or streamed.

columns: how a table declares them, each once. table: rows, and how they are cut and read in
batches. nodes, standing: what several tables share. okr, snapshots, series, observations, work:
facts. dimensions, links: what facts are grouped by and joined through. catalogue: all of them.
roots: their fields in the schema. selection: which columns an operation asks for. formats, arrow:
CSV, JSON Lines, Arrow, Parquet. answering: the stream itself.
"""
