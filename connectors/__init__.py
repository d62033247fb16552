"""The connectors that come with the product, one file a source; each imports only the SDK.

csv_file (CSV files in a folder of the server), csv_http (CSV on a web server), s3 (CSV in a
bucket), json_http (any JSON on a web server), webhook (what a system posts), sql (databases),
prometheus, surveymonkey, qualtrics, mixpanel, rehearsal (a source that misbehaves on purpose).
"""
