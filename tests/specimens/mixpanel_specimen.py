"""A project with a funnel and an event at the strict fake of Mixpanel."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from api.demo.vendors import mixpanel as vendor
from api.demo.vendors.analytics import Event
from connectors.mixpanel import Mixpanel
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

FUNNELS: Final = {"7509": vendor.Funnel(steps=["Began", "Done"])}


def service(world: World) -> App:
    """Tell the facts as events."""

    def recall(start: datetime, end: datetime) -> Iterator[Event]:
        return chain.from_iterable(map(events, world.between(start, end)))

    return vendor.Mixpanel(now=world.now, zone=OSLO, funnels=FUNNELS, recall=recall)


def events(each: Fact) -> list[Event]:
    """Let somebody begin, log in and, where the fact is a 1, get done a second later."""
    known = str(each.number)
    began = Event(name="Began", user=known, at=each.at)
    done = Event(name="Done", user=known, at=each.at + timedelta(seconds=1))
    logged_in = Event(name="Logged in", user=each.who, at=each.at)
    return [began, logged_in, done] if each.value == "1" else [began, logged_in]


specimen = Specimen(
    connector=Mixpanel,
    golden=Golden(
        metric="signup",
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
        "username": vendor.USERNAME,
        "secret": vendor.SECRET,
        "project": vendor.PROJECT,
        "time_zone": "Europe/Oslo",
        "url": "https://mixpanel.example",
        "reports": {
            "signup": {"funnel": 7509, "conversion_days": 1},
            "logins": {"event": "Logged in"},
            "users": {"event": "Logged in", "count": "UNIQUE"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"signup": share(lambda done: done == 1), "logins": count, "users": unique},
    answers=("1", "0"),
    as_written=False,
    narrow=Refused({"project": "99999"}, AccessDenied),
)
