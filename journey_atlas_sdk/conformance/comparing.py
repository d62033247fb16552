"""What was found against what is true, told in the periods and values of a person."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from journey_atlas_sdk.conformance.bench import Series
from journey_atlas_sdk.conformance.verdict import Mismatch
from journey_atlas_sdk.observations import Observation, Window

_MOST_SHOWN: Final = 3
_CLOSE: Final = Decimal("1e-9")


def require_truth(found: Sequence[Observation], expected: Series, zone: ZoneInfo) -> None:
    """Require the value of each period, and no other period; left out and None are alike."""
    seen = {Window(one.start, one.end): one.value for one in found if one.end > one.start}
    wrong = [
        (period, expected.get(period), seen.get(period))
        for period in sorted({*seen, *expected}, key=lambda each: (each.start, each.end))
        if not _is_close(seen.get(period), expected.get(period))
    ]
    if wrong:
        raise Mismatch(
            expected=_listed(f"{named(period, zone)} = {shown(true)}" for period, true, _ in wrong),
            seen=_listed(f"{named(period, zone)} = {shown(value)}" for period, _, value in wrong),
        )


def require_values(found: Sequence[Observation], expected: Series, zone: ZoneInfo) -> None:
    """Require the values that there are, by the starts of their periods; where they end is open."""
    ends = {period.start: period.end for period in expected}
    found = [replace(one, end=ends[one.start]) for one in found if one.start in ends]
    require_truth(found, expected, zone)


def require_same(
    found: Sequence[Observation], expected: Sequence[Observation], zone: ZoneInfo
) -> None:
    """Require equal observations; where they stand at the source doesn't matter."""
    wanted = {_bare(one): one for one in expected}
    seen = {_bare(one): one for one in found}
    lacking = [told(one, zone) for bare, one in wanted.items() if bare not in seen]
    strange = [told(one, zone) for bare, one in seen.items() if bare not in wanted]
    if lacking or strange:
        raise Mismatch(
            expected=_listed(lacking) or "nothing more", seen=_listed(strange) or "none of these"
        )


def told(one: Observation, zone: ZoneInfo) -> str:
    """Tell an observation in one line."""
    parts = [f"{named(Window(one.start, one.end), zone) if one.end > one.start else one.start}"]
    parts.append(f"= {shown(one.value)}")
    if one.sample_size is not None:
        parts.append(f"(n {one.sample_size!r})")
    if one.numerator is not None or one.denominator is not None:
        parts.append(f"({shown(one.numerator)} / {shown(one.denominator)})")
    parts += [f"{name}={value}" for name, value in one.dimensions]
    parts.append(one.state)
    return " ".join(parts)


def told_error(error: Exception) -> str:
    """Tell an error in one line, with the last one of what operators are told."""
    detail = (getattr(error, "detail", None) or "").strip().splitlines()
    return f"{type(error).__name__}: {error}" + (f" ({detail[-1]})" if detail else "")


def named(period: Window, zone: ZoneInfo) -> str:
    """Name a period by its local start and end; whole days by their dates."""
    return f"{moment(period.start, zone)} to {moment(period.end, zone)}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Write a moment in local time, midnight as the date alone."""
    local = at.astimezone(zone)
    if local.timetz().replace(tzinfo=None) == time.min:
        return local.date().isoformat()
    return local.isoformat(timespec="minutes")


def shown(value: Decimal | None) -> str:
    """Write a value."""
    return "nothing" if value is None else f"{value:f}"


def _is_close(one: Decimal | None, other: Decimal | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _CLOSE * max(Decimal(1), abs(other))


def _bare(one: Observation) -> tuple[object, ...]:
    return (
        *(one.metric, one.start, one.end, one.dimensions, one.value, one.sample_size),
        *(one.numerator, one.denominator, one.standard_error, one.state, one.flags),
    )


def _listed(lines: Iterable[str]) -> str:
    each = list(lines)
    more = len(each) - _MOST_SHOWN
    return "; ".join(each[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
