"""How an operation is answered.

limits: what a document may ask for, checked before it is validated. documents: parsed and validated
once, then remembered. operation: one operation run under a deadline. failures: how errors are
shaped for the client.
"""
