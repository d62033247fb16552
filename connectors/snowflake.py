"""Snowflake: one SELECT a metric, through the SQL API.

How times are bound and read, and what is not known, is told in docs/connectors/snowflake.md.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Final

import httpx
from pydantic import AliasChoices, AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    Limit,
    Pending,
    Secret,
    TransientError,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.moments import moment_at
from journey_atlas_sdk.paging import Page
from journey_atlas_sdk.queries import Column, Statement, kind_of
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.warehouses import Cells, Table, Warehouse, WarehouseSettings, forgotten

_LOOK_AGAIN: Final = timedelta(seconds=5)
_LATE: Final = HTTPStatus.REQUEST_TIMEOUT
_STOPPED: Final = frozenset({_LATE, HTTPStatus.UNPROCESSABLE_ENTITY})
_EXPECTED: Final = _STOPPED | {HTTPStatus.ACCEPTED, HTTPStatus.NOT_FOUND}
_EPOCH: Final = date(1970, 1, 1)
_DAYS: Final = re.compile(r"-?[0-9]{1,6}")
_SECONDS: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class SnowflakeSettings(WarehouseSettings):
    """The account, who asks and where, and the query of each metric.

    `url` is https://ORGANIZATION-ACCOUNT.snowflakecomputing.com.
    """

    token: Secret = Field(description="A programmatic access token of a user of the type SERVICE.")
    warehouse: str | None = Field(default=None, description="Left out: the user's default.")
    role: str | None = Field(default=None, description="One that may only read; the same.")
    timeout_seconds: Annotated[int, Field(ge=1, le=3_600)] = Field(
        default=300, description="Snowflake stops a statement that lasts longer."
    )


class Snowflake(Warehouse[SnowflakeSettings]):
    """Sends a statement, looks again while it lasts, and reads its partitions one by one."""

    info = ConnectorInfo(
        key="snowflake",
        title="Snowflake",
        version="1.0.0",
        settings=SnowflakeSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=600, seconds=3_600, concurrency=10),),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/snowflake.md",
    )

    def mark(self, name: str) -> str:
        """Write ?, for whatever name."""
        del name
        return "?"

    async def begin(self, statement: Statement, context: Context) -> Table | Pending:
        """Send a statement: Snowflake answers when it is done, or after 45 seconds."""
        where = {"warehouse": self.settings.warehouse, "role": self.settings.role}
        asked = {
            "statement": statement.text,
            "timeout": self.settings.timeout_seconds,
            "bindings": {
                str(place): {"type": "TEXT", "value": bound.text}
                for place, bound in enumerate(statement.bound, start=1)
            },
            "parameters": {"timezone": "UTC", "query_tag": "journey-atlas"},
            **{name: value for name, value in where.items() if value is not None},
        }
        return self._told(await self._send("POST", "?nullable=true", context, asked), context)

    async def go_on(self, resume: str, context: Context) -> Table | Pending:
        """Look at a statement again."""
        handle = read_model(resume.encode(), _Begun).handle
        return self._told(await self._send("GET", f"/{handle}", context), context)

    def _told(self, response: httpx.Response, context: Context) -> Table | Pending:
        begun = read_model(response.content, _Begun)
        if response.status_code == HTTPStatus.ACCEPTED:
            return Pending(resume=begun.model_dump_json(), retry_after=_LOOK_AGAIN)
        answer = read_model(response.content, _Answer)

        async def fetch(partition: str) -> Page[Cells, str]:
            path = f"/{begun.handle}?partition={partition}"
            page = await self._send("GET", path, context)
            return read_model(page.content, _Partition).data, answer.after(int(partition))

        columns = [Column(each.name, _READ.get(each.type.upper(), str)) for each in answer.types]
        count, rows, first = answer.count, answer.data, answer.after(0)
        return Table(columns=columns, count=count, rows=rows, next=first, fetch=fetch)

    async def _send(
        self, method: str, path: str, context: Context, asked: object = None
    ) -> httpx.Response:
        response = await context.http.request(
            method,
            self.settings.at(f"/api/v2/statements{path}"),
            json=asked,
            auth=Bearer(context.secret("token")),
            headers={
                "Accept": "application/json",
                "User-Agent": "JourneyAtlas/1.0",
                "X-Snowflake-Authorization-Token-Type": "PROGRAMMATIC_ACCESS_TOKEN",
            },
            extensions=terms(expect=_EXPECTED, repeatable=True),
        )
        if response.status_code == HTTPStatus.NOT_FOUND and method == "GET":
            raise forgotten(self.info)
        if response.status_code in _STOPPED:
            failure = read_model(response.content, _Failure)
            kind = TransientError if response.status_code == _LATE else kind_of(failure.sqlstate)
            raise kind(says("Snowflake", failure.message))
        return response.raise_for_status()


@hookimpl
def atlas_connectors() -> list[type[Snowflake]]:
    """Bring the Snowflake connector."""
    return [Snowflake]


class _Begun(BaseModel):
    """What is needed to go on: which statement."""

    handle: Annotated[
        str,
        Field(
            validation_alias=AliasChoices("statementHandle", "handle"), pattern=r"^[A-Za-z0-9-]+$"
        ),
    ]


class _Type(BaseModel):
    name: str
    type: str


class _Partition(BaseModel):
    data: list[list[str | None]]


class _Answer(_Partition):
    """A statement's answer: its first partition, and what the others hold; all cells are texts."""

    count: Annotated[int, Field(validation_alias=AliasPath("resultSetMetaData", "numRows"))]
    types: Annotated[list[_Type], Field(validation_alias=AliasPath("resultSetMetaData", "rowType"))]
    parts: Annotated[
        list[object], Field(validation_alias=AliasPath("resultSetMetaData", "partitionInfo"))
    ] = []

    def after(self, partition: int) -> str | None:
        """Name the partition after one; None after the last."""
        return str(partition + 1) if partition + 1 < len(self.parts) else None


class _Failure(BaseModel):
    message: str
    sqlstate: Annotated[str, Field(validation_alias="sqlState")] = ""


def _day(cell: str) -> date | str:
    """Read a DATE: days since 1970, or as the account writes it."""
    return _EPOCH + timedelta(days=int(cell)) if _DAYS.fullmatch(cell) else cell


def _moment(cell: str) -> datetime | str:
    """Read a moment: seconds since 1970, with an offset behind it, or as the account writes it."""
    seconds, _, _ = cell.partition(" ")
    return moment_at(Decimal(seconds)) if _SECONDS.fullmatch(seconds) else cell


def _local(cell: str) -> datetime | str:
    """Read a time without a zone, told as if it were UTC's."""
    moment = _moment(cell)
    return moment if isinstance(moment, str) else moment.replace(tzinfo=None)


_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "DATE": _day,
    "TIMESTAMP_NTZ": _local,
    "TIMESTAMP_LTZ": _moment,
    "TIMESTAMP_TZ": _moment,
}
