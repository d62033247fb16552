"""GitHub: merged pull requests, closed issues, releases: how many, and how long they took.

Which searches are made, and what is not known, is told in docs/connectors/github.md.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Final, Literal, Self

import httpx
from pydantic import BaseModel, Field, RootModel, model_validator

from journey_atlas_sdk import (
    AccessDenied,
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    Limit,
    MetricSpec,
    Observation,
    ObservationFlag,
    ObservationState,
    PullRequest,
    RateLimited,
    Secret,
    Window,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.events import Event, EventMeasure, EventMetric, EventTally, Tally
from journey_atlas_sdk.exact_json import Count, Moment, read_model
from journey_atlas_sdk.paging import Page, next_link, pages, reachable
from journey_atlas_sdk.periods import OF_HOURS
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import ServiceSettings, WebAddress, refusal

_MOST_FOUND: Final = 1_000  # by one search; what lies beyond can't be read
_SECOND: Final = timedelta(seconds=1)
_REFUSALS: Final = frozenset(
    {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)


class GitHubReport(EventMetric):
    """What happens in a repository; MEDIAN is from being opened to being merged or closed."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")]
    events: Literal["PULL_REQUESTS", "ISSUES", "RELEASES"]
    where: str = Field(default="", description="More of the search, as in `base:main label:cx`.")

    @model_validator(mode="after")
    def _releases_are_counted(self) -> Self:
        if self.events == "RELEASES" and (self.where or self.measure is EventMeasure.MEDIAN):
            message = "Releases are counted, all of them: without `where`, and no MEDIAN."
            raise ValueError(message)
        return self

    def search(self, span: Window) -> str:
        """Write the search for whole seconds; both ends of GitHub's ranges are in them."""
        what = "is:pr merged" if self.events == "PULL_REQUESTS" else "is:issue closed"
        dates = f"{span.start.isoformat()}..{(span.end - _SECOND).isoformat()}"
        return f"repo:{self.repository} {what}:{dates} {self.where}".strip()


class GitHubSettings(RestatingSettings, ServiceSettings):
    """Who asks, and the events of each metric."""

    token: Secret = Field(description="A token that may read the repositories.")
    url: WebAddress = Field(
        default="https://api.github.com", description="https://HOST/api/v3 of an own server."
    )
    reports: Mapping[str, GitHubReport] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=7, description="For how long issues are still reopened, and releases deleted."
    )


class GitHub(Connector[GitHubSettings]):
    """Asks for totals where they will do, else for the dates of all that a search finds."""

    info = ConnectorInfo(
        key="github",
        title="GitHub",
        version="1.0.0",
        settings=GitHubSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=30, seconds=60),),
        max_points=12,
        timeout=timedelta(minutes=5),
        documentation="docs/connectors/github.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the measure of each of the window's whole periods that have begun, oldest first."""
        report, now = request.chosen(self.settings.reports), context.now()
        spec = self._spec(request.metric, report)
        spec.require_answers(request)
        periods = request.periods(now)
        if report.events == "RELEASES":
            tally = EventTally(periods)
            async for release in self._releases(report, context):
                tally.add(release)
            tallies = dict(tally.items())
        else:
            tallies = {period: await self._tally(report, period, context) for period in periods}
        for period, each in tallies.items():
            state = ObservationState.PROVISIONAL if each.flags else spec.state(period, now)
            yield report.observation(request, period, each, state=state)

    async def check(self, context: Context) -> None:
        """Read a repository."""
        _, report = min(self.settings.reports.items())
        await self._get(self.settings.at(f"/repos/{report.repository}"), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a report."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.reports.items())]

    def _spec(self, metric: str, report: GitHubReport) -> MetricSpec:
        return report.spec(metric, grains=OF_HOURS, restates_for=self.settings.restates_for)

    async def _releases(self, report: GitHubReport, context: Context) -> AsyncIterator[Event]:
        """Walk what was published: no drafts, no prereleases."""

        async def page(url: str) -> Page[_Release, str]:
            answer = await self._get(url, context)
            return read_model(answer.content, RootModel[list[_Release]]).root, next_link(answer)

        first = self.settings.at(f"/repos/{report.repository}/releases?per_page=100")
        async for release in pages(page, first, identity=attrgetter("id")):
            if release.published_at and not release.draft and not release.prerelease:
                yield Event(release.published_at)

    async def _tally(self, report: GitHubReport, period: Window, context: Context) -> Tally:
        """Search what happened in a period: for a count its total, else each of its items."""
        tally = Tally()

        async def read(url: str) -> tuple[_Found, str | None]:
            answer = await self._get(url, context)
            found = read_model(answer.content, _Found)
            if found.incomplete_results:  # GitHub had no time to look through everything
                tally.flags = frozenset({ObservationFlag.TRUNCATED})
            return found, next_link(answer)

        async def total(span: Window) -> int:
            found, _ = await read(self._search(report, span, on_a_page=1))
            return found.total_count

        async def page(url: str) -> Page[_Item, str]:
            found, following = await read(url)
            return found.items, following

        if report.measure is EventMeasure.COUNT:
            tally.count = await total(period)
            return tally
        async for part in reachable(period, total, most=_MOST_FOUND):
            first = self._search(report, part, on_a_page=100)
            async for item in pages(page, first, identity=attrgetter("id")):
                tally.add(Event(item.closed_at, item.created_at))
        return tally

    def _search(self, report: GitHubReport, span: Window, *, on_a_page: int) -> str:
        asked = {"q": report.search(span), "sort": "created", "order": "asc"}
        parameters = {**asked, "per_page": str(on_a_page)}
        return str(httpx.URL(self.settings.at("/search/issues"), params=parameters))

    async def _get(self, url: str, context: Context) -> httpx.Response:
        response = await context.http.get(
            url,
            headers={"X-GitHub-Api-Version": "2022-11-28"},
            auth=Bearer(context.secret("token")),
            extensions=terms(expect=_REFUSALS),
        )
        _require_answer(response)
        return response


@hookimpl
def atlas_connectors() -> list[type[GitHub]]:
    """Bring the GitHub connector."""
    return [GitHub]


class _Release(BaseModel):
    id: int
    draft: bool
    prerelease: bool
    published_at: Moment | None


class _Item(BaseModel):
    id: int
    created_at: Moment
    closed_at: Moment  # a pull request is closed by merging it


class _Found(BaseModel):
    total_count: Count
    incomplete_results: bool
    items: list[_Item]


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for: one of GitHub's limits shows in words alone."""
    if not response.is_success and "rate limit" in response.text:
        raise RateLimited(retry_after=timedelta(minutes=1))
    if response.status_code == HTTPStatus.NOT_FOUND:
        message = "There is no such repository, or the token doesn't reach it."
        raise AccessDenied(message)
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise refusal(response)
    response.raise_for_status()
