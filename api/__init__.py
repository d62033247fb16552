"""The edge of the product: HTTP and GraphQL, the atlas file, settings and the command line.

app: the one place that constructs and connects. settings, clock, ids, database, demo: what it
starts from. schema, types/, fields, relay, context: the public contract. http, http_request,
media_types, execution/: from a request to an answer. atlas_file/: a whole organization as YAML.
cli/, __main__: the program `atlas`. errors: what goes wrong here.
"""
