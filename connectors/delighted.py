"""Delighted: NPS out of counts that it makes itself, CSAT and CES out of responses.

What is assumed of the service, and what is not known, is told in docs/connectors/delighted.md.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated, TypeVar

import httpx
from pydantic import BaseModel, Field, RootModel

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    Limit,
    PullRequest,
    Secret,
    Window,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Count, Epoch, read_model
from journey_atlas_sdk.moments import epoch_of
from journey_atlas_sdk.paging import numbered
from journey_atlas_sdk.scores import ScoreKind, Scoring
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.web import WebAddress

M = TypeVar("M", bound=BaseModel)


class DelightedQuestion(Scoring):
    """How a project's answers become a score; a project asks one question."""

    survey_type: str | None = Field(
        default=None, description="Only responses of this type, such as csat; not for NPS."
    )


class DelightedSettings(SurveySettings[DelightedQuestion]):
    """The project, and the score of each metric."""

    api_key: Secret = Field(description="The project's own.")
    url: WebAddress = Field(default="https://api.delighted.com", description="The service's own.")


class Delighted(SurveyConnector[DelightedSettings, DelightedQuestion]):
    """Asks for the counts of an NPS once a period; walks the responses of other scores."""

    info = ConnectorInfo(
        key="delighted",
        title="Delighted",
        version="1.0.0",
        settings=DelightedSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=120, seconds=60),),
        max_window=timedelta(days=366),
        max_points=100,
        timeout=timedelta(minutes=5),
        documentation="docs/connectors/delighted.md",
    )

    def counts(
        self, question: DelightedQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted]:
        """Count the answers in the way that costs least."""
        periods = request.periods(context.now())
        if question.score is ScoreKind.NPS:
            return self._groups(periods, context)
        return self._responses(question, periods, context)

    async def check(self, context: Context) -> None:
        """Ask for one response."""
        await self._get("survey_responses", _Responses, context, {"per_page": "1"})

    async def _groups(self, periods: list[Window], context: Context) -> AsyncIterator[Counted]:
        """Ask for the counts of promoters, passives and detractors; any answer of each will do."""
        for period in periods:
            last = period.end - timedelta(seconds=1)  # whose responses count too
            found = await self._get("metrics", _Metrics, context, _between(period.start, last))
            yield (
                period,
                {10: found.promoter_count, 8: found.passive_count, 0: found.detractor_count},
            )

    async def _responses(
        self, question: DelightedQuestion, periods: list[Window], context: Context
    ) -> AsyncIterator[Counted]:
        tally = AnswerTally(periods)
        asked = {**_between(tally.span.start, tally.span.end), "per_page": "100", "order": "asc"}

        async def page(number: int) -> Sequence[_Response]:
            here = {**asked, "page": f"{number}"}
            return (await self._get("survey_responses", _Responses, context, here)).root

        async for response in numbered(page, identity=attrgetter("id")):
            if question.survey_type in (None, response.survey_type):
                tally.add(response.created_at, response.score)
        for counted in tally.items():
            yield counted

    async def _get(
        self, name: str, model: type[M], context: Context, parameters: dict[str, str]
    ) -> M:
        response = await context.http.get(
            self.settings.at(f"/v1/{name}.json"),
            params=parameters,
            auth=httpx.BasicAuth(context.secret("api_key"), ""),
        )
        return read_model(response.content, model)


@hookimpl
def atlas_connectors() -> list[type[Delighted]]:
    """Bring the Delighted connector."""
    return [Delighted]


class _Metrics(BaseModel):
    promoter_count: Count
    passive_count: Count
    detractor_count: Count


class _Response(BaseModel):
    id: str
    survey_type: str
    score: Annotated[int, Field(strict=True)]
    created_at: Epoch


class _Responses(RootModel[list[_Response]]):
    pass


def _between(start: datetime, end: datetime) -> dict[str, str]:
    """Name both ends, always: without them Delighted tells a moving average of 30 days."""
    return {"since": f"{epoch_of(start)}", "until": f"{epoch_of(end)}"}
