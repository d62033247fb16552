"""The connectors that come with the product, one file a source; each imports only the SDK.

csv_file (CSV files in a folder of the server), csv_http (CSV on a web server), sql (databases),
prometheus, rehearsal (a source that misbehaves on purpose).
"""
