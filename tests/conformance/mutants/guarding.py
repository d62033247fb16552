"""Mutants 36 to 42: a source is asked too much, a secret goes astray, a text becomes a command."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import httpx

from journey_atlas_sdk import ConnectorInfo, Context, Delivery, Observation, PullRequest
from journey_atlas_sdk.auth import Bearer
from tests.conformance.honest.survey import Survey, SurveySettings
from tests.conformance.mutants.made import info, surveys


class AsksTwice(Survey):
    info: ClassVar[ConnectorInfo] = info(36)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        await self.page(request, "", context)
        async for one in super().pull(request, context):
            yield one


class HasABudgetForEachCall(Survey):
    info: ClassVar[ConnectorInfo] = info(37)
    numbers: ClassVar = count()

    def __init__(self, settings: SurveySettings) -> None:
        super().__init__(settings)
        self.number = next(self.numbers)

    def budget_key(self) -> str:
        return f"call {self.number}"


class GoesOnBehind(Survey):
    info: ClassVar[ConnectorInfo] = info(38)
    behind: ClassVar[list[asyncio.Task[None]]] = []

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        async for one in super().pull(request, context):
            yield one
        self.behind.append(asyncio.create_task(self.warm_up(context)))

    async def warm_up(self, context: Context) -> None:
        await asyncio.sleep(5)
        with suppress(RuntimeError):  # the client is closed by then
            await self.check(context)


class TakesItsTokenAlong(Survey):
    info: ClassVar[ConnectorInfo] = info(39)
    expect: ClassVar = frozenset({302})

    async def send(
        self, path: str, parameters: Mapping[str, str], context: Context
    ) -> httpx.Response:
        answer = await super().send(path, parameters, context)
        there = answer.headers.get("Location")
        if there is None:
            return answer
        return await context.http.get(there, auth=Bearer(context.secret("token")))


class ReadsFiles(Survey):
    info: ClassVar[ConnectorInfo] = info(40)

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        if self.settings.url.startswith("file:"):
            return Path(urlsplit(self.settings.url).path).read_bytes()  # noqa: ASYNC240 -- the lie
        return await super().get(path, parameters, context)


class PastesTheCampaign(Survey):
    info: ClassVar[ConnectorInfo] = info(41)

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        bound = {name: value for name, value in parameters.items() if name != "campaign"}
        pasted = f"{path}?campaign={parameters.get('campaign', 'all')}&{httpx.QueryParams(bound)}"
        return await super().get(pasted, {}, context)


class TrustsEveryDelivery(Survey):
    info: ClassVar[ConnectorInfo] = info(42)

    def require_signed(self, delivery: Delivery, secret: str) -> None:
        pass


MUTANTS = surveys(
    AsksTwice,
    HasABudgetForEachCall,
    GoesOnBehind,
    TakesItsTokenAlong,
    ReadsFiles,
    PastesTheCampaign,
    TrustsEveryDelivery,
)
