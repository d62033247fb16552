"""Matomo: counts of visits, actions and visitors, and the share of visits with a goal.

How periods meet the website's time zone, and what is not known, is told in
docs/connectors/matomo.md.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Final, Literal

import httpx
from pydantic import BaseModel, BeforeValidator, Field, RootModel

from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    Capability,
    ConfigError,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    Secret,
    hookimpl,
)
from journey_atlas_sdk.exact_json import read_model, read_number
from journey_atlas_sdk.series import (
    CountReport,
    Counts,
    Series,
    SeriesConnector,
    SeriesSettings,
    ShareReport,
    Told,
)
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import NumericId

_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})
_ALL_ROWS: Final = "-1"  # unsaid, it would be 100

Day = Annotated[date, BeforeValidator(lambda period: f"{period}-01"[:10])]
"""The first day of 2026-11-22, of 2026-11-16,2026-11-22 and of 2026-11."""
Empty = Annotated[list[object], Field(max_length=0)]
"""A period without anything is a list: PHP's."""
Column = Literal["nb_visits", "nb_actions", "nb_uniq_visitors", "nb_visits_converted"]
Asked = tuple[Column, NumericId | None]
"""A column, and the goal whose report it stands in; None: that of all visits."""


class Count(CountReport):
    """How many visits, actions or visitors there were."""

    metric: Literal["nb_visits", "nb_actions", "nb_uniq_visitors"]

    @property
    def by_days(self) -> bool:
        """Whether its days are added up; visitors are counted by Matomo alone."""
        return self.metric != "nb_uniq_visitors"

    @property
    def asked(self) -> list[Asked]:
        """Say what is counted."""
        return [(self.metric, None)]


class Conversion(ShareReport):
    """Which share of the visits reached a goal."""

    conversion: NumericId = Field(description="The goal's number.")

    @property
    def asked(self) -> list[Asked]:
        """Say what the part is, and what the whole."""
        return [("nb_visits_converted", self.conversion), ("nb_visits", None)]


Report = Count | Conversion


class MatomoSettings(SeriesSettings[Report]):
    """The website and who asks, and the report of each metric. `url` is that of your Matomo."""

    token: Secret = Field(description="An auth token of a user who may view the website.")
    site: NumericId = Field(description="The website's number.")


class Matomo(SeriesConnector[MatomoSettings, Report]):
    """Asks for all periods of a pull at once, for a conversion twice."""

    info = ConnectorInfo(
        key="matomo",
        title="Matomo",
        version="1.0.0",
        settings=MatomoSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=300, seconds=3_600, concurrency=2),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/matomo.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for each count of all periods at once."""
        during = {"period": series.step.lower(), "date": f"{series.first},{series.last}"}
        return Told([await self._count(asked, during, context) for asked in report.asked])

    async def check(self, context: Context) -> None:
        """Compare the website's time zone with ours."""
        body = await self._get("SitesManager.getSiteFromId", {}, context)
        self.settings.require_zone(read_model(body, _Site).timezone)

    def budget_key(self) -> str:
        """Name the server: it counts for all of its sites."""
        return f"matomo:{httpx.URL(self.settings.url).host}"

    async def _count(self, asked: Asked, during: Mapping[str, str], context: Context) -> Counts:
        """Count something in each of some periods, by their first days; an empty one is 0."""
        column, goal = asked
        of_goal = {"idGoal": goal} if goal else {}
        method = "Goals.get" if goal else "VisitsSummary.get"
        body = await self._get(method, {**during, **of_goal}, context)
        periods = read_model(body, _Periods).root
        return {day: _count(row, column) for day, row in periods.items()}

    async def _get(self, method: str, parameters: Mapping[str, str], context: Context) -> bytes:
        """Call a method; the token travels in the body, so that it comes into no server's log."""
        response = await context.http.post(
            self.settings.at("/index.php"),
            data={
                "module": "API",
                "method": method,
                "format": "JSON",
                "idSite": self.settings.site,
                "filter_limit": _ALL_ROWS,
                "token_auth": context.secret("token"),
                **parameters,
            },
            extensions=terms(repeatable=True, expect=_REFUSALS),
        )
        _require_answer(response)
        return response.content


@hookimpl
def atlas_connectors() -> list[type[Matomo]]:
    """Bring the Matomo connector."""
    return [Matomo]


class _Outcome(BaseModel):
    result: object = None
    message: str = ""


class _Site(BaseModel):
    timezone: str


class _Periods(RootModel[dict[Day, dict[str, object] | Empty]]):
    pass


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for, under whatever status: Matomo's kinds differ in words."""
    outcome = read_model(response.content, _Outcome)
    if outcome.result != "error":
        response.raise_for_status()
        return
    said, message = outcome.message, says("Matomo", outcome.message)
    if "authenticate" in said:
        raise AuthError(message)
    if "requires" in said and "access" in said:
        raise AccessDenied(message)
    raise ConfigError(message)


def _count(row: Mapping[str, object] | list[object], column: Column) -> Decimal:
    """Read a column of a period; DataError where it isn't there, as unique visitors may not be."""
    if not isinstance(row, Mapping):
        return Decimal(0)
    count = read_number(row.get(column))
    if count is None:
        message = f"Matomo tells no {column}: it may not be processed for such periods."
        raise DataError(message)
    return count
