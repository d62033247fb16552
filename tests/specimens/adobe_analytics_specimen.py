"""A report suite with orders at the strict fake of Adobe Analytics."""

from connectors.adobe_analytics import AdobeAnalytics
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
from tests.vendors import adobe_analytics as vendor


def service(world: World) -> App:
    """Tell the facts as events."""
    recall = recalling(world, "View", "Order")
    return vendor.AdobeAnalytics(now=world.now, zone=OSLO, recall=recall)


specimen = Specimen(
    connector=AdobeAnalytics,
    golden=two_days("buyers"),
    source=service,
    settings={
        "url": "https://analytics.example",
        "token_url": f"https://ims.example{vendor.TOKEN_PATH}",
        "client_id": vendor.CLIENT_ID,
        "client_secret": vendor.CLIENT_SECRET,
        "company": vendor.COMPANY,
        "suite": vendor.SUITE,
        "time_zone": "Europe/Oslo",
        "reports": {
            "buyers": {"part": "metrics/orders", "whole": "metrics/visits"},
            "visits": {"metric": "metrics/visits"},
            "visitors": {"metric": "metrics/visitors"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"buyers": share(lambda bought: bought == 1), "visits": count, "visitors": unique},
    answers=("1", "0"),
    as_written=False,
    narrow=Refused({"suite": "another.prod"}, AccessDenied),
    renews=vendor.TOKEN_PATH,
)
