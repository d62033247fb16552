"""A repository whose pull requests were merged, at the strict fake of GitHub."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.github import GitHub
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Pages,
    Refused,
    Specimen,
    World,
    count,
    fact,
    median,
)
from tests.vendors import github as vendor
from tests.vendors.lazily import Lazily


def service(world: World) -> App:
    """Tell the facts as merged pull requests."""

    def recall(start: datetime, end: datetime) -> Sequence[vendor.Item]:
        return Lazily(world.between(start, end), pull_request)

    return vendor.GitHub(now=world.now, recall=recall)


def pull_request(each: Fact) -> vendor.Item:
    """Merge a pull request that was open for as many seconds as the fact says."""
    created = each.at - timedelta(seconds=int(each.value))
    return vendor.Item(number=each.number, created_at=created, closed_at=each.at)


def asked(**more: object) -> dict[str, object]:
    return {"repository": vendor.REPOSITORY, "events": "PULL_REQUESTS", **more}


specimen = Specimen(
    connector=GitHub,
    golden=Golden(
        metric="lead-time",
        grain=Grain.DAY,
        known=(
            Known("2026-10-25", "5400", sample_size=4),  # between 3,600 and 7,200
            Known("2026-10-26", "60", sample_size=1),
            Known("2026-10-27", None, sample_size=0),
        ),
        facts=(
            fact("2026-10-25T00:00", "3600", number=1),
            fact("2026-10-25T02:30+02:00", "7200", number=2),
            fact("2026-10-25T02:30+01:00", "60", number=3),
            fact("2026-10-25T23:59:59", "90000", number=4),
            fact("2026-10-26T00:00", "60", number=5),
        ),
    ),
    source=service,
    settings={
        "url": "https://api.github.example",
        "token": vendor.TOKEN,
        "reports": {"lead-time": asked(measure="MEDIAN"), "merged": asked()},
    },
    keeps=Keeps.EVENTS,
    measures={"lead-time": median, "merged": count},
    answers=("3600", "7200", "60", "86400"),
    as_written=False,
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    pages=Pages(size=vendor.MOST_ON_A_PAGE),
)
