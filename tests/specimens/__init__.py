"""What the conformance kit must know of each connector that comes with the product, one file each.

`pytest --atlas-connector all` runs it; written tells facts as rows of a table of observations.
"""
