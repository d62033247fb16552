"""A project whose issues were resolved, at the strict fake of Jira Cloud."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.jira import Jira
from journey_atlas_sdk import ConfigError, Grain
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
from tests.vendors import jira as vendor


def service(world: World) -> App:
    """Tell the facts as resolved issues."""

    def recall(start: datetime, end: datetime) -> Iterator[vendor.Issue]:
        return map(issue, world.between(start, end))

    return vendor.Jira(now=world.now, recall=recall)


def issue(each: Fact) -> vendor.Issue:
    """Resolve an issue that took as many seconds as the fact says."""
    created = each.at - timedelta(seconds=int(each.value))
    return vendor.Issue(number=each.number, dates={"resolutiondate": each.at, "created": created})


specimen = Specimen(
    connector=Jira,
    golden=Golden(
        metric="cycle-time",
        grain=Grain.WEEK,
        known=(
            Known("2026-10-19", "5400", sample_size=4),  # between 3,600 and 7,200
            Known("2026-10-26", "60", sample_size=1),
            Known("2026-11-02", None, sample_size=0),
        ),
        facts=(
            fact("2026-10-19T00:00", "3600", number=1),
            fact("2026-10-25T02:30+02:00", "7200", number=2),
            fact("2026-10-25T02:30+01:00", "60", number=3),
            fact("2026-10-25T23:59:59", "90000", number=4),
            fact("2026-10-26T00:00", "60", number=5),
        ),
    ),
    source=service,
    settings={
        "url": "https://acme.atlassian.example",
        "email": vendor.EMAIL,
        "token": vendor.TOKEN,
        "queries": {
            "cycle-time": {"jql": "project = CX", "measure": "MEDIAN"},
            "throughput": {"jql": "project = CX"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"cycle-time": median, "throughput": count},
    answers=("3600", "7200", "60", "86400"),
    as_written=False,
    narrow=Refused({"queries": {"cycle-time": {"jql": "project = SECRET"}}}, ConfigError),
    pages=Pages(size=vendor.MOST_ON_A_PAGE, link="nextPageToken"),
)
