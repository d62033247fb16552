"""The host's side of the contract, for the product and for the kit that tests connectors.

A call: lending (the one way in), context (what a connector is lent for one call), pulling (the
call itself, under a deadline, its answer checked and its failure named), windows (how long
stretches are cut into pulls), vault (renewed secrets), tokens (fetched with them, kept between
calls).

Its requests: client (what an author sees), transport (how each goes over the wire), gate (where it
waits for its turn), budget (whose turn it is), retrying, waits (how long a source asks to be left
alone), answers (bodies, bounded), failures (what statuses stand for), addresses (what may be
reached), redaction, tracing, clock, beating (signs of life), cassettes (answers recorded, scrubbed
and replayed).

apart: a connector in a process of its own, asked as if it were here.

Before any call: loading (a plugin on a manager of its own, and its connectors), page (a connector's
facts as Markdown), schema_words and markdown (what pages are made of).
"""
