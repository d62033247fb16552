"""Cases with a score and a checkbox at the strict fake of Salesforce."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from connectors.salesforce import Salesforce
from journey_atlas_sdk import ConfigError, Grain
from journey_atlas_sdk.conformance import (
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
    mean,
    share,
    total,
)
from tests.vendors import salesforce as vendor


def service(world: World) -> App:
    """Tell the facts as closed cases."""

    def recall(start: datetime, end: datetime) -> Iterator[vendor.Record]:
        return map(case, world.between(start, end))

    return vendor.Salesforce(now=world.now, recall=recall)


def case(each: Fact) -> vendor.Record:
    escalated = int(each.value) > 5
    return vendor.Record(fields={"Score__c": Decimal(each.value), "IsEscalated": escalated})


def total_or_zero(facts: Sequence[Fact]) -> Decimal:
    """Add up as Salesforce does: where there is nothing, nothing was sold."""
    return total(facts) or Decimal(0)


def asked(measure: str, field: str | None = None) -> dict[str, object]:
    return {"object": "Case", "at": "ClosedDate", "measure": measure, "field": field}


specimen = Specimen(
    connector=Salesforce,
    golden=Golden(
        metric="escalated",
        grain=Grain.DAY,
        known=(
            Known("2026-10-25", "0.5", sample_size=4, numerator="2", denominator="4"),
            Known("2026-10-26", "1", sample_size=1, numerator="1", denominator="1"),
            Known("2026-10-27", None, sample_size=0),
        ),
        facts=(
            fact("2026-10-25T00:00", "8", number=1),
            fact("2026-10-25T02:30+02:00", "5", number=2),
            fact("2026-10-25T02:30+01:00", "4", number=3),
            fact("2026-10-25T23:59:59", "7", number=4),
            fact("2026-10-26T00:00", "7", number=5),
        ),
    ),
    source=service,
    settings={
        "url": "https://acme.my.salesforce.example",
        "client_id": vendor.CLIENT_ID,
        "client_secret": vendor.CLIENT_SECRET,
        "queries": {
            "closed": asked("COUNT"),
            "escalated": asked("SHARE", "IsEscalated"),
            "score": asked("MEAN", "Score__c"),
            "scores": asked("SUM", "Score__c"),
        },
    },
    keeps=Keeps.EVENTS,
    measures={
        "closed": count,
        "escalated": share(lambda number: number > 5),
        "score": mean,
        "scores": total_or_zero,
    },
    as_written=False,
    narrow=Refused({"queries": {"escalated": {"object": "Secret__c", "at": "At__c"}}}, ConfigError),
    renews=vendor.TOKEN_PATH,
)
