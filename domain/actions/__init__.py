"""Use cases: what people do to an atlas, as plans that are checked before anything is written.

changes: what a plan comes to, and the store that takes it. drafts: what someone wants an atlas to
hold, by external keys. import_atlas: bring a draft in, with directory (whom a key names), merging
(drafts and stored records), linking (lists of links), record_rules and graph_rules (the law).
editing: what changes of one record share; connecting: connections; feeding: metric sources.
"""
