"""The host's side of the contract, for the product and for the kit that tests connectors.

lending (the one way in: what a connector is lent for one call), context (what it then holds),
pulling (one call to a connector, under a deadline, its answer checked and its failure named),
windows (how long stretches are cut into pulls), client (the HTTP client), clock (by which a host
waits), budget (how many requests may go to a source).
"""
