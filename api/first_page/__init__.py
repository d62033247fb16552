"""The page that a browser sees: GraphiQL, from this package alone, with operations ready to run.

- `page.py`: its routes, and who gets it instead of JSON
- `examples.py`: the example operations
- `static/`: the built page; `VERSION` and `LICENSES.txt` say what is in it
- `source/`: what it is built from, with a README
"""
