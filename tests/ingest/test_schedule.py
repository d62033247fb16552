"""Schedules: each connection in its own rhythm, ordered once however many look."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import InvalidRecord, NotFound
from domain.node import Node
from ingest.orders import Orders
from ingest.schedule import Scheduler
from journey_atlas_sdk import Capability, Connector, ConnectorInfo
from plugins.registry import RegisteredConnector, Registry
from storage.atlases import StoredAtlases
from storage.engine import create_engine
from storage.jobs.records import JobState, Wanted
from storage.jobs.stored import StoredJobs
from storage.schedules import Schedule, StoredSchedules
from tests.builders import NOW, Fields, a_connection, a_metric, a_source, id_of
from tests.storage.records import changes
from tests.storage.series import NORRHAVN

HOUR = timedelta(hours=1)
SOON = NOW + timedelta(minutes=1)
CSV = id_of("csv")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def schedules(engine: AsyncEngine) -> StoredSchedules:
    return StoredSchedules(engine)


def a_connector(**info: Fields) -> RegisteredConnector:
    defaults: dict[str, Fields] = {"key": "csv", "title": "CSV", "version": "1"}
    made = type("Csv", (Connector,), {"info": ConnectorInfo(**{**defaults, **info})})
    return RegisteredConnector(connector=made, plugin="p", origin="here")


def a_scheduler(
    engine: AsyncEngine, *, now: datetime = NOW, chance: float = 1.0, **info: Fields
) -> Scheduler:
    registry, numbers = Registry({"csv": a_connector(**info)}), count()
    orders = Orders(
        jobs=StoredJobs(engine),
        registry=registry,
        clock=lambda: now,
        real_clock=lambda: now,
        new_id=lambda: id_of(f"{now} {next(numbers)}"),
    )
    return Scheduler(
        schedules=StoredSchedules(engine),
        orders=orders,
        registry=registry,
        clock=lambda: now,
        chance=lambda: chance,
    )


async def bring_in(engine: AsyncEngine, *nodes: Node) -> None:
    given = nodes or (a_connection(), a_metric(), a_metric("MT-2"), *map(a_source, METRICS))
    await StoredAtlases(engine).apply(changes(*given), now=NOW)


METRICS = ("MT-1", "MT-2")


async def ordered(engine: AsyncEngine) -> list[str]:
    jobs = await StoredJobs(engine).listed(NORRHAVN, Wanted(states=[JobState.QUEUED]))
    return sorted(job.subject or "" for job in jobs)


async def test_a_new_connection_is_read_within_a_minute_with_all_its_sources(
    engine: AsyncEngine, schedules: StoredSchedules
) -> None:
    await bring_in(engine)

    at_once = await a_scheduler(engine, chance=0.5).look([NORRHAVN])
    [schedule] = await schedules.all(NORRHAVN)
    later = await a_scheduler(engine, now=SOON).look([NORRHAVN])

    assert (at_once, later) == (0, 1)
    assert schedule == Schedule(connection=CSV, next_at=NOW + timedelta(seconds=30))
    assert await ordered(engine) == sorted(id_of(f"{metric}:csv") for metric in METRICS)


RHYTHMS = [
    pytest.param({}, None, 0.5, HOUR, id="an hour where nothing is said"),
    pytest.param({"default_max_age": 6 * HOUR}, None, 0.5, 6 * HOUR, id="as its connector says"),
    pytest.param(
        {"default_max_age": timedelta(0)},
        None,
        0.5,
        timedelta(minutes=1),
        id="but every minute",
    ),
    pytest.param({}, timedelta(minutes=5), 0.5, timedelta(minutes=5), id="as a person said"),
    pytest.param({}, None, 0.0, HOUR * 0.9, id="a tenth earlier"),
    pytest.param({}, None, 1.0, HOUR * 1.1, id="or a tenth later"),
]


@pytest.mark.parametrize(("info", "every", "chance", "after"), RHYTHMS)
async def test_the_next_time_is_an_interval_later_give_or_take_a_tenth(
    engine: AsyncEngine,
    schedules: StoredSchedules,
    info: dict[str, Fields],
    every: timedelta | None,
    chance: float,
    after: timedelta,
) -> None:
    await bring_in(engine)
    await schedules.set(NORRHAVN, Schedule(connection=CSV, next_at=NOW, every=every))

    await a_scheduler(engine, chance=chance, **info).look([NORRHAVN])

    [schedule] = await schedules.all(NORRHAVN)
    assert schedule.next_at - NOW == after


async def test_however_many_workers_look_each_sync_is_ordered_once(engine: AsyncEngine) -> None:
    await bring_in(engine)
    await StoredSchedules(engine).set(NORRHAVN, Schedule(connection=CSV, next_at=NOW))

    begun = await asyncio.gather(*(a_scheduler(engine).look([NORRHAVN]) for _ in range(5)))

    assert sum(begun) == 1
    assert len(await ordered(engine)) == 2


async def test_a_paused_connection_is_not_read(
    engine: AsyncEngine, schedules: StoredSchedules
) -> None:
    await bring_in(engine)
    await schedules.set(NORRHAVN, Schedule(connection=CSV, next_at=NOW, is_paused=True))

    assert await a_scheduler(engine, now=NOW + 99 * HOUR).look([NORRHAVN]) == 0


@pytest.mark.parametrize("hidden", ["connection", "source", "metric"])
async def test_what_was_put_away_is_not_read(engine: AsyncEngine, hidden: str) -> None:
    nodes: dict[str, Node] = {
        "connection": a_connection(),
        "metric": a_metric(),
        "source": a_source(),
    }
    nodes[hidden] = replace(nodes[hidden], archived_at=NOW)
    await bring_in(engine, *nodes.values())

    await a_scheduler(engine).look([NORRHAVN])
    await a_scheduler(engine, now=SOON).look([NORRHAVN])

    assert await ordered(engine) == []


async def test_a_connector_that_only_takes_deliveries_is_not_asked(engine: AsyncEngine) -> None:
    await bring_in(engine)
    await StoredSchedules(engine).set(NORRHAVN, Schedule(connection=CSV, next_at=NOW))

    await a_scheduler(engine, capabilities=frozenset({Capability.PUSH})).look([NORRHAVN])

    assert await ordered(engine) == []


async def test_a_connector_that_is_not_installed_is_looked_for_again_later(
    engine: AsyncEngine, schedules: StoredSchedules
) -> None:
    await bring_in(engine, a_connection(connector="gone"), a_metric(), a_source())
    await schedules.set(NORRHAVN, Schedule(connection=CSV, next_at=NOW))

    await a_scheduler(engine, chance=0.5).look([NORRHAVN])

    [schedule] = await schedules.all(NORRHAVN)
    assert (await ordered(engine), schedule.next_at) == ([], NOW + HOUR)


async def test_a_schedule_is_of_a_connection_that_is_there(schedules: StoredSchedules) -> None:
    with pytest.raises(NotFound):
        await schedules.set(NORRHAVN, Schedule(connection=id_of("nothing"), next_at=NOW))


async def test_nothing_is_read_more_often_than_every_minute(
    engine: AsyncEngine, schedules: StoredSchedules
) -> None:
    await bring_in(engine)
    often = Schedule(connection=CSV, next_at=NOW, every=timedelta(seconds=59))

    with pytest.raises(InvalidRecord):
        await schedules.set(NORRHAVN, often)
