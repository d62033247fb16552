"""The bank's product analytics: a thousand people a week get a salary, and some put money aside."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Final

from api.clock import real_clock
from api.demo.exports import OSLO, values_of
from api.demo.vendors import mixpanel as vendor
from api.demo.vendors.analytics import Event
from journey_atlas_sdk import Grain, Window, period_of

FUNNEL: Final = "7509"
PAID: Final = "Salary received"
SAVED: Final = "Money put aside automatically"
PEOPLE: Final = 1_000
APART: Final = timedelta(days=6) / PEOPLE
SOON: Final = timedelta(minutes=5)


def service(observations: Path) -> vendor.Mixpanel:
    """Make the service out of the folder of the bank's exports."""
    return vendor.Mixpanel(
        now=real_clock,
        zone=OSLO,
        recall=partial(_happened, values_of(observations / "automatic-savers.csv")),
        funnels={FUNNEL: vendor.Funnel(steps=(PAID, SAVED))},
    )


def _happened(
    savers: Mapping[datetime, Decimal], start: datetime, end: datetime
) -> Iterator[Event]:
    """Give the events of a span in order; `savers` are of a hundred, by the start of each week."""
    week = period_of(start, Grain.WEEK, OSLO)
    while week.start < end:
        if week.start in savers:
            events = _of_week(week, int(savers[week.start] * PEOPLE / 100))
            before = takewhile(lambda event: event.at < end, events)
            yield from (event for event in before if event.at >= start)
        week = period_of(week.end, Grain.WEEK, OSLO)


def _of_week(week: Window, savers: int) -> Iterator[Event]:
    for number in range(PEOPLE):
        user, at = str(number), week.start + APART * number
        yield Event(name=PAID, user=user, at=at)
        if number < savers:
            yield Event(name=SAVED, user=user, at=at + SOON)
