"""The checks, a module for each few that look at the same thing; `catalogue` has them in order.

loading (1 to 5), asking (6 to 8), values (9, 10, 13 to 18), periods (11, 12, 19 to 22), paging
(23 to 26), failure (27 to 35), limits (36 to 38), security (39 to 42), records (43 and 44).
"""
