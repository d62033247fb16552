"""A property with sessions and an event at the strict fake of Google Analytics 4."""

from connectors.ga4 import Ga4
from journey_atlas_sdk import AccessDenied, AuthError
from journey_atlas_sdk.conformance import (
    OSLO,
    App,
    Keeps,
    Refused,
    Specimen,
    World,
    count,
    share,
    unique,
)
from tests.specimens.happened import recalling, two_days
from tests.vendors import ga4 as vendor
from tests.vendors import google


def service(world: World) -> App:
    """Tell the facts as events."""
    recall = recalling(world, vendor.PAGE_VIEW, "purchase")
    return vendor.Ga4(now=world.now, zone=OSLO, recall=recall)


specimen = Specimen(
    connector=Ga4,
    golden=two_days("buyers"),
    source=service,
    settings={
        "url": "https://analyticsdata.example",
        "key": google.key_file(),
        "property": vendor.PROPERTY,
        "time_zone": "Europe/Oslo",
        "reports": {
            "buyers": {"conversion": "purchase"},
            "sessions": {"metric": "sessions"},
            "users": {"metric": "activeUsers"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"buyers": share(lambda bought: bought == 1), "sessions": count, "users": unique},
    answers=("1", "0"),
    as_written=False,
    wrong_secret=Refused({"key": google.key_file(signed_as=google.NARROW)}, AuthError),
    narrow=Refused({"key": google.key_file(google.NARROW)}, AccessDenied),
    renews="/token",
)
