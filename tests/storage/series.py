"""A metric with sources, and observations of it, ready to be recorded."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.metric import Dimensions, Observation, ObservationState
from domain.node import NodeId, OrganizationId
from domain.organization import Organization
from domain.ports import WindowQuery
from domain.source import RunState
from storage.atlases import StoredAtlases
from storage.sync_runs import SyncRun
from tests.builders import (
    NOW,
    Fields,
    a_connection,
    a_metric,
    a_source,
    an_observation,
    an_organization,
    id_of,
)
from tests.storage.records import changes

NORRHAVN = an_organization().id
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCES = (("MT-1", "csv"), ("MT-1", "manual"), ("MT-2", "csv"))
SEGMENTS: Sequence[Dimensions] = ((), (("channel", "online"),), (("channel", "branch"),))


async def with_sources(
    atlases: StoredAtlases, organization: Organization | None = None
) -> OrganizationId:
    """Make an organization whose metrics have sources; give its id."""
    sources = [a_source(metric, connection) for metric, connection in SOURCES]
    records = [a_connection(), a_connection("manual"), a_metric(), a_metric("MT-2"), *sources]
    await atlases.apply(changes(*records, organization=organization), now=NOW)
    return (organization or an_organization()).id


def days(values: Iterable[int | None], **fields: Fields) -> list[Observation]:
    """Measure one value a day from 2026-01-01 on."""
    return [
        an_observation(value, start=START + number * DAY, end=START + (number + 1) * DAY, **fields)
        for number, value in enumerate(values)
    ]


def a_run(**fields: Fields) -> SyncRun:
    """Make a run that went well and is over, an hour after it began."""
    defaults: dict[str, Fields] = {
        "id": id_of("run-1"),
        "source": id_of("MT-1:csv"),
        "connector": "csv",
        "connector_version": "1.0",
        "reason": "SCHEDULED",
        "window_start": START,
        "window_end": NOW,
        "started_at": NOW,
        "finished_at": NOW + timedelta(hours=1),
        "state": RunState.OK,
    }
    return SyncRun(**{**defaults, **fields})


def a_query(**fields: Fields) -> WindowQuery:
    defaults: dict[str, Fields] = {
        "source": id_of("MT-1:csv"),
        "metric": id_of("MT-1"),
        "end": START + 366 * DAY,
    }
    return WindowQuery(**{**defaults, **fields})


def a_random_observation(chance: random.Random, recorded_at: datetime) -> Observation:
    """Measure anything, on few enough identities that some are measured again."""
    metric, connection = chance.choice(SOURCES)
    start = START + chance.randrange(40) * DAY
    counts = chance.random() < 0.4
    return Observation(
        source=id_of(f"{metric}:{connection}"),
        metric=id_of(metric),
        start=start,
        end=start + chance.choice((0, 1, 1, 7)) * DAY,
        dimensions=chance.choice(SEGMENTS),
        value=None if chance.random() < 0.1 else _number(chance, 50),
        sample_size=chance.randrange(500) if chance.random() < 0.5 else None,
        numerator=_number(chance, 9) if counts else None,
        denominator=_number(chance, 9) if counts and chance.random() < 0.8 else None,
        standard_error=_number(chance, 1) if chance.random() < 0.3 else None,
        state=chance.choice(list(ObservationState)),
        flags=("SAMPLED",) if chance.random() < 0.1 else (),
        connector="csv",
        connector_version="1",
        sync_run=id_of("run-1"),
        recorded_at=recorded_at,
    )


def a_random_query(chance: random.Random) -> WindowQuery:
    """Ask anything that an atlas could ask of those observations."""
    metric, connection = chance.choice(SOURCES)
    end = START + chance.randrange(1, 50) * DAY
    length = chance.choice((None, 1, 7, 28))
    bounds = sorted((_number(chance, 50), _number(chance, 50)))
    return WindowQuery(
        source=id_of(f"{metric}:{connection}"),
        metric=id_of(metric),
        dimensions=chance.choice(SEGMENTS),
        start=None if length is None else end - length * DAY,
        end=end,
        whole=chance.random() < 0.7,
        lower=bounds[0] if chance.random() < 0.5 else None,
        upper=bounds[1] if chance.random() < 0.5 else None,
    )


def _number(chance: random.Random, most: int) -> Decimal:
    return Decimal(chance.randrange(-most * 100, most * 100)) / 100


def source_of(key: str = "MT-1:csv") -> NodeId:
    return id_of(key)
