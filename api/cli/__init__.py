"""The command line `atlas`, one file per group of commands.

main: the commands and their options. output: how results and errors are shown.
serve, importing, syncing, querying, connecting: what the commands do.
"""
