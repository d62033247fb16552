"""No answer mixes revisions, whoever records while it is being made."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from api.context import Services
from api.execution.limits import Limits
from api.http import graphql_routes
from api.streaming.streams import Streams
from domain.metric import Observation
from domain.node import OrganizationId
from domain.ports import Aggregates, ObservationsAsked, Stretch, WindowQuery
from domain.view import View
from plugins.registry import Registry
from storage.atlases import StoredAtlases
from storage.cache import AtlasCache
from storage.engine import create_engine
from storage.observations import StoredObservations
from tests.api.asking import SCHEMA, Json
from tests.builders import NOW, an_observation
from tests.storage.series import NORRHAVN, with_sources

QUESTION = """
{
  now: atlas { revision metric(key: "MT-1") {
    value { value }
    windowed: value(window: { kind: TRAILING, days: 90 }) { value }
    before: value(asOf: "2026-11-10") { value }
    series(from: "2026-10-26", to: "2026-11-01") { value }
  } }
  then: atlas(asOf: "2026-11-15") { revision metric(key: "MT-2") {
    value { value }
    windowed: value(window: { kind: TRAILING, days: 60 }) { value }
  } }
  rows: metricSeriesRows(from: "2026-10-26", to: "2026-11-01") { value }
}
"""

EVERYWHERE = [pytest.param(10**6, id="on the loop"), pytest.param(1, id="beside it")]


@dataclass
class Bank:
    """A bank whose two metrics have the same value at each revision: the revision's number."""

    atlases: StoredAtlases
    cache: AtlasCache
    observations: StoredObservations
    recordings: int = 0

    async def record(self) -> None:
        """Revise the values of some weeks; every third time measure one more, up to seven."""
        self.recordings += 1
        revision = 1 + self.recordings
        weeks = min(1 + self.recordings // 3, 7)
        ends = [date(2026, 11, 2) + timedelta(days=number) for number in range(weeks)]
        values = [
            an_observation(revision, metric=metric, end=end, recorded_at=NOW)
            for metric in ("MT-1", "MT-2")
            for end in ends
        ]
        await self.observations.record(NORRHAVN, values, now=NOW)

    async def view(self, *, as_of: date | None = None, known_at: datetime | None = None) -> View:
        return await self.cache.view("norrhavn", now=NOW, as_of=as_of, known_at=known_at)

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> Aggregates:
        return await self.observations.aggregate(
            organization, queries, known_at=known_at, revision=revision
        )

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        return await self.observations.listed(organization, asked, stretch)


class DisturbedBank(Bank):
    """Somebody records before everything that is read."""

    async def view(self, *, as_of: date | None = None, known_at: datetime | None = None) -> View:
        await self.record()
        return await super().view(as_of=as_of, known_at=known_at)

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> Aggregates:
        await self.record()
        return await super().aggregate(organization, queries, known_at=known_at, revision=revision)


Open = Callable[[type[Bank]], Awaitable[Bank]]


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Open]:
    engine = create_engine(database_url)

    async def open_bank(kind: type[Bank]) -> Bank:
        atlases, observations = StoredAtlases(engine), StoredObservations(engine)
        await with_sources(atlases)
        bank = kind(atlases, AtlasCache(atlases), observations)
        await bank.record()
        return bank

    yield open_bank
    await engine.dispose()


def a_client(bank: Bank, costly: int) -> httpx.AsyncClient:
    services = Services(
        view=bank.view,
        observations=bank,
        registry=Registry(connectors={}),
        now=lambda: NOW,
        new_reference=lambda: "ref-1",
        limits=Limits(costly=costly),
    )
    app = Starlette(routes=graphql_routes(SCHEMA, services, Streams(1)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://atlas.test")


async def asked(client: httpx.AsyncClient) -> Json:
    answer = (await client.post("/graphql", json={"query": QUESTION})).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def numbers(answer: Json) -> set[float]:
    """Give every number of an answer: all are its revision's."""
    return {float(number) for number in re.findall(r": ([0-9.]+)", json.dumps(answer))}


@pytest.mark.parametrize("costly", EVERYWHERE)
async def test_whatever_is_recorded_in_between_an_answer_is_of_one_revision(
    costly: int, opened: Open
) -> None:
    bank = await opened(DisturbedBank)
    client = a_client(bank, costly)

    for _ in range(5):
        before = bank.recordings
        answer = await asked(client)

        # One recording before the first view belongs to the answer, all later ones don't.
        assert numbers(answer) == {1 + before + 1}
        assert bank.recordings > before + 2


@pytest.mark.parametrize("costly", EVERYWHERE)
async def test_a_steady_stream_of_recordings_neither_mixes_nor_holds_up(
    costly: int, opened: Open
) -> None:
    bank = await opened(Bank)
    client = a_client(bank, costly)
    answers: list[Json] = []

    async def read() -> None:
        while bank.recordings < 40:
            answers.append(await asked(client))

    async def write() -> None:
        while bank.recordings < 40:
            await bank.record()

    await asyncio.gather(write(), read(), read())

    assert len({answer["now"]["revision"] for answer in answers}) > 5
    assert [answer for answer in answers if len(numbers(answer)) != 1] == []
