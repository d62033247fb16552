"""Mutants 6 to 8: trying out and discovering are not what they seem."""

from collections.abc import Sequence
from typing import ClassVar

from journey_atlas_sdk import AuthError, ConnectorInfo, Context, MetricSpec
from tests.conformance.honest.survey import METRICS, Survey
from tests.conformance.mutants.made import info, surveys


class ChecksThrice(Survey):
    info: ClassVar[ConnectorInfo] = info(6)

    async def check(self, context: Context) -> None:
        for _ in range(3):
            await super().check(context)


class ChecksNothing(Survey):
    info: ClassVar[ConnectorInfo] = info(7)

    async def check(self, context: Context) -> None:
        try:
            await super().check(context)
        except AuthError:
            context.log.warning("The token seems to be wrong.")


class DiscoversInAnyOrder(Survey):
    info: ClassVar[ConnectorInfo] = info(8)
    calls: ClassVar[list[int]] = []

    async def discover(self, context: Context) -> Sequence[MetricSpec]:
        del context
        self.calls.append(1)
        return METRICS if len(self.calls) % 2 else METRICS[::-1]


MUTANTS = surveys(ChecksThrice, ChecksNothing, DiscoversInAnyOrder)
