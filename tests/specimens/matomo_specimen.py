"""A website with a goal at the strict fake of Matomo."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from api.demo.vendors.analytics import Event
from connectors.matomo import Matomo
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import (
    OSLO,
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Refused,
    Specimen,
    World,
    count,
    fact,
    share,
    unique,
)
from tests.vendors import matomo as vendor


def service(world: World) -> App:
    """Tell the facts as events."""

    def recall(start: datetime, end: datetime) -> Iterator[Event]:
        return chain.from_iterable(map(events, world.between(start, end)))

    return vendor.Matomo(now=world.now, zone=OSLO, recall=recall)


def events(each: Fact) -> list[Event]:
    """Let somebody view a page and, where the fact is a 1, buy something right then."""
    visit = str(each.number)
    viewed = Event(name="View", user=each.who, at=each.at, visit=visit)
    bought = Event(name="Purchase", user=each.who, at=each.at, visit=visit)
    return [viewed, bought] if each.value == "1" else [viewed]


specimen = Specimen(
    connector=Matomo,
    golden=Golden(
        metric="buyers",
        grain=Grain.DAY,
        known=(
            Known("2026-10-25", "0.5", sample_size=4, numerator="2", denominator="4"),
            Known("2026-10-26", "1", sample_size=1, numerator="1", denominator="1"),
        ),
        facts=(
            fact("2026-10-25T00:00", "1", number=1),
            fact("2026-10-25T02:30+02:00", "0", number=2),
            fact("2026-10-25T02:30+01:00", "0", number=3),
            fact("2026-10-25T23:59:59", "1", number=4),
            fact("2026-10-26T00:00", "1", number=5),
        ),
    ),
    source=service,
    settings={
        "url": "https://matomo.example",
        "token": vendor.TOKEN,
        "site": vendor.SITE,
        "time_zone": "Europe/Oslo",
        "reports": {
            "buyers": {"conversion": 3},
            "visits": {"metric": "nb_visits"},
            "visitors": {"metric": "nb_uniq_visitors"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"buyers": share(lambda bought: bought == 1), "visits": count, "visitors": unique},
    answers=("1", "0"),
    as_written=False,
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    refusal='{"result": "error", "message": "Something went wrong."}',
)
