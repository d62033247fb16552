"""A website with a goal at the strict fake of Matomo."""

from connectors.matomo import Matomo
from journey_atlas_sdk import AccessDenied
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
from tests.vendors import matomo as vendor


def service(world: World) -> App:
    """Tell the facts as events."""
    recall = recalling(world, "View", "Purchase")
    return vendor.Matomo(now=world.now, zone=OSLO, recall=recall)


specimen = Specimen(
    connector=Matomo,
    golden=two_days("buyers"),
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
