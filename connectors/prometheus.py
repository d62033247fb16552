"""Prometheus, and servers with its HTTP API: a PromQL expression a metric.

Which moments are asked for, and what an expression may say, is told in
docs/connectors/prometheus.md.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Annotated, Final, Literal

import httpx
from pydantic import AliasPath, BaseModel, Field, StringConstraints, ValidationError

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Dimensions,
    MetricSpec,
    Observation,
    ObservationFlag,
    ObservationState,
    PullRequest,
    Settings,
    Unit,
    UnitKind,
    Window,
    hookimpl,
    parse_decimal,
    quotient,
)
from journey_atlas_sdk.moments import milliseconds_of
from journey_atlas_sdk.periods import OF_HOURS
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import WebSettings

_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_PLACE: Final = re.compile(r"\$(period|dimensions)\b")
_NO_NUMBERS: Final = frozenset({"NaN", "+Inf", "-Inf", "Inf"})
_MAX_BYTES: Final = 20_000_000
_REFUSALS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)

Expression = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Point = tuple[datetime, Dimensions]
"""When a period starts, and which part of the whole is meant."""


class Quotient(Settings):
    """Two expressions: the value is one by the other, and both are kept."""

    numerator: Expression
    denominator: Expression


class PrometheusSettings(WebSettings):
    """Where the server is, and the expression of each metric.

    In an expression `$period` stands for the period's length, `$dimensions` for the labels asked
    for, as in `sum by ($dimensions) (increase(visits_total[$period]))`.
    """

    queries: Mapping[str, Expression | Quotient] = Field(
        min_length=1, description="An expression by metric, or a numerator and a denominator."
    )
    units: Mapping[str, Unit] = Field(
        default_factory=dict[str, Unit],
        description="By metric; left out: RATIO of a quotient, else that of what it feeds.",
    )


class Prometheus(Connector[PrometheusSettings]):
    """Has each expression evaluated at the end of each period."""

    info = ConnectorInfo(
        key="prometheus",
        title="Prometheus",
        version="1.0.0",
        settings=PrometheusSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        max_points=2_000,  # the server refuses more than 11,000 a series; 400 series fit
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/prometheus.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the values of the window's whole periods that have begun, oldest first."""
        expressions = self._expressions(request)
        now = context.now()
        for stretch in _stretches(request, now):
            asked = [await self._ask(one, stretch, request, context) for one in expressions]
            make = partial(_observations, asked, stretch, request=request, now=now)
            for observation in await context.blocking(make, weight=0):
                yield observation

    async def check(self, context: Context) -> None:
        """Have the server evaluate a constant."""
        second = context.now().replace(microsecond=0)
        await self._get("vector(1)", [Window(second, second + timedelta(seconds=1))], context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have an expression; only their answers tell their labels."""
        del context
        return [
            MetricSpec(key=metric, title=metric, unit=self._unit(metric), grains=OF_HOURS)
            for metric in sorted(self.settings.queries)
        ]

    def _unit(self, metric: str) -> Unit | None:
        is_quotient = isinstance(self.settings.queries[metric], Quotient)
        return self.settings.units.get(metric, Unit(kind=UnitKind.RATIO) if is_quotient else None)

    def _expressions(self, request: PullRequest) -> list[str]:
        """Give one expression, or a numerator and a denominator, with the labels put in."""
        Settings.read(request.parameters)  # there are none
        query = request.chosen(self.settings.queries)
        if request.grain not in OF_HOURS:
            message = f"Prometheus has no {request.grain}: choose a grain of the calendar."
            raise ConfigError(message)
        both = [query] if isinstance(query, str) else [query.numerator, query.denominator]
        return [_broken_down(expression, request.dimensions) for expression in both]

    async def _ask(
        self, expression: str, stretch: list[Window], request: PullRequest, context: Context
    ) -> "_Values":
        response = await self._get(expression, stretch, context)
        read = partial(_values, response.content, stretch, names=request.dimensions)
        values = await context.blocking(read, weight=0)
        for warning in values.warnings:
            context.log.warning("%s: %s", request.metric, warning)
        return values

    async def _get(
        self, expression: str, stretch: list[Window], context: Context
    ) -> httpx.Response:
        seconds = int((stretch[0].end - stretch[0].start).total_seconds())
        response = await context.http.get(
            self.settings.at("/api/v1/query_range"),
            params={
                "query": _PLACE.sub(f"{seconds}s", expression),
                "start": _written(_moment(stretch[0])),
                "end": _written(_moment(stretch[-1])),
                "step": str(seconds),
                "nocache": "1",  # else VictoriaMetrics moves the moments; Prometheus ignores it
            },
            auth=self.settings.auth(context),
            extensions=terms(expect=_REFUSALS, max_bytes=_MAX_BYTES),
        )
        _require_answer(response)
        return response.raise_for_status()


@hookimpl
def atlas_connectors() -> list[type[Prometheus]]:
    """Bring the Prometheus connector."""
    return [Prometheus]


class _Refusal(BaseModel):
    error: str


class _Series(BaseModel):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Answer(BaseModel):
    status: Literal["success"]
    kind: Literal["matrix"] = Field(validation_alias=AliasPath("data", "resultType"))
    result: list[_Series] = Field(validation_alias=AliasPath("data", "result"))
    warnings: list[str] = []


@dataclass(frozen=True, slots=True)
class _Values:
    """What an expression was; None: nothing was measured. Warnings tell of what is missing."""

    at: Mapping[Point, Decimal | None]
    warnings: list[str]


def _stretches(request: PullRequest, now: datetime) -> Iterator[list[Window]]:
    """Cut the window's whole periods into runs of equal length: each is one query, evenly stepped.

    A step of a day would drift off local midnight when the clocks change, one of a month off the
    calendar at once.
    """
    for _, run in groupby(request.periods(now), key=lambda period: period.end - period.start):
        yield list(run)


def _moment(period: Window) -> int:
    """Give the moment at which a period is evaluated, in milliseconds since 1970.

    A range holds its right end: at the period's own end it would hold the next one's first sample.
    """
    return milliseconds_of(period.end) - 1


def _written(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"


def _broken_down(expression: str, names: tuple[str, ...]) -> str:
    strange = [name for name in names if not _LABEL.fullmatch(name)]
    if strange:
        message = f"A label can't be called {', '.join(strange)}."
        raise ConfigError(message)
    if names and "$dimensions" not in expression:
        message = "Only an expression with `by ($dimensions)` can be broken down."
        raise ConfigError(message)
    return expression.replace("$dimensions", ", ".join(names))


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for, with the server's own words where it has some."""
    if response.status_code == HTTPStatus.NOT_FOUND:  # the metric is one of the settings
        message = f"{response.url.host} answered with the status 404: check `url`."
        raise ConfigError(message)
    if response.status_code not in _REFUSALS:
        return
    try:
        said = _Refusal.model_validate_json(response.content).error
    except ValidationError:  # a proxy's own page
        return
    raise ConfigError(says("Prometheus", said))


def _values(body: bytes, stretch: list[Window], *, names: tuple[str, ...]) -> _Values:
    """Read an answer; DataError where it isn't one value for each asked moment and part."""
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        message = "The server's answer is not Prometheus's: check `url`."
        raise DataError(message, detail=repr(body[:200])) from error
    asked = {_moment(period): period.start for period in stretch}
    at: dict[Point, Decimal | None] = {}
    for series in answer.result:
        dimensions = _dimensions(series.metric, names)
        for seconds, number in series.values:
            start = asked.get(round(seconds * 1000))
            if start is None:
                message = f"The server answers for another moment than the asked ones: {seconds}."
                raise DataError(message)
            if (start, dimensions) in at:
                message = "The expression gives several series: write `sum by ($dimensions) (…)`."
                raise DataError(message)
            at[start, dimensions] = None if number in _NO_NUMBERS else parse_decimal(number)
    return _Values(at, answer.warnings)


def _dimensions(labels: Mapping[str, str], names: tuple[str, ...]) -> Dimensions:
    lacking = [name for name in names if not labels.get(name)]
    if lacking:
        message = f"A series has no label {', '.join(lacking)}: leave it out, as in {{label!=''}}."
        raise DataError(message)
    return tuple(sorted((name, labels[name]) for name in names))


def _observations(
    asked: list[_Values], stretch: list[Window], *, request: PullRequest, now: datetime
) -> list[Observation]:
    """Give an observation for each point of which at least one expression tells something."""
    periods = {period.start: period for period in stretch}
    is_partial = any(values.warnings for values in asked)
    flags = frozenset({ObservationFlag.PARTIAL} if is_partial else ())
    made: list[Observation] = []
    for point in sorted(set[Point]().union(*(values.at for values in asked))):
        start, dimensions = point
        is_final = periods[start].end <= now and not is_partial
        value, numerator, denominator = _measured([values.at.get(point) for values in asked])
        made.append(
            request.observation(
                periods[start],
                value,
                dimensions=dimensions,
                numerator=numerator,
                denominator=denominator,
                state=ObservationState.FINAL if is_final else ObservationState.PROVISIONAL,
                flags=flags,
            )
        )
    return made


def _measured(numbers: list[Decimal | None]) -> tuple[Decimal | None, ...]:
    """Give value, numerator and denominator; a quotient without one of its sides is None."""
    if len(numbers) == 1:
        return numbers[0], None, None
    numerator, denominator = numbers
    if numerator is None or denominator is None:
        return None, None, None
    return quotient(numerator, denominator), numerator, denominator
