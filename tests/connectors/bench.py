"""A connector in front of the fake of its vendor."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

from journey_atlas_sdk import Connector, Observation, PullRequest
from journey_atlas_sdk.conformance.specimen import secrets_of
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""A Sunday."""

AnyConnector = Connector[Any]  # Any: each has settings of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A connector with good settings, which a question may change."""

    kind: type[AnyConnector]
    settings: Mapping[str, Any]  # Any: JSON
    context: FakeContext

    def connector(self, **changed: object) -> AnyConnector:
        return self.kind(self.kind.info.settings.read({**self.settings, **changed}))

    async def pull(self, question: PullRequest, **changed: object) -> list[Observation]:
        return await pull_all(self.connector(**changed), question, self.context)

    async def check(self, **changed: object) -> None:
        await self.connector(**changed).check(self.context)


@asynccontextmanager
async def a_bench(
    kind: type[AnyConnector],
    service: ASGIApp | httpx.MockTransport,
    settings: Mapping[str, Any],  # Any: JSON
    *,
    now: datetime = NOW,
) -> AsyncGenerator[Bench]:
    """Put a connector in front of a fake, or of what a test lets a server say."""
    over = service if isinstance(service, httpx.MockTransport) else httpx.ASGITransport(service)
    async with client_over(over) as http:
        context = FakeContext(moment=now, http=http, secrets=secrets_of(kind, settings))
        yield Bench(kind=kind, settings=settings, context=context)
