"""A project with two events at the strict fake of PostHog."""

from connectors.posthog import PostHog
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
from tests.vendors import posthog as vendor


def service(world: World) -> App:
    """Tell the facts as events."""
    recall = recalling(world, "Began", "Done")
    return vendor.PostHog(now=world.now, zone=OSLO, recall=recall)


specimen = Specimen(
    connector=PostHog,
    golden=two_days("signup"),
    source=service,
    settings={
        "url": "https://eu.posthog.example",
        "token": vendor.KEY,
        "project": vendor.PROJECT,
        "reports": {
            "signup": {"conversion": "Done", "of": "Began"},
            "logins": {"event": "Began"},
            "people": {"event": "Began", "count": "UNIQUE"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"signup": share(lambda done: done == 1), "logins": count, "people": unique},
    answers=("1", "0"),
    as_written=False,
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
)
