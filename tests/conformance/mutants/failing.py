"""Mutants 27 to 31 and 33 to 34: what goes wrong at the source is passed over."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import ClassVar

from journey_atlas_sdk import (
    ConnectorInfo,
    Context,
    Observation,
    PullRequest,
    TransientError,
)
from tests.conformance.honest.survey import Answer, Survey
from tests.conformance.mutants.made import info, surveys

NO_ANSWERS = b'{"answers": [], "paging": {"next": null}}'


class GivesUpOn429(Survey):
    info: ClassVar[ConnectorInfo] = info(27)
    expect: ClassVar = frozenset({429})

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        answer = await self.send(path, parameters, context)
        if answer.status_code == 429:
            message = "The tool is busy."
            raise TransientError(message)
        return answer.content


class TakesErrorsForNoAnswers(Survey):
    info: ClassVar[ConnectorInfo] = info(28)

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        body = await super().get(path, parameters, context)
        return NO_ANSWERS if b'"error"' in body else body


class Takes500ForNoAnswers(Survey):
    info: ClassVar[ConnectorInfo] = info(29)
    expect: ClassVar = frozenset({500})

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        answer = await self.send(path, parameters, context)
        return NO_ANSWERS if answer.status_code == 500 else answer.content


class TakesRubbishForNoAnswers(Survey):
    info: ClassVar[ConnectorInfo] = info(30)

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        body = await super().get(path, parameters, context)
        try:
            json.loads(body)
        except ValueError:
            return NO_ANSWERS
        return body


class StopsAtAPageThatFails(Survey):
    info: ClassVar[ConnectorInfo] = info(31)

    async def answers(self, request: PullRequest, context: Context) -> AsyncIterator[Answer]:
        has_begun = False
        try:
            async for answer in super().answers(request, context):
                has_begun = True
                yield answer
        except TransientError:
            if not has_begun:
                raise


class SwallowsSurprises(Survey):
    info: ClassVar[ConnectorInfo] = info(33)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        try:
            async for one in super().pull(request, context):
                yield one
        except RuntimeError:
            context.log.warning("That was strange.")


class CannotBeStopped(Survey):
    info: ClassVar[ConnectorInfo] = info(34)

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        try:
            return await super().get(path, parameters, context)
        except asyncio.CancelledError:
            return await super().get(path, parameters, context)


MUTANTS = surveys(
    GivesUpOn429,
    TakesErrorsForNoAnswers,
    Takes500ForNoAnswers,
    TakesRubbishForNoAnswers,
    StopsAtAPageThatFails,
    SwallowsSurprises,
    CannotBeStopped,
)
