"""Opportunities at the fake of Salesforce."""

from datetime import datetime
from decimal import Decimal

from tests.vendors import salesforce
from tests.vendors.demo import DAYS, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Four opportunities a day that are closed; ever more of them are won, and ever larger."""
    records = [
        salesforce.Record(
            fields={
                "CloseDate": spread(now, number, each=4).date(),
                "IsClosed": True,
                "IsWon": number * 7 % 20 < 6 + number // 300,
                "Amount": Decimal(9_000 + number * 37 % 4_000 + number),
            }
        )
        for number in range(DAYS * 4)
    ]
    fake = salesforce.Salesforce(now=present, records={"Opportunity": records})
    deals = {"object": "Opportunity", "on": "CloseDate"}
    revenue = {**deals, "measure": "SUM", "field": "Amount", "where": "IsWon = true"}
    win_rate = {**deals, "measure": "SHARE", "field": "IsWon", "where": "IsClosed = true"}
    return Demo(
        app=fake,
        settings={
            "client_id": salesforce.CLIENT_ID,
            "client_secret": salesforce.CLIENT_SECRET,
            "queries": {"revenue": revenue, "win-rate": win_rate},
        },
    )
