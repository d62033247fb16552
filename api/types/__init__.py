"""The public types, one file a block; declarations only, domain records flow through them.

node: the interfaces. query and atlas: the roots. goal, journey (with steps), insight, opportunity,
solution, metric (with values and measures), objective, key_result, cycle, team (members, personas),
source (connections, metric sources), connector, organization: the blocks and what surrounds them.
progress (with status and explanations), numbers: what is computed. pages: Relay's connections.
enums, scalars: the leaves. references: types by name. links: how fields follow links.
"""
