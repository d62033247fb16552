"""Typeform: NPS, CSAT and CES out of a form's completed responses.

What is assumed of the service, and what is not known, is told in docs/connectors/typeform.md.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from itertools import chain
from operator import attrgetter
from typing import Annotated, Final, TypeVar

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    ConnectorInfo,
    Context,
    Delivery,
    Dirty,
    Limit,
    PullRequest,
    Secret,
    TransientError,
    Window,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Moment, read_model
from journey_atlas_sdk.moments import epoch_of
from journey_atlas_sdk.oauth import TokenOrAppSettings
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.scores import Scoring
from journey_atlas_sdk.signatures import require_signed
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import WebAddress

_SECOND: Final = timedelta(seconds=1)
_TOOK_TOO_LONG: Final = 499

M = TypeVar("M", bound=BaseModel)


class TypeformQuestion(Scoring):
    """A question that is answered with a number: NPS, opinion scale, rating."""

    form: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$", description="u6nXL7 of …/to/u6nXL7.")]
    question: str = Field(min_length=1, description="Its `ref`, or its `id`.")


class TypeformSettings(SurveySettings[TypeformQuestion], TokenOrAppSettings):
    """The account, and the question of each metric. Give `token`, or all of an app's."""

    url: WebAddress = Field(
        default="https://api.typeform.com",
        description="https://api.eu.typeform.com where the account's data is in Europe.",
    )
    webhook_secret: Secret | None = Field(default=None, description="Of the form's webhook.")


class Typeform(SurveyConnector[TypeformSettings, TypeformQuestion]):
    """Walks the responses of all periods of a pull at once, newest first."""

    info = ConnectorInfo(
        key="typeform",
        title="Typeform",
        version="1.0.0",
        settings=TypeformSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.PUSH}),
        limits=(Limit(count=2, seconds=1),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/typeform.md",
    )

    async def counts(
        self, question: TypeformQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted]:
        """Count the answers; the question is looked for first, or its absence would be silence."""
        auth, tally = self._auth(context), AnswerTally(request.periods(context.now()))
        path = f"/forms/{question.form}"
        form = await self._get(path, _Form, context, auth=auth)
        asked = {
            "since": f"{epoch_of(tally.span.start)}",
            "until": f"{epoch_of(tally.span.end)}",  # whose second the tally leaves out
            "response_type": "completed",
            "fields": form.find(question),
            "page_size": "1000",
        }

        async def page(before: str | None) -> Page[_Response, str | None]:
            here = {**asked, "before": before} if before else asked
            found = await self._get(f"{path}/responses", _Responses, context, auth=auth, **here)
            return found.items, found.last

        async for response in pages(page, None, identity=attrgetter("token")):
            for answer in response.answers or ():
                tally.add(response.submitted_at, answer.number)
        for counted in tally.items():
            yield counted

    async def check(self, context: Context) -> None:
        """Ask for one response of a form."""
        _, question = min(self.settings.questions.items())
        path, auth = f"/forms/{question.form}/responses", self._auth(context)
        await self._get(path, _Total, context, auth=auth, page_size="1")

    async def receive(self, delivery: Delivery, context: Context) -> Sequence[Dirty]:
        """Tell which metrics a completed response touches; of its answers nothing is kept."""
        require_signed(
            delivery.body,
            [delivery.headers.get("typeform-signature", "").removeprefix("sha256=")],
            key=context.secret("webhook_secret").encode(),
            encoding="base64",
        )
        event = read_model(delivery.body, _Event)
        if event.submitted_at is None:  # of a response that isn't complete
            return []
        window = Window(event.submitted_at, event.submitted_at + _SECOND)
        return self.dirty(window, event.event_id, touches=lambda one: one.form == event.form)

    def _auth(self, context: Context) -> httpx.Auth:
        return self.settings.auth(context, token_url=self.settings.at("/oauth/token"))

    async def _get(
        self, path: str, model: type[M], context: Context, *, auth: httpx.Auth, **parameters: str
    ) -> M:
        response = await context.http.get(
            self.settings.at(path),
            params=parameters,
            auth=auth,
            extensions=terms(expect={_TOOK_TOO_LONG}),
        )
        if response.status_code == _TOOK_TOO_LONG:
            message = "Typeform took too long to answer."
            raise TransientError(message)
        return read_model(response.content, model)


@hookimpl
def atlas_connectors() -> list[type[Typeform]]:
    """Bring the Typeform connector."""
    return [Typeform]


class _Field(BaseModel):
    id: str
    ref: str | None = None
    inner: list["_Field"] = Field(default=[], validation_alias=AliasPath("properties", "fields"))

    def walk(self) -> Iterator["_Field"]:
        """Give the field and, where it is a group, those in it."""
        yield self
        for each in self.inner:
            yield from each.walk()


class _Form(BaseModel):
    fields_: list[_Field] = Field(validation_alias="fields")

    def find(self, question: TypeformQuestion) -> str:
        """Give the id of a question."""
        for field in chain.from_iterable(each.walk() for each in self.fields_):
            if question.question in (field.ref, field.id):
                return field.id
        message = f"The form {question.form} has no question {question.question!r}."
        raise ConfigError(message)


class _Answer(BaseModel):
    number: Annotated[int, Field(strict=True)]


class _Response(BaseModel):
    token: str
    submitted_at: Moment
    answers: list[_Answer] | None = None


class _Total(BaseModel):
    total_items: int


class _Responses(_Total):
    items: list[_Response]

    @property
    def last(self) -> str | None:
        """The token of the last response, None where no other follows."""
        return self.items[-1].token if 0 < len(self.items) < self.total_items else None


class _Event(BaseModel):
    event_id: str
    form: str = Field(validation_alias=AliasPath("form_response", "form_id"))
    submitted_at: Moment | None = Field(
        default=None, validation_alias=AliasPath("form_response", "submitted_at")
    )
