"""A project with a funnel at the strict fake of Amplitude."""

from connectors.amplitude import Amplitude
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
from tests.vendors import amplitude as vendor


def service(world: World) -> App:
    """Tell the facts as events."""
    recall = recalling(world, "Began", "Done")
    return vendor.Amplitude(now=world.now, zone=OSLO, recall=recall)


specimen = Specimen(
    connector=Amplitude,
    golden=two_days("signup"),
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
