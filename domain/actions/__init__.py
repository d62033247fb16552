"""Use cases: what people do to an atlas, as plans that are checked before anything is written.

changes: what a plan comes to. import_atlas: bring an atlas file in.
"""
