"""Zendesk: CSAT out of a survey's responses, or of the good and bad ratings of older accounts.

What is assumed of the service, and what is not known, is told in docs/connectors/zendesk.md.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated, Final, Literal, Self, TypeVar

import httpx
from pydantic import AliasPath, BaseModel, Field, model_validator

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    PullRequest,
    Secret,
    Window,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import Count, Moment, read_model
from journey_atlas_sdk.moments import epoch_of
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.scores import ScoreKind, Scoring
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings

_RESPONSES: Final = "/guide/survey_responses"
_SECOND: Final = timedelta(seconds=1)

M = TypeVar("M", bound=BaseModel)


class ZendeskQuestion(Scoring):
    """Whose answers count: a CSAT survey's, or the older ratings of tickets as good or bad."""

    kinds = frozenset({ScoreKind.CSAT, ScoreKind.CSAT_MEAN})

    asked_by: Literal["SURVEY", "RATING"] = "SURVEY"
    survey: str | None = Field(default=None, description="The survey's id; left out: any.")

    @model_validator(mode="after")
    def _a_score_of_good_and_bad(self) -> Self:
        if self.asked_by == "RATING" and self.score is not ScoreKind.CSAT:
            message = "Ratings are good or bad: their `score` is CSAT."
            raise ValueError(message)
        return self


class ZendeskSettings(SurveySettings[ZendeskQuestion]):
    """The account, and the question of each metric. `url` is https://SUBDOMAIN.zendesk.com."""

    token: Secret = Field(description="An API token of `email`, else an OAuth access token.")
    email: str | None = Field(default=None, description="Of the admin whose API token it is.")
    open_days: Annotated[int, Field(ge=0, le=365)] = Field(
        default=30, description="For how long a survey can be answered after it was offered."
    )


class Zendesk(SurveyConnector[ZendeskSettings, ZendeskQuestion]):
    """Walks the responses of all periods of a pull at once; of ratings it asks for counts."""

    info = ConnectorInfo(
        key="zendesk",
        title="Zendesk",
        version="1.0.0",
        settings=ZendeskSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=200, seconds=60),),
        max_window=timedelta(days=366),
        max_points=60,
        timeout=timedelta(minutes=5),
        documentation="docs/connectors/zendesk.md",
    )

    def counts(
        self, question: ZendeskQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted]:
        """Count the answers in the way in which the account asks."""
        periods = request.periods(context.now())
        if question.asked_by == "RATING":
            return self._ratings(question, periods, context)
        return self._responses(question, periods, context)

    async def check(self, context: Context) -> None:
        """Ask for one response, or count some ratings."""
        _, question = min(self.settings.questions.items())
        if question.asked_by == "RATING":
            now = context.now()
            await self._count("good", Window(now - _SECOND, now), context)
        else:
            await self._get(_RESPONSES, _Responses, context, {"page[size]": "1"})

    def budget_key(self) -> str:
        """Name the account: its requests are counted together."""
        return f"zendesk:{httpx.URL(self.settings.url).host}"

    async def _ratings(
        self, question: ZendeskQuestion, periods: list[Window], context: Context
    ) -> AsyncIterator[Counted]:
        """Tell a good rating as the scale's highest answer, a bad one as its lowest."""
        bad, good = question.bounds
        for period in periods:
            yield (
                period,
                {
                    good: await self._count("good", period, context),
                    bad: await self._count("bad", period, context),
                },
            )

    async def _count(self, score: str, period: Window, context: Context) -> int:
        last = period.end - _SECOND  # whose ratings count too
        span = {"start_time": f"{epoch_of(period.start)}", "end_time": f"{epoch_of(last)}"}
        asked = {"score": score, **span}
        counted = await self._get("/satisfaction_ratings/count", _Count, context, asked)
        return counted.value

    async def _responses(
        self, question: ZendeskQuestion, periods: list[Window], context: Context
    ) -> AsyncIterator[Counted]:
        """Count answers when they were given; the surveys are found by when they were offered."""
        tally = AnswerTally(periods)
        first = tally.span.start - timedelta(days=self.settings.open_days)
        asked = {
            "filter[created_at_start]": f"{epoch_of(first)}000",
            "filter[created_at_end]": f"{epoch_of(tally.span.end)}000",
            "page[size]": "100",
        }

        async def page(cursor: str | None) -> Page[_Response, str | None]:
            here = {**asked, "page[after]": cursor} if cursor else asked
            found = await self._get(_RESPONSES, _Responses, context, here)
            return found.survey_responses, found.after_cursor if found.has_more else None

        async for response in pages(page, None, identity=attrgetter("id")):
            if question.survey in (None, response.survey):
                for given_at, rating in response.ratings():
                    tally.add(given_at, rating)
        for counted in tally.items():
            yield counted

    async def _get(
        self, path: str, model: type[M], context: Context, parameters: dict[str, str]
    ) -> M:
        token, email = context.secret("token"), self.settings.email
        response = await context.http.get(
            self.settings.at(f"/api/v2{path}"),
            params=parameters,
            auth=httpx.BasicAuth(f"{email}/token", token) if email else Bearer(token),
        )
        return read_model(response.content, model)


@hookimpl
def atlas_connectors() -> list[type[Zendesk]]:
    """Bring the Zendesk connector."""
    return [Zendesk]


class _Count(BaseModel):
    value: Count = Field(validation_alias=AliasPath("count", "value"))


class _Answer(BaseModel):
    type: str
    created_at: Moment
    asks_for: str | None = Field(default=None, validation_alias=AliasPath("question", "sub_type"))
    rating: Annotated[int, Field(strict=True)] | None = None


class _Response(BaseModel):
    id: str
    survey: str = Field(validation_alias=AliasPath("survey", "id"))
    answers: list[_Answer] = []

    def ratings(self) -> Iterator[tuple[datetime, int]]:
        """Give the answers to "How satisfied are you?", and when they were given."""
        for answer in self.answers:
            if answer.type != "rating_scale" or answer.asks_for != "customer_satisfaction":
                continue
            if answer.rating is None:
                message = f"The response {self.id} has a rating without a number."
                raise DataError(message)
            yield answer.created_at, answer.rating


class _Responses(BaseModel):
    survey_responses: list[_Response]
    has_more: bool = Field(validation_alias=AliasPath("meta", "has_more"))
    after_cursor: str | None = Field(
        default=None, validation_alias=AliasPath("meta", "after_cursor")
    )
