"""What customers say each month, in a spreadsheet at the fake of Google Sheets."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from tests.vendors import google, google_sheets
from tests.vendors.demo import DAYS, Demo, present


def demo(now: datetime) -> Demo:
    """A month's share of customers who trust the bank, slowly getting better."""
    start = (now - timedelta(days=DAYS)).date()

    def grid() -> Iterator[Sequence[google_sheets.Cell]]:
        yield ("Month", "Trust", "Answers", "Remark")
        for number in range(DAYS // 30 + 2):
            month = date(start.year + (start.month + number - 1) // 12, _month(start, number), 1)
            if month <= now.date():
                share = google_sheets.Percent((41 + number * 2 - number % 3) / 100)
                yield (month, share, 400 + number * 7)

    rows = {"period_start": "Month", "value": "Trust", "sample_size": "Answers"}
    return Demo(
        app=google_sheets.GoogleSheets(now=present, sheets={"Trust": grid}),
        settings={
            "key": google.key_file(token_uri="{url}/token"),  # noqa: S106 -- an address
            "spreadsheet": google_sheets.SPREADSHEET,
            "tables": {"trust": {"range": "Trust!A1:D", "fields": rows, "unit": {"kind": "RATIO"}}},
        },
    )


def _month(start: date, number: int) -> int:
    return (start.month + number - 1) % 12 + 1
