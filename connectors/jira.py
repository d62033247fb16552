"""Jira Cloud: how many issues were resolved or created, and how long they took.

What is assumed of the service, and what is not known, is told in docs/connectors/jira.md.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Final, Literal

import httpx
from pydantic import BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    Window,
    hookimpl,
)
from journey_atlas_sdk.events import Event, EventMeasure, EventMetric, EventTally
from journey_atlas_sdk.exact_json import Moment, read_model
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.periods import EVERY_PERIOD
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import ServiceSettings, refusal

_A_PAGE: Final = 100
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
_DAY: Final = timedelta(days=1)


class JiraQuery(EventMetric):
    """Some issues, and what is told of them."""

    jql: Annotated[str, Field(min_length=1)] = Field(
        description="Which issues, without dates and ORDER BY, as in `project = CX`."
    )
    at: Literal["resolutiondate", "created"] = Field(
        default="resolutiondate", description="The field that says in which period one counts."
    )
    since: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        default="created",
        description="For MEDIAN: the field that says when work began, as in customfield_10008.",
    )

    @property
    def fields(self) -> list[str]:
        """The fields that are asked for, and no others."""
        return [self.at, self.since] if self.measure is EventMeasure.MEDIAN else [self.at]

    def within(self, span: Window) -> str:
        """Write the query for a span and a day around it: JQL has days of the user's own zone."""
        first, after = (span.start - _DAY).date(), (span.end + 2 * _DAY).date()
        return (
            f'({self.jql}) AND {self.at} >= "{first}" AND {self.at} < "{after}" '
            f"ORDER BY {self.at} ASC, key ASC"
        )


class JiraSettings(RestatingSettings, ServiceSettings):
    """The site and who asks, and the issues of each metric. `url` is https://SITE.atlassian.net."""

    email: str = Field(description="Of the account that the token is of.")
    token: Secret = Field(description="An API token of an account that may browse the projects.")
    queries: Mapping[str, JiraQuery] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=14, description="For how long issues are still reopened, moved or deleted."
    )


class Jira(Connector[JiraSettings]):
    """Searches the issues of all periods of a pull at once, and reads their dates alone."""

    info = ConnectorInfo(
        key="jira",
        title="Jira Cloud",
        version="1.0.0",
        settings=JiraSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=10, seconds=1),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/jira.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the measure of each of the window's whole periods that have begun, oldest first."""
        query, now = request.chosen(self.settings.queries), context.now()
        spec = self._spec(request.metric, query)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        tally = EventTally(periods)
        async for issue in self._issues(query, tally.span, context):
            tally.add(issue.event(query))
        for period, each in tally.items():
            yield query.observation(request, period, each, state=spec.state(period, now))

    async def check(self, context: Context) -> None:
        """Search the issues of the last day."""
        day = Window(context.now() - _DAY, context.now())
        _, query = min(self.settings.queries.items())
        await self._search(query.within(day), query, context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a query."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.queries.items())]

    def budget_key(self) -> str:
        """Name the site: its requests are counted together."""
        return f"jira:{httpx.URL(self.settings.url).host}"

    def _spec(self, metric: str, query: JiraQuery) -> MetricSpec:
        return query.spec(metric, grains=EVERY_PERIOD, restates_for=self.settings.restates_for)

    def _issues(self, query: JiraQuery, span: Window, context: Context) -> AsyncIterator["_Issue"]:
        """Walk the issues of a span, and of a day around it."""
        jql = query.within(span)

        async def page(token: str | None) -> Page[_Issue, str | None]:
            found = await self._search(jql, query, context, token=token)
            return found.issues, found.next

        return pages(page, None, identity=attrgetter("id"))

    async def _search(
        self, jql: str, query: JiraQuery, context: Context, *, token: str | None = None
    ) -> "_Found":
        place = {} if token is None else {"nextPageToken": token}
        response = await context.http.post(
            self.settings.at("/rest/api/3/search/jql"),
            json={"jql": jql, "fields": query.fields, "maxResults": _A_PAGE, **place},
            auth=httpx.BasicAuth(self.settings.email, context.secret("token")),
            extensions=terms(expect=_REFUSALS, repeatable=True),
        )
        _require_answer(response)
        return read_model(response.content, _Found)


@hookimpl
def atlas_connectors() -> list[type[Jira]]:
    """Bring the Jira connector."""
    return [Jira]


class _Issue(BaseModel):
    id: str
    fields: dict[str, Moment | None]

    def event(self, query: JiraQuery) -> Event:
        """Tell when it happened; DataError where the issue lacks the very field it was found by."""
        at = self.fields.get(query.at)
        if at is None:
            message = f"Jira answered with the issue {self.id} without its {query.at}."
            raise DataError(message)
        return Event(at, self.fields.get(query.since))


class _Found(BaseModel):
    issues: list[_Issue]
    token: str | None = Field(default=None, validation_alias="nextPageToken")
    is_last: bool | None = Field(default=None, validation_alias="isLast")

    @property
    def next(self) -> str | None:
        """Where the next page is; DataError where Jira has more and doesn't say where."""
        if self.is_last is False and not self.token:
            message = "Jira gives a page that isn't the last one, and no way to the next."
            raise DataError(message)
        return None if self.is_last else self.token


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for: a missing page, too, is a mistake in the settings."""
    if response.status_code == HTTPStatus.NOT_FOUND:  # the metric is one of the settings
        message = "There is no Jira Cloud at `url`: it is https://SITE.atlassian.net."
        raise ConfigError(message)
    if response.status_code == HTTPStatus.BAD_REQUEST:
        raise refusal(response)
