"""Mutants 9, 10 and 13 to 18: a value is another one than the source's, or one where none is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from journey_atlas_sdk import (
    ConnectorInfo,
    Context,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    Window,
    periods,
)
from tests.conformance.honest.survey import Answer, Bucket, Survey
from tests.conformance.mutants.made import info, surveys


class CountsInFloats(Survey):
    info: ClassVar[ConnectorInfo] = info(9)

    def value(self, bucket: Bucket, metric: str) -> Decimal | None:
        exact = super().value(bucket, metric)
        return None if exact is None else Decimal(float(exact))


class KnowsEveryMetric(Survey):
    info: ClassVar[ConnectorInfo] = info(10)

    async def describe(self, metric: str, context: Context) -> MetricSpec | None:
        found = await super().describe(metric, context)
        return found or MetricSpec(key=metric, title=metric)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        if request.metric in {spec.key for spec in self.info.metrics}:
            async for one in super().pull(request, context):
                yield one


class FillsGapsWithZero(Survey):
    info: ClassVar[ConnectorInfo] = info(13)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        found = {one.start: one async for one in super().pull(request, context)}
        for period in periods(request.window, request.grain, request.time_zone):
            yield found.get(period.start) or Observation(
                metric=request.metric, start=period.start, end=period.end, value=Decimal(0)
            )


class ReadsThroughPercentSigns(Survey):
    info: ClassVar[ConnectorInfo] = info(14)

    def add(self, answer: Answer, bucket: Bucket, request: PullRequest) -> None:
        plain = answer.model_copy(update={"score": answer.score.removesuffix("%")})
        super().add(plain, bucket, request)


class TellsPercentForRatio(Survey):
    info: ClassVar[ConnectorInfo] = info(15)

    def value(self, bucket: Bucket, metric: str) -> Decimal | None:
        value = super().value(bucket, metric)
        return value * 100 if value is not None and metric == "promoters" else value


class CountsASampleOfNobody(Survey):
    info: ClassVar[ConnectorInfo] = info(16)

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        found = {one.start: one async for one in super().pull(request, context)}
        for period in periods(request.window, request.grain, request.time_zone):
            gap = request.observation(period, None, sample_size=1)
            yield found.get(period.start, gap)


class IsNeverFinal(Survey):
    info: ClassVar[ConnectorInfo] = info(17)

    def observation(
        self, period: Window, bucket: Bucket, request: PullRequest, *, now: datetime
    ) -> Observation:
        exact = super().observation(period, bucket, request, now=now)
        return replace(exact, state=ObservationState.PROVISIONAL)


class SumsUniquePeople(Survey):
    info: ClassVar[ConnectorInfo] = info(18)

    def add(self, answer: Answer, bucket: Bucket, request: PullRequest) -> None:
        day = answer.at[:10]
        by_day = answer.model_copy(update={"who": f"{day} {answer.who}"})
        super().add(by_day, bucket, request)


MUTANTS = surveys(
    CountsInFloats,
    KnowsEveryMetric,
    FillsGapsWithZero,
    ReadsThroughPercentSigns,
    TellsPercentForRatio,
    CountsASampleOfNobody,
    IsNeverFinal,
    SumsUniquePeople,
)
