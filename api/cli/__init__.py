"""The command line `atlas`, one file per group of commands.

main, authoring: the commands and their options, which import the rest when they run. running: from
settings to an exit code. output, marks: how results, work, numbers and statuses are shown. serving,
migrating, importing, syncing, connecting, querying, describing: what the commands do. tree,
branches: the atlas as a tree. explaining, explained: where numbers come from. facts: what the JSON
of both says.
"""
