"""A connector run in a process of its own: what it does there ends nobody else.

connector (what looks like the connector to its host), conversation (one call as the host hears it),
desk (what the host does for the child meanwhile), children (processes: started, kept warm, ended).

In the child: child (its main program), lent (the context that an author gets there).

Between them: messages (all that is ever said, as JSON behind its length), failures (errors told),
places (where classes are found again).
"""
