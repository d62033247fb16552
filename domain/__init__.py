"""What an atlas is and what its numbers mean: pure functions over frozen records.

Records: node (what all share), goal, journey (with steps), insight, opportunity, solution,
metric (with observations and windows), okr (objectives, key results), cycle, team (members,
personas), source (connections, metric sources), organization.
The graph: links (the legal ones), atlas (records and links at one revision).
Numbers: view (an atlas on a day, with its metric values), values, progress, expected, status,
rollup, statement, health. Writing: actions/. Failures: errors. What storage must offer: ports.

Only the standard library is imported here; nothing reads a clock, a file or a database.
"""
