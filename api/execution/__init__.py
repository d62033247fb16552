"""How an operation is answered.

limits: what a document may ask for, checked before it is validated. documents: parsed and validated
once, then remembered. cost: what an operation costs on an Atlas, by prices, by fan_out and, where
there are no pages, by counted. operation: one operation run under a deadline. beside: where the
costly ones run. failures: how errors are shaped for the client.
"""
