"""A table of claims for the demos of warehouses: a row a day, and how many were settled at once."""

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from tests.vendors.demo import DAYS

SETTLED: Final = """
    SELECT date(month) AS period_start, 1.0 * sum(settled) / sum(claims) AS value,
      sum(settled) AS numerator, sum(claims) AS denominator, sum(claims) AS n
    FROM (SELECT strftime('%Y-%m-01', day) AS month, claims, settled FROM claims
          WHERE day >= :start_date AND day < :end_date)
    GROUP BY month
"""
"""In SQLite's words: by month, the share of claims that were settled at once."""


def lay_claims(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Write a year of claims: thirty a day, of which ever more are settled at once."""
    connection.execute("CREATE TABLE claims (day, claims, settled)")
    connection.executemany(
        "INSERT INTO claims VALUES (?, ?, ?)",
        [
            (str((now - timedelta(days=DAYS - day)).date()), 30, 9 + day // 40 + day * 7 % 5)
            for day in range(DAYS + 1)
        ],
    )
