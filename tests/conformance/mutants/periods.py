"""Mutants 11, 12 and 19 to 22: a period lies elsewhere than it should, or twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from journey_atlas_sdk import (
    ConnectorInfo,
    Context,
    Grain,
    Observation,
    PullRequest,
    Window,
    parse_moment,
)
from tests.conformance.honest.survey import Answer, Survey
from tests.conformance.mutants.made import info, surveys


class HasDaysOf24Hours(Survey):
    info: ClassVar[ConnectorInfo] = info(11)

    def period(self, answer: Answer, request: PullRequest) -> Window:
        exact = super().period(answer, request)
        if request.grain is not Grain.DAY:
            return exact
        return Window(exact.start, exact.start + timedelta(hours=24))


class TellsTheDaySoFar(Survey):
    info: ClassVar[ConnectorInfo] = info(12)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        async for one in super().pull(request, context):
            if one.end > context.now():
                yield replace(one, end=context.now())
            yield one


class BeginsAfterItsStart(Survey):
    info: ClassVar[ConnectorInfo] = info(19)

    async def answers(self, request: PullRequest, context: Context) -> AsyncIterator[Answer]:
        async for answer in super().answers(request, context):
            if parse_moment(answer.at, request.time_zone) > request.window.start:
                yield answer


class TellsTheNewestFirst(Survey):
    info: ClassVar[ConnectorInfo] = info(20)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        for one in reversed([one async for one in super().pull(request, context)]):
            yield one


class LivesInOslo(Survey):
    info: ClassVar[ConnectorInfo] = info(21)

    def period(self, answer: Answer, request: PullRequest) -> Window:
        return super().period(answer, replace(request, time_zone=ZoneInfo("Europe/Oslo")))


class CountsWhereItWasCorrected(Survey):
    info: ClassVar[ConnectorInfo] = info(22)

    def period(self, answer: Answer, request: PullRequest) -> Window:
        return super().period(answer.model_copy(update={"at": answer.updated_at}), request)


MUTANTS = surveys(
    HasDaysOf24Hours,
    TellsTheDaySoFar,
    BeginsAfterItsStart,
    TellsTheNewestFirst,
    LivesInOslo,
    CountsWhereItWasCorrected,
)
