"""Claims and how many were settled at once, in a table at the fake of BigQuery."""

from datetime import datetime
from functools import partial

from tests.vendors import bigquery, google
from tests.vendors.claims import SETTLED, lay_claims
from tests.vendors.demo import Demo, present


def demo(now: datetime) -> Demo:
    """Thirty claims a day; ever more of them are settled at once."""
    return Demo(
        app=bigquery.BigQuery(now=present, lay=partial(lay_claims, now=now)),
        settings={
            "key": google.key_file(token_uri="{url}/token"),  # noqa: S106 -- an address
            "project": bigquery.PROJECT,
            "location": "EU",
            "queries": {"settled-at-once": SETTLED},
            "units": {"settled-at-once": {"kind": "RATIO"}},
        },
    )
