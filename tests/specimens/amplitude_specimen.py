"""A project with a funnel at the strict fake of Amplitude."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from api.demo.vendors.analytics import Event
from connectors.amplitude import Amplitude
from journey_atlas_sdk import AuthError, Grain
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
from tests.vendors import amplitude as vendor


def service(world: World) -> App:
    """Tell the facts as events."""

    def recall(start: datetime, end: datetime) -> Iterator[Event]:
        return chain.from_iterable(map(events, world.between(start, end)))

    return vendor.Amplitude(now=world.now, zone=OSLO, recall=recall)


def events(each: Fact) -> list[Event]:
    """Let somebody begin and, where the fact is a 1, get done right then."""
    began = Event(name="Began", user=each.who, at=each.at)
    done = Event(name="Done", user=each.who, at=each.at)
    return [began, done] if each.value == "1" else [began]


specimen = Specimen(
    connector=Amplitude,
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
        "url": "https://amplitude.example",
        "api_key": vendor.API_KEY,
        "secret_key": vendor.SECRET_KEY,
        "time_zone": "Europe/Oslo",
        "reports": {
            "signup": {"steps": ["Began", "Done"], "conversion_days": 1},
            "logins": {"event": "Began"},
            "people": {"event": "Began", "count": "UNIQUE"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"signup": share(lambda done: done == 1), "logins": count, "people": unique},
    answers=("1", "0"),
    as_written=False,
    wrong_secret=Refused({"secret_key": "another-secret-key"}, AuthError),
)
