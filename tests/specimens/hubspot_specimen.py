"""A feedback survey and tickets at the strict fake of HubSpot."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.hubspot import HubSpot
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
    net_promoter_score,
    share,
)
from tests.vendors import hubspot as vendor
from tests.vendors.lazily import Lazily


def service(world: World) -> App:
    """Tell the facts as submissions, and as tickets that took as many seconds."""

    def recall(kind: str, start: datetime, end: datetime) -> Sequence[vendor.Record]:
        make = submission if kind == "feedback_submissions" else ticket
        return Lazily(world.between(start, end), make)

    return vendor.HubSpot(now=world.now, recall=recall)


def submission(each: Fact) -> vendor.Record:
    return vendor.Record(
        number=each.number,
        times={"hs_submission_timestamp": each.at},
        others={"hs_survey_id": "7", "hs_value": each.value},
    )


def ticket(each: Fact) -> vendor.Record:
    created = each.at - timedelta(seconds=int(each.value))
    return vendor.Record(number=each.number, times={"closed_date": each.at, "createdate": created})


TICKETS = {"records": "tickets", "at": "closed_date"}

specimen = Specimen(
    connector=HubSpot,
    golden=Golden(
        metric="nps",
        grain=Grain.MONTH,
        known=(
            Known("2026-09-01", "25", sample_size=4, numerator="100", denominator="4"),
            Known("2026-10-01", None, sample_size=0),
        ),
        facts=(
            fact("2026-09-01T00:00:00", "10", number=1),
            fact("2026-09-03T10:00", "9", number=2),
            fact("2026-09-05T10:00", "8", number=3),
            fact("2026-09-30T23:59:59", "3", number=4),
        ),
    ),
    source=service,
    settings={
        "url": "https://api.hubapi.example",
        "token": vendor.TOKEN,
        "reports": {
            "nps": {"survey": "7", "score": "NPS"},
            "satisfied": {"survey": "7", "score": "CSAT", "scale": [0, 10]},
            "solved": TICKETS,
            "time-to-solve": {**TICKETS, "measure": "MEDIAN"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={
        "nps": net_promoter_score,
        "satisfied": share(lambda n: n >= 9),
        "solved": count,
        "time-to-solve": median,
    },
    answers=("10", "3", "9", "7"),
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    pages=Pages(size=vendor.MOST_ON_A_PAGE, link="paging.next.after"),
)
