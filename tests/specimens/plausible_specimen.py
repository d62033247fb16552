"""A site with a goal at the strict fake of Plausible."""

from connectors.plausible import Plausible
from journey_atlas_sdk import AuthError
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
from tests.vendors import plausible as vendor


def service(world: World) -> App:
    """Tell the facts as events."""
    recall = recalling(world, vendor.PAGE_VIEW, "Purchase")
    return vendor.Plausible(now=world.now, zone=OSLO, recall=recall)


specimen = Specimen(
    connector=Plausible,
    golden=two_days("buyers"),
    source=service,
    settings={
        "url": "https://plausible.example",
        "token": vendor.KEY,
        "site": vendor.SITE,
        "time_zone": "Europe/Oslo",
        "reports": {
            "buyers": {"conversion": "Purchase"},
            "visits": {"metric": "visits"},
            "visitors": {"metric": "visitors"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"buyers": share(lambda bought: bought == 1), "visits": count, "visitors": unique},
    answers=("1", "0"),
    as_written=False,
    narrow=Refused({"site": "another.example.org"}, AuthError),
)
