"""Loading times of an app and its checkouts, at the fake of InfluxDB."""

from datetime import datetime

from tests.vendors import influxdb
from tests.vendors.demo import DAYS, Demo, spread


def demo(now: datetime) -> Demo:
    """Eight visits a day; the later, the quicker the app and the more of them end in an order."""
    points = [
        influxdb.Point(
            measurement="visits",
            at=spread(now, number, each=8),
            fields={
                "seconds": 4 - number / 1_500 + number * 7 % 10 / 10,
                "ordered": int(number * 7 % 20 < 5 + number // 500),
            },
            tags={"channel": "app" if number % 3 else "web"},
        )
        for number in range(DAYS * 8)
    ]
    bounds = "FROM visits WHERE time >= $start AND time < $end"
    orders = f"SELECT sum(ordered) AS numerator, count(ordered) AS denominator {bounds}"
    loading = f"SELECT mean(seconds) AS value, count(seconds) AS n {bounds}"
    return Demo(
        app=influxdb.InfluxDb(points=points),
        settings={
            "username": influxdb.READER,
            "password": influxdb.PASSWORD,
            "database": influxdb.DATABASE,
            "queries": {
                "conversion": {
                    "query": orders,
                    "unit": {"kind": "RATIO"},
                    "dimensions": ["channel"],
                },
                "loading": {"query": loading, "unit": {"kind": "DURATION"}},
            },
        },
    )
