"""The schema's history: one file a change in versions/, run by storage.migrate."""
