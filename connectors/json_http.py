"""JSON over HTTP: rows found in an answer by JMESPath, each with an observation's fields.

What a query may say, and how its answers are paged through, is told in
docs/connectors/json-http.md.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Final, Literal, Self, cast

import httpx
import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, JsonValue, StringConstraints, model_validator

from journey_atlas_sdk import (
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    MetricSpec,
    Observation,
    PullReason,
    PullRequest,
    Secret,
    Settings,
    Unit,
    hookimpl,
    period_of,
)
from journey_atlas_sdk.auth import ApiKey
from journey_atlas_sdk.exact_json import read_json, read_number
from journey_atlas_sdk.moments import epoch_of, moment_at
from journey_atlas_sdk.observation_rows import (
    BOUND,
    OWN_COLUMNS,
    REQUIRED,
    NumberedRow,
    RowParameters,
    RowReader,
    bound_values,
    require_columns,
)
from journey_atlas_sdk.paging import Page, next_link, pages
from journey_atlas_sdk.periods import UTC_ZONE
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import WebSettings

_BINDS: Final = BOUND | {"start_seconds", "end_seconds"}


def _expression(written: str) -> str:
    try:
        jmespath.compile(written)
    except JMESPathError as error:
        message = f"{written!r} is no JMESPath expression: {' '.join(str(error).split())}."
        raise ValueError(message) from error
    return written


def _bindable(value: JsonValue) -> JsonValue:
    """Refuse a text that begins like a bound value and is none."""
    try:
        _bound(value, dict.fromkeys(_BINDS, ""))
    except KeyError as error:
        legal = ", ".join(f":{name}" for name in sorted(_BINDS))
        message = f"Nothing is bound to :{error.args[0]}; there are {legal}."
        raise ValueError(message) from error
    return value


Expression = Annotated[str, StringConstraints(min_length=1), AfterValidator(_expression)]
"""Where something stands in a JSON value, in JMESPath."""

Bindable = Annotated[JsonValue, AfterValidator(_bindable)]
"""A JSON value in which a text such as ":start_date" stands for that of the question."""


Cells = dict[str, object]
"""What stands in a row, by field and dimension."""


class Clock(StrEnum):
    """How an answer tells times: as texts (ISO 8601), or counted from 1970 on."""

    ISO = "ISO"
    SECONDS = "SECONDS"
    MILLISECONDS = "MILLISECONDS"


class Paging(Settings):
    """How the next page is asked for, in one of three ways.

    `next` finds its address; where it finds none, a header `Link` may tell it. `cursor` finds what
    `parameter` is set to. Where `parameter` counts PAGES (from `first` on) or ROWS, an empty page
    is the last.
    """

    next: Expression | None = None
    cursor: Expression | None = None
    counts: Literal["PAGES", "ROWS"] | None = None
    parameter: str | None = None
    first: int = 1

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in (self.next, self.cursor, self.counts) if way is not None]
        if len(ways) != 1 or (self.next is None) != (self.parameter is not None):
            message = "Give `next`, or `parameter` with either `cursor` or `counts`."
            raise ValueError(message)
        return self


class JsonQuery(Settings):
    """A request, and where the fields of an observation stand in each row of its answer.

    In `parameters` and `body` a text such as ":start_date" stands for that value.
    """

    path: Annotated[str, StringConstraints(pattern=r"^(?:[/?].*)?$")] = Field(
        default="", description="After `url`, as in /v2/scores."
    )
    parameters: Mapping[str, Bindable] = Field(default_factory=dict[str, JsonValue])
    body: Bindable = Field(default=None, description="Sent as JSON by POST; left out: GET.")
    rows: Expression = Field(default="@", description="A list, or an object by key.")
    fields: Mapping[str, Expression] = Field(
        description="In a row; `period_start` and `value` are needed."
    )
    dimensions: Mapping[str, Expression] = Field(
        default_factory=dict[str, str], description="In a row; what breaks it down."
    )
    clock: Clock = Clock.ISO
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")
    paging: Paging | None = None

    @model_validator(mode="after")
    def _readable(self) -> Self:
        fields, legal = set(self.fields), OWN_COLUMNS - {"metric"}
        if not set(REQUIRED) <= fields <= legal or OWN_COLUMNS & set(self.dimensions):
            message = (
                f"`fields` needs {' and '.join(REQUIRED)}, and may have "
                f"{', '.join(sorted(legal - set(REQUIRED)))}; no dimension is called like one."
            )
            raise ValueError(message)
        return self


class JsonHttpSettings(WebSettings):
    """Where the server is and how it knows us, and the query of each metric."""

    api_key: Secret | None = Field(default=None, description="Instead of a token or a user.")
    api_key_header: str = Field(default="X-API-Key", description="In which the key is sent.")
    queries: Mapping[str, JsonQuery] = Field(min_length=1, description="By metric.")

    @model_validator(mode="after")
    def _one_way_to_be_known(self) -> Self:
        if self.api_key is not None and (self.token is not None or self.username is not None):
            message = "Give either `api_key`, or `token`, or `username` and `password`."
            raise ValueError(message)
        return self

    def auth(self, context: Context) -> httpx.Auth | None:
        """Tell the server who asks."""
        if self.api_key is not None:
            return ApiKey(context.secret("api_key"), header=self.api_key_header)
        return super().auth(context)


class JsonHttp(Connector[JsonHttpSettings]):
    """Sends each query as it is written, with the question's values bound into it."""

    info = ConnectorInfo(
        key="json-http",
        title="JSON over HTTP",
        version="1.0.0",
        settings=JsonHttpSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/json-http.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the rows of the metric's query that have exactly the asked dimensions."""
        query = request.chosen(self.settings.queries)
        require_columns(request.dimensions, query.dimensions)
        rows: list[Cells] = [row async for row in self._rows(query, request, context)]
        read = partial(_observations, rows, request, now=context.now())
        for observation in await context.blocking(read, weight=0):
            yield observation

    async def check(self, context: Context) -> None:
        """Ask one query for the running day, and find rows in the answer."""
        metric, query = min(self.settings.queries.items())
        day = period_of(context.now(), Grain.DAY, UTC_ZONE)
        request = PullRequest(
            metric=metric, window=day, grain=Grain.DAY, time_zone=UTC_ZONE, reason=PullReason.CHECK
        )
        await anext(self._rows(query, request, context), None)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a query."""
        del context
        return [
            MetricSpec(
                key=metric,
                title=metric,
                unit=query.unit,
                dimensions=tuple(sorted(query.dimensions)),
                parameters=RowParameters,
            )
            for metric, query in sorted(self.settings.queries.items())
        ]

    def _rows(
        self, query: JsonQuery, request: PullRequest, context: Context
    ) -> AsyncIterator[Cells]:
        """Walk the rows of all pages. A page's place is its address, of a posted query its body."""
        walk = _walk(query, self.settings.at(query.path), request)

        async def page(place: str) -> Page[Cells, str]:
            body = place if walk.is_posted else None
            response = await context.http.request(
                "POST" if walk.is_posted else "GET",
                walk.url if walk.is_posted else place,
                content=body,
                headers={"Content-Type": "application/json"} if walk.is_posted else None,
                auth=self.settings.auth(context),
                extensions=terms(repeatable=True),
            )
            read = partial(_read, query, response.content)
            content, rows = await context.blocking(read, weight=0)
            return rows, walk.after(place, response, content, count=len(rows))

        return pages(page, walk.first, identity=partial(json.dumps, sort_keys=True, default=str))


@hookimpl
def atlas_connectors() -> list[type[JsonHttp]]:
    """Bring the connector for JSON over HTTP."""
    return [JsonHttp]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The way through the pages of a query's answer, and how far it has come."""

    query: JsonQuery
    url: str
    body: str | None
    pages: int = 0
    rows: int = 0

    @property
    def is_posted(self) -> bool:
        return self.body is not None

    @property
    def first(self) -> str:
        """The place of the first page."""
        place, paging = self.url if self.body is None else self.body, self.query.paging
        return self._set(place, self._count(paging)) if paging and paging.counts else place

    def after(
        self, place: str, response: httpx.Response, content: object, *, count: int
    ) -> str | None:
        """Give the place of the page after this one of `count` rows; None where it is the last."""
        self.pages, self.rows = self.pages + 1, self.rows + count
        paging = self.query.paging
        if paging is None:
            return None
        if paging.counts:
            return self._set(place, self._count(paging)) if count else None
        found = _search(paging.next or paging.cursor or "", content)
        if paging.next:
            return next_link(response, None if found is None else str(found))
        return self._set(place, found) if found else None

    def _count(self, paging: Paging) -> int:
        return self.rows if paging.counts == "ROWS" else paging.first + self.pages

    def _set(self, place: str, value: object) -> str:
        """Set the parameter: of the body where there is one, else of the address."""
        name = self.query.paging.parameter if self.query.paging else None
        if self.is_posted:
            return json.dumps({**json.loads(place), str(name): value}, default=str)
        return str(httpx.URL(place).copy_set_param(str(name), str(value)))


def _bound(value: JsonValue, values: Mapping[str, str | int]) -> JsonValue:
    """Put the question's values where their names stand; a value never becomes part of a text."""
    match value:
        case str() if value.startswith(":"):
            return values[value[1:]]
        case list():
            return [_bound(each, values) for each in value]
        case dict():
            return {key: _bound(each, values) for key, each in value.items()}
        case _:
            return value


def _walk(query: JsonQuery, url: str, request: PullRequest) -> _Walk:
    """Begin a walk, with the question's values bound into the first request."""
    values = _values(request)
    parameters = {name: str(_bound(each, values)) for name, each in query.parameters.items()}
    return _Walk(
        query=query,
        url=str(httpx.URL(url).copy_merge_params(parameters)),
        body=None if query.body is None else json.dumps(_bound(query.body, values)),
    )


def _values(request: PullRequest) -> dict[str, str | int]:
    start, end = epoch_of(request.window.start), epoch_of(request.window.end)
    values = {
        name: each if isinstance(each, str) else each.isoformat()
        for name, each in bound_values(request).items()
    }
    return {**values, "start_seconds": start, "end_seconds": end}


def _search(expression: str, value: object) -> object:
    try:
        found: object = jmespath.search(expression, value)
    except JMESPathError as error:
        message = f"{expression!r} can't be found in the answer: {' '.join(str(error).split())}."
        raise DataError(message) from error
    return found


def _found(expression: str, content: object) -> list[object]:
    """Give the rows of a page; the entries of an object have their `key` and `value`."""
    found = _search(expression, content)
    if isinstance(found, list):
        return cast("list[object]", found)  # of JSON
    if isinstance(found, dict):
        entries = cast("dict[str, object]", found)  # of JSON
        return [{"key": key, "value": value} for key, value in entries.items()]
    told = "nothing" if found is None else f"a {type(found).__name__}"
    message = f"The answer has {told} at {expression!r}; a list or an object is expected."
    raise DataError(message)


def _observations(rows: list[Cells], request: PullRequest, *, now: datetime) -> list[Observation]:
    reader = RowReader(request=request, now=now, number=read_number)
    return reader.answer(
        NumberedRow(request.metric, number, cells) for number, cells in enumerate(rows, start=1)
    )


def _read(query: JsonQuery, body: bytes) -> tuple[object, list[Cells]]:
    """Read a page: all of it, and the cells of each of its rows."""
    content = read_json(body)
    names = [*query.fields, *query.dimensions]
    # One expression for all of a row's cells: it is found four times as fast as cell by cell.
    places = f"[{', '.join([*query.fields.values(), *query.dimensions.values()])}]"
    return content, [
        _cells(names, _search(places, row), query) for row in _found(query.rows, content)
    ]


def _cells(names: Sequence[str], found: object, query: JsonQuery) -> Cells:
    values = cast("list[object]", found) if found else [None] * len(names)  # a list; None: no row
    cells = dict(zip(names, values, strict=True))
    if query.clock is not Clock.ISO:
        for name in {"period_start", "period_end"} & set(cells):
            cells[name] = _moment(cells[name], query.clock)
    return cells


def _moment(cell: object, clock: Clock) -> datetime | None:
    number = read_number(cell)
    if number is None:
        return None
    return moment_at(number if clock is Clock.SECONDS else number.scaleb(-3))
