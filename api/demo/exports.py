"""The bank's CSV exports, which its stand-ins tell the same as."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

OSLO: Final = ZoneInfo("Europe/Oslo")


def values_of(file: Path) -> Mapping[datetime, Decimal]:
    """Read an export's values by the first instant of each period, those of all parts together."""
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            _moment(row["period_start"]): Decimal(row["value"])
            for row in csv.DictReader(lines)
            if not row.get("channel")
        }


def _moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=OSLO).astimezone(UTC)
