"""The atlas file: a whole organization in one YAML document, documented in docs/atlas-file.md.

events, reading: YAML to plain values that know their lines. scalars, entries, metric_entries,
okr_entries, format: what a file may hold. complaints: what the format refuses, in words.
draft: a file as the domain's draft. salvage: what the format leaves of a file, to be judged too.
connections: their settings, held against their connectors. importing: the use case, from a path to
a report. problems: the errors, with line and column.
"""
