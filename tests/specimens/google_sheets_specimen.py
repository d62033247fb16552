"""A spreadsheet that somebody keeps at the strict fake of Google Sheets."""

from collections.abc import Iterator, Sequence

from connectors.google_sheets import GoogleSheets
from journey_atlas_sdk import AccessDenied, AuthError, Grain
from journey_atlas_sdk.conformance import (
    OSLO,
    App,
    Fact,
    Golden,
    Known,
    Refused,
    Specimen,
    World,
)
from tests.vendors import google
from tests.vendors import google_sheets as vendor

HEADERS = ("Day", "Trust", "Answers", "Trusting", "Asked", "Channel", "Remark")


def service(world: World) -> App:
    """Tell the facts as rows of a sheet."""

    def grid() -> Iterator[Sequence[vendor.Cell]]:
        yield HEADERS
        yield from map(row, world.facts)

    return vendor.GoogleSheets(now=world.now, sheets={"Trust": grid})


def row(each: Fact) -> Sequence[vendor.Cell]:
    """Write a row; its day is Oslo's."""
    return (
        each.at.astimezone(OSLO).replace(tzinfo=None),
        number(each.value),
        each.sample_size,
        number(each.numerator),
        number(each.denominator),
        each.dimensions.get("channel"),
    )


def number(written: str | None) -> vendor.Cell:
    """Write what a person typed: a number if it looks like one, else a text."""
    try:
        return float(written or "") if written not in ("NaN", "inf") else written
    except ValueError:
        return written


specimen = Specimen(
    connector=GoogleSheets,
    golden=Golden(
        metric="trust",
        grain=Grain.DAY,
        known=(
            Known("2026-10-24", "66.4", sample_size=1180),
            Known("2026-10-25", "0.25", sample_size=4, numerator="1", denominator="4"),
            Known("2026-10-26", None),
        ),
    ),
    source=service,
    settings={
        "key": google.key_file(),
        "spreadsheet": vendor.SPREADSHEET,
        "tables": {
            "trust": {
                "range": "Trust!A1:G",
                "fields": {
                    "period_start": "Day",
                    "value": "Trust",
                    "sample_size": "Answers",
                    "numerator": "Trusting",
                    "denominator": "Asked",
                },
                "dimensions": {"channel": "Channel"},
            }
        },
    },
    dimensions={"channel": ("app", "branch")},
    wrong_secret=Refused({"key": google.key_file(signed_as=google.NARROW)}, AuthError),
    narrow=Refused({"key": google.key_file(google.NARROW)}, AccessDenied),
    renews="/token",
)
