"""Filters and orders of lists: what a client asks, turned into predicates and places.

operators.py   what may be said of one value of a type (`eq`, `in`, `gt`, ...)
table.py       what a row of a kind's table is: a value, one linked node, or several
kinds.py       the tables: of each kind of node all that it can be filtered and ordered by
inputs.py      the public inputs, generated from the tables
compiling.py   an input compiled into a predicate over records
ordering.py    an asked order compiled into the places of a keyset
pace.py        how long a filter works before it lets others work
selecting.py   both applied to a list, with pauses where the list is long
"""
