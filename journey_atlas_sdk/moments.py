"""Dates and times as sources write them, read strictly."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from journey_atlas_sdk.errors import DataError

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_FIRST_SECOND: Final = int(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
_LAST_SECOND: Final = int(datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read an ISO 8601 date or date and time, in UTC; what has no offset of its own is in `zone`.

    A date is the first instant of its day, a week such as 2026-W40 that of its Monday. DataError
    for other forms (22/11/2026), for a time that the zone's clocks show twice or never, and for
    years that can only be a slip.
    """
    written = text.strip()
    local = _date(written, zone) or _time(written, zone)
    if local is None:
        message = f"{written!r:.60} is no date such as 2026-11-22 or 2026-11-22T14:00+01:00."
        raise DataError(message)
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        message = f"{written!r} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}."
        raise DataError(message)
    return local.astimezone(UTC)


def epoch_of(moment: datetime) -> int:
    """Write an aware moment as whole seconds since 1970."""
    return int(moment.timestamp())


def milliseconds_of(moment: datetime) -> int:
    """Write an aware moment as milliseconds since 1970, up to the next whole one.

    So what lies before the moment is before the milliseconds, too.
    """
    return -((_EPOCH - moment) // _MILLISECOND)


def moment_at(seconds: Decimal) -> datetime:
    """Give the moment so many seconds after 1970 began (UTC), to the microsecond.

    DataError for what can only be a slip, such as milliseconds.
    """
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        message = f"{seconds} seconds is not in the years {_FIRST_YEAR} to {_LAST_YEAR}."
        raise DataError(message)
    return _EPOCH + timedelta(microseconds=int(seconds.scaleb(6)))


def _date(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time.min, tzinfo=zone)


def _time(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    local = moment.replace(tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        message = (
            f"{text!r} comes twice or never in {zone.key}, whose clocks change: add an offset."
        )
        raise DataError(message)
    return local
