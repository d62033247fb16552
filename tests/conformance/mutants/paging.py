"""Mutants 23 to 26: pages are walked in a circle, counted twice, asked too long, or piled up."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar

from journey_atlas_sdk import ConnectorInfo, Context, PullRequest
from tests.conformance.honest.survey import Answer, Survey
from tests.conformance.mutants.made import info, surveys


class WalksInCircles(Survey):
    info: ClassVar[ConnectorInfo] = info(23)

    async def answers(self, request: PullRequest, context: Context) -> AsyncIterator[Answer]:
        after: str | None = ""
        while after is not None:
            page = await self.page(request, after, context)
            for answer in page.answers:
                yield answer
            after = page.paging.next or None


class CountsPagesByOffset(Survey):
    info: ClassVar[ConnectorInfo] = info(24)

    def position(self, after: str) -> dict[str, str]:
        return {"offset": after}


class OverratesTheWindow(Survey):
    info: ClassVar[ConnectorInfo] = info(25, max_window=timedelta(days=200))


class KeepsEveryAnswer(Survey):
    info: ClassVar[ConnectorInfo] = info(26)

    async def answers(self, request: PullRequest, context: Context) -> AsyncIterator[Answer]:
        for answer in [answer async for answer in super().answers(request, context)]:
            yield answer


MUTANTS = surveys(WalksInCircles, CountsPagesByOffset, OverratesTheWindow, KeepsEveryAnswer)
