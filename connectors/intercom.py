"""Intercom: CSAT out of the ratings of conversations.

What is assumed of the service, and what is not known, is told in docs/connectors/intercom.md.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Any, Final

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    Limit,
    PlanLimit,
    PullRequest,
    Secret,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import Epoch, read_model
from journey_atlas_sdk.moments import epoch_of
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.scores import ScoreKind, Scoring
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import WebAddress

_VERSION: Final = "2.14"
_A_DAY: Final = timedelta(days=1)
"""By so much more is asked for on both sides: how exactly a search compares times isn't known."""

Filter = dict[str, Any]  # Any: JSON


class IntercomQuestion(Scoring):
    """Whose ratings count, from 1 to 5."""

    kinds = frozenset({ScoreKind.CSAT, ScoreKind.CSAT_MEAN})

    team: int | None = Field(
        default=None, description="The id of the team that the conversation is assigned to."
    )

    def filters(self) -> list[Filter]:
        """Say which conversations are meant."""
        return [] if self.team is None else [_filter("team_assignee_id", "=", self.team)]


class IntercomSettings(SurveySettings[IntercomQuestion]):
    """The workspace, and the question of each metric."""

    token: Secret = Field(description="The access token of a private app.")
    url: WebAddress = Field(
        default="https://api.intercom.io",
        description="https://api.eu.intercom.io or https://api.au.intercom.io for data there.",
    )


class Intercom(SurveyConnector[IntercomSettings, IntercomQuestion]):
    """Searches the rated conversations of all periods of a pull at once."""

    info = ConnectorInfo(
        key="intercom",
        title="Intercom",
        version="1.0.0",
        settings=IntercomSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=150, seconds=10),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=5),
        documentation="docs/connectors/intercom.md",
    )

    async def counts(
        self, question: IntercomQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted]:
        """Count the ratings when they were asked for, which never changes."""
        tally = AnswerTally(request.periods(context.now()))
        wanted = [
            *_requested(tally.span.start - _A_DAY, tally.span.end + _A_DAY),
            *question.filters(),
        ]

        async def page(cursor: str | None) -> Page[_Conversation, str | None]:
            found = await self._search(wanted, context, per_page=150, starting_after=cursor)
            return found.conversations, found.next

        async for conversation in pages(page, None, identity=attrgetter("id")):
            rating = conversation.conversation_rating
            if rating is not None and rating.rating is not None:
                tally.add(rating.created_at, rating.rating)
        for counted in tally.items():
            yield counted

    async def check(self, context: Context) -> None:
        """Search for one rated conversation of the last day."""
        now = context.now()
        await self._search(_requested(now - _A_DAY, now), context, per_page=1)

    async def _search(
        self,
        wanted: list[Filter],
        context: Context,
        *,
        per_page: int,
        starting_after: str | None = None,
    ) -> "_Conversations":
        here = {"starting_after": starting_after} if starting_after else {}
        response = await context.http.post(
            self.settings.at("/conversations/search"),
            json={
                "query": {"operator": "AND", "value": wanted},
                "pagination": {"per_page": per_page, **here},
            },
            headers={"Intercom-Version": _VERSION},
            auth=Bearer(context.secret("token")),
            extensions=terms(repeatable=True, expect={HTTPStatus.FORBIDDEN}),
        )
        _require_answer(response)
        return read_model(response.content, _Conversations)


@hookimpl
def atlas_connectors() -> list[type[Intercom]]:
    """Bring the Intercom connector."""
    return [Intercom]


class _Rating(BaseModel):
    created_at: Epoch
    rating: Annotated[int, Field(strict=True)] | None = None


class _Conversation(BaseModel):
    id: str
    conversation_rating: _Rating | None = None


class _Conversations(BaseModel):
    conversations: list[_Conversation]
    next: str | None = Field(
        default=None, validation_alias=AliasPath("pages", "next", "starting_after")
    )


def _filter(field: str, operator: str, value: int) -> Filter:
    return {"field": field, "operator": operator, "value": value}


def _requested(start: datetime, end: datetime) -> list[Filter]:
    """Say when the rating was asked for; there is no operator ≥."""
    return [
        _filter("conversation_rating.requested_at", ">", epoch_of(start)),
        _filter("conversation_rating.requested_at", "<", epoch_of(end)),
    ]


def _require_answer(response: httpx.Response) -> None:
    """Raise what a 403 stands for: Intercom tells its kinds apart by a word."""
    if response.status_code != HTTPStatus.FORBIDDEN:
        return
    if "api_plan_restricted" in response.text:
        message = "The plan at Intercom doesn't include searching conversations over the API."
        raise PlanLimit(message)
    response.raise_for_status()
