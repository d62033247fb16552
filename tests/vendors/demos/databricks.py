"""Claims and how many were settled at once, in a table at the fake of Databricks."""

from datetime import datetime
from functools import partial

from tests.vendors import databricks
from tests.vendors.claims import SETTLED, lay_claims
from tests.vendors.demo import Demo


def demo(now: datetime) -> Demo:
    """Thirty claims a day; ever more of them are settled at once."""
    return Demo(
        app=databricks.Databricks(lay=partial(lay_claims, now=now)),
        settings={
            "token": databricks.TOKEN,
            "warehouse": databricks.WAREHOUSE,
            "queries": {"settled-at-once": SETTLED},
            "units": {"settled-at-once": {"kind": "RATIO"}},
        },
    )
