"""SurveyMonkey: NPS, CSAT and CES out of the counts of answers to a question, period by period.

What is assumed of the service, and what is not known, is told in docs/connectors/surveymonkey.md.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, Self, TypeVar

import httpx
from pydantic import AliasPath, BaseModel, Field, model_validator

from journey_atlas_sdk import (
    AccessDenied,
    Capability,
    ConfigError,
    ConnectorInfo,
    Context,
    DataError,
    Delivery,
    Dirty,
    Grain,
    Limit,
    PlanLimit,
    PullRequest,
    Secret,
    Window,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import Count, Moment, read_model
from journey_atlas_sdk.periods import EVERY_PERIOD
from journey_atlas_sdk.scores import Scoring
from journey_atlas_sdk.signatures import require_signed
from journey_atlas_sdk.surveys import Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import NumericId, WebAddress

_SCOPES: Final = frozenset({"surveys_read", "responses_read_detail"})
_SECOND: Final = timedelta(seconds=1)
_NOT_IN_THE_PLAN: Final = "1015"
_OTHER_REGION: Final = "1018"

M = TypeVar("M", bound=BaseModel)


class Numbering(StrEnum):
    """POSITION: choices count up from the scale's lowest. WEIGHT: as the survey weighs them."""

    POSITION = "POSITION"
    WEIGHT = "WEIGHT"


class SurveyMonkeyQuestion(Scoring):
    """A rating or single-choice question, and how its answers become a score."""

    survey: NumericId
    question: NumericId
    row: NumericId | None = Field(
        default=None, description="Needed where a matrix has several rows."
    )
    numbering: Numbering = Numbering.POSITION


class SurveyMonkeySettings(SurveySettings[SurveyMonkeyQuestion]):
    """The account, and the question of each metric."""

    token: Secret = Field(description="The access token of a private app.")
    url: WebAddress = Field(
        default="https://api.surveymonkey.com",
        description="The account's access URL, where its data centre is another.",
    )
    has_inclusive_bounds: bool = Field(
        default=False, description="Whether a response at the very second of a filter counts."
    )
    client_id: str | None = Field(
        default=None, description="Of the app, for its webhooks; those of one app share its limits."
    )
    client_secret: Secret | None = Field(default=None, description="Of the app; for its webhooks.")

    @model_validator(mode="after")
    def _a_whole_app(self) -> Self:
        if self.client_secret is not None and self.client_id is None:
            message = "`client_secret` comes with its `client_id`."
            raise ValueError(message)
        return self


class SurveyMonkey(SurveyConnector[SurveyMonkeySettings, SurveyMonkeyQuestion]):
    """Asks for the rollups of a question once a period; there are 500 requests a day."""

    grains = EVERY_PERIOD - {Grain.HOUR}
    info = ConnectorInfo(
        key="surveymonkey",
        title="SurveyMonkey",
        version="1.0.0",
        settings=SurveyMonkeySettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.PUSH}),
        limits=(Limit(count=120, seconds=60), Limit(count=500, seconds=86_400)),
        max_points=31,
        default_max_age=timedelta(hours=6),
        min_interval=timedelta(minutes=15),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/surveymonkey.md",
    )

    async def counts(
        self, question: SurveyMonkeyQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted]:
        """Ask for the counts of the choices, and give those of the answers they stand for."""
        found = await self._get(f"/surveys/{question.survey}/details", _Survey, context)
        page, described = found.find(question)
        answers = described.numbered(question)
        path = f"/surveys/{question.survey}/pages/{page}/questions/{question.question}/rollups"
        for period in request.periods(context.now()):
            rollups = await self._get(path, _Rollups, context, self._filters(period))
            taken = rollups.counts(question)
            yield period, {answer: taken.get(choice, 0) for choice, answer in answers.items()}

    async def check(self, context: Context) -> None:
        """Compare the scopes that the token was granted with the needed ones."""
        me = await self._get("/users/me", _Me, context)
        lacking = _SCOPES - me.granted
        if lacking:
            message = f"The token lacks the scopes {', '.join(sorted(lacking))}."
            raise AccessDenied(message)

    def budget_key(self) -> str | None:
        """Name the app: its limits are counted over all of its tokens."""
        return f"surveymonkey:{self.settings.client_id}" if self.settings.client_id else None

    async def receive(self, delivery: Delivery, context: Context) -> Sequence[Dirty]:
        """Tell which metrics an event touches; it carries no answers."""
        require_signed(
            delivery.body,
            [delivery.headers.get("sm-signature", "")],
            key=f"{self.settings.client_id}&{context.secret('client_secret')}".encode(),
            digest="sha1",
            encoding="base64",
        )
        event = read_model(delivery.body, _Event)
        window = Window(
            event.event_datetime - timedelta(days=self.settings.restates_days),
            event.event_datetime + _SECOND,
        )
        return self.dirty(window, event.event_id, touches=lambda one: one.survey == event.survey)

    async def _get(
        self, path: str, model: type[M], context: Context, parameters: dict[str, str] | None = None
    ) -> M:
        response = await context.http.get(
            self.settings.at(f"/v3{path}"),
            params=parameters,
            auth=Bearer(context.secret("token")),
            extensions=terms(expect={HTTPStatus.FORBIDDEN}),
        )
        _require_answer(response)
        return read_model(response.content, model)

    def _filters(self, period: Window) -> dict[str, str]:
        """Ask for the completed responses that were begun in a half-open period."""
        before = timedelta(0) if self.settings.has_inclusive_bounds else _SECOND
        return {
            "start_created_at": _written(period.start - before),
            "end_created_at": _written(period.end - _SECOND + before),
            "status": "completed",
        }


@hookimpl
def atlas_connectors() -> list[type[SurveyMonkey]]:
    """Bring the SurveyMonkey connector."""
    return [SurveyMonkey]


class _Problem(BaseModel):
    number: str = Field(validation_alias=AliasPath("error", "id"))


class _Me(BaseModel):
    granted: set[str] = Field(validation_alias=AliasPath("scopes", "granted"))


class _Choice(BaseModel):
    id: str
    position: int = 0
    weight: int | None = None
    is_na: bool = False


class _Answers(BaseModel):
    choices: list[_Choice] = []

    def numbered(self, question: SurveyMonkeyQuestion) -> dict[str, int]:
        """Give the number that each choice stands for; "not applicable" stands for none."""
        low, high = question.bounds
        choices = sorted((one for one in self.choices if not one.is_na), key=lambda x: x.position)
        weights = [one.weight for one in choices if one.weight is not None]
        if question.numbering is Numbering.POSITION and weights != sorted(weights):
            message = f"Question {question.question} is shown downwards: set `numbering: WEIGHT`."
            raise ConfigError(message)
        numbers = [
            low + place if question.numbering is Numbering.POSITION else choice.weight
            for place, choice in enumerate(choices)
        ]
        found = {
            choice.id: number
            for choice, number in zip(choices, numbers, strict=True)
            if number is not None
        }
        if sorted(found.values()) != list(range(low, high + 1)):
            message = (
                f"The choices of question {question.question} count {numbers}; "
                f"the scale needs one for each of {low} to {high}."
            )
            raise ConfigError(message)
        return found


class _Question(BaseModel):
    id: str
    answers: _Answers = _Answers()


class _Page(BaseModel):
    id: str
    questions: list[_Question] = []


class _Survey(BaseModel):
    pages: list[_Page]

    def find(self, question: SurveyMonkeyQuestion) -> tuple[str, _Answers]:
        """Give the page that a question stands on, and its answers."""
        for page in self.pages:
            for each in page.questions:
                if each.id == question.question:
                    return page.id, each.answers
        message = f"The survey {question.survey} has no question {question.question}."
        raise ConfigError(message)


class _Count(BaseModel):
    id: str
    count: Count


class _Row(BaseModel):
    id: str | None = None
    choices: list[_Count] = []


class _Summary(_Row):
    rows: list[_Row] = []


class _Rollup(BaseModel):
    id: str
    summary: Annotated[list[_Summary], Field(min_length=1)]


class _Rollups(BaseModel):
    data: list[_Rollup]

    def counts(self, question: SurveyMonkeyQuestion) -> dict[str, int]:
        """Give how often each choice was taken, in the row that is meant."""
        summary = next((one.summary[0] for one in self.data if one.id == question.question), None)
        if summary is None:
            message = f"SurveyMonkey answered without the question {question.question}."
            raise DataError(message)
        rows = [row for row in summary.rows if question.row in (None, row.id)] or [summary]
        if len(rows) > 1 or question.row not in (None, rows[0].id):
            there = ", ".join(str(row.id) for row in summary.rows) or "none"
            message = f"Name the `row` of question {question.question}; it has {there}."
            raise ConfigError(message)
        return {one.id: one.count for one in rows[0].choices}


class _Event(BaseModel):
    event_id: str
    event_datetime: Moment
    survey: str = Field(validation_alias=AliasPath("resources", "survey_id"))


def _require_answer(response: httpx.Response) -> None:
    """Raise what a 403 stands for: SurveyMonkey tells its kinds apart by numbers of its own."""
    if response.status_code != HTTPStatus.FORBIDDEN:
        return
    try:
        number = read_model(response.content, _Problem).number
    except DataError:  # not SurveyMonkey's own words
        number = None
    if number == _NOT_IN_THE_PLAN:
        message = "The plan at SurveyMonkey doesn't include response details over the API."
        raise PlanLimit(message)
    if number == _OTHER_REGION:
        message = "The account is in another data centre: set `url` to its access URL."
        raise ConfigError(message)
    response.raise_for_status()


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"  # UTC, which the service takes without an offset
