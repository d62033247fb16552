"""An operation's end is the end of its SQL, wherever it runs."""

import asyncio

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from api.context import Services
from api.execution.limits import Limits
from api.http import graphql_routes
from api.streaming.streams import Streams
from plugins.registry import Registry
from storage.engine import create_engine
from storage.observations import StoredObservations
from tests.api.asking import SCHEMA, an_api, codes
from tests.builders import NOW, a_connection, a_metric, a_source, an_atlas

ATLAS = an_atlas(a_metric("MT-1"), a_connection("csv"), a_source("MT-1"))

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

QUESTION = '{ atlas { metric(key: "MT-1") { value(asOf: "2026-10-31") { value } } } }'


@pytest.mark.parametrize("costly", [pytest.param(10**6, id="loop"), pytest.param(1, id="beside")])
async def test_after_the_deadline_its_statement_is_gone(database_url: str, costly: int) -> None:
    engine = create_engine(database_url)
    limits = Limits(operation_seconds=3.0, costly=costly)
    view = an_api(ATLAS).views.view
    services = Services(
        view=view,
        observations=StoredObservations(engine),
        registry=Registry(connectors={}),
        now=lambda: NOW,
        new_reference=lambda: "ref-1",
        limits=limits,
    )
    app = Starlette(routes=graphql_routes(SCHEMA, services, Streams(1)))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://atlas.test")
    async with engine.begin() as blocker:
        await blocker.execute(text("LOCK TABLE observations IN ACCESS EXCLUSIVE MODE"))

        asking = asyncio.create_task(client.post("/graphql", json={"query": QUESTION}))
        waited = await waiting(engine, 1)
        answer = (await asking).json()
        gone = await waiting(engine, 0)

    await engine.dispose()
    assert codes(answer["errors"]) == ["DEADLINE"]
    assert (waited, gone) == (True, True)


async def waiting(engine: AsyncEngine, expected: int) -> bool:
    """Wait until so many statements wait for a lock; False where that doesn't come about."""
    async with engine.connect() as connection:
        for _ in range(100):
            if await connection.scalar(WAITING) == expected:
                return True
            await connection.rollback()
            await asyncio.sleep(0.02)
    return False
