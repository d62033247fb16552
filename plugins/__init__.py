"""How plugins are found and loaded, and what became of each.

discovery (built-in, installed and drop-in plugins, each loaded alone), registry (the connectors
that work, and how to open one), hooked (what plugins do besides: carry requests, look on), problems
(what is quarantined, why, and what to do), intruders (whether a stranger's package stands where one
of ours should), pages (what connectors say of themselves, written into their pages).
"""
