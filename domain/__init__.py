"""What an atlas is and what its numbers mean: pure functions over frozen records.

Records: node (what all share), goal, journey (with steps), insight, opportunity, solution,
metric (with observations and windows), okr (objectives, key results), cycle, team (members,
personas), source (connections, metric sources), organization.
The graph: links (the legal ones), atlas (records and links at one revision).
Numbers: view (an atlas on a day, with its metric values). Values: questions (windows as questions
to the store), aggregation, value, staleness. Derived ones: formula (the tree), formula_parser,
formula_units, formula_rules, derived. Over time: calendar, bucket_value, filling, series, marks.
Progress: key_result (targets, contradictions), ladder, progress, rollup (objectives), anchor (what
hangs on a node and beneath it). Judgement: expected, policies, status, health, delivery, coverage.
Ways: thread (golden thread, downstream, impact), graph (flat, to be drawn), search.
Words: reason, explain, statement, amount. Arithmetic: exact. The rules stand in docs/rules.md.
Writing: actions/. Failures: errors. What storage must offer: ports.

Only the standard library is imported here; nothing reads a clock, a file or a database.
"""
