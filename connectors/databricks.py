"""Databricks: one SELECT a metric, through the SQL Statement Execution API.

How times are read, and what is not known, is told in docs/connectors/databricks.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal

from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    Pending,
    Secret,
    TransientError,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.paging import Page
from journey_atlas_sdk.queries import Column, Statement, kind_of
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.warehouses import Cells, Table, Warehouse, WarehouseSettings, forgotten

_BUSY: Final = frozenset(
    {"RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "DEADLINE_EXCEEDED"}
)
_LOOK_AGAIN: Final = timedelta(seconds=5)
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})


class DatabricksSettings(WarehouseSettings):
    """The workspace and its warehouse, who asks, and the query of each metric.

    `url` is https://WORKSPACE.cloud.databricks.com, or as your cloud has it.
    """

    token: Secret = Field(description="A personal access token of a service principal.")
    warehouse: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")] = Field(
        description="The id of a SQL warehouse: the end of its HTTP path."
    )


class Databricks(Warehouse[DatabricksSettings]):
    """Sends a statement, looks again while it lasts, and reads its chunks one by one."""

    info = ConnectorInfo(
        key="databricks",
        title="Databricks SQL",
        version="1.0.0",
        settings=DatabricksSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=600, seconds=3_600, concurrency=10),),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/databricks.md",
    )

    async def begin(self, statement: Statement, context: Context) -> Table | Pending:
        """Send a statement: Databricks answers when it is done, or after half a minute."""
        asked = {
            "warehouse_id": self.settings.warehouse,
            "statement": statement.text,
            "parameters": [
                {"name": bound.name, "type": bound.kind, "value": bound.text}
                for bound in {one.name: one for one in statement.bound}.values()
            ],
            "wait_timeout": "30s",
            "on_wait_timeout": "CONTINUE",
            "format": "JSON_ARRAY",
            "disposition": "INLINE",
        }
        return self._told(await self._send("POST", "", context, asked), context)

    async def go_on(self, resume: str, context: Context) -> Table | Pending:
        """Look at a statement again."""
        begun = read_model(resume.encode(), _Begun)
        return self._told(await self._send("GET", f"/{begun.statement_id}", context), context)

    def _told(self, body: bytes, context: Context) -> Table | Pending:
        begun = read_model(body, _Begun)
        if begun.state in ("PENDING", "RUNNING"):
            resume = begun.model_dump_json(include={"statement_id"})
            return Pending(resume=resume, retry_after=_LOOK_AGAIN)
        begun.require_success()
        answer = read_model(body, _Answer)
        if answer.is_truncated:
            message = "Databricks cut the answer short; ask for fewer rows."
            raise DataError(message)

        async def fetch(chunk: str) -> Page[Cells, str]:
            path = f"/{begun.statement_id}/result/chunks/{chunk}"
            found = read_model(await self._send("GET", path, context), _Chunk)
            return found.data_array, found.next

        columns = [Column(each.name, _READ.get(each.type_name, str)) for each in answer.columns]
        count, rows, first = answer.count, answer.result.data_array, answer.result.next
        return Table(columns=columns, count=count, rows=rows, next=first, fetch=fetch)

    async def _send(self, method: str, path: str, context: Context, asked: object = None) -> bytes:
        response = await context.http.request(
            method,
            self.settings.at(f"/api/2.0/sql/statements{path}"),
            json=asked,
            auth=Bearer(context.secret("token")),
            extensions=terms(expect=_REFUSALS, repeatable=True),
        )
        if response.status_code == HTTPStatus.NOT_FOUND and path:
            raise forgotten(self.info)
        if response.status_code in _REFUSALS:
            refusal = read_model(response.content, _Error)
            raise ConfigError(says("Databricks", refusal.message))
        return response.content


@hookimpl
def atlas_connectors() -> list[type[Databricks]]:
    """Bring the Databricks connector."""
    return [Databricks]


class _Error(BaseModel):
    error_code: str = ""
    message: str = "no reason given"


class _Begun(BaseModel):
    """A statement, and what became of it; the first field is what is needed to go on."""

    statement_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
    state: Annotated[
        Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED"],
        Field(validation_alias=AliasPath("status", "state")),
    ] = "PENDING"
    error: Annotated[_Error, Field(validation_alias=AliasPath("status", "error"))] = _Error()
    sqlstate: Annotated[str, Field(validation_alias=AliasPath("status", "sql_state"))] = ""

    def require_success(self) -> None:
        """Raise what a failure stands for, which Databricks tells with the status 200."""
        if self.state == "SUCCEEDED":
            return
        if self.state != "FAILED":
            message = f"Somebody ended the query at Databricks: it is {self.state}."
            raise TransientError(message)
        is_busy = self.error.error_code in _BUSY
        kind = TransientError if is_busy else kind_of(self.sqlstate)
        raise kind(says("Databricks", self.error.message))


class _Type(BaseModel):
    name: str
    type_name: str


class _Chunk(BaseModel):
    data_array: list[list[str | None]] = []
    next_chunk_index: int | None = None

    @property
    def next(self) -> str | None:
        """Name the next chunk; None after the last."""
        return None if self.next_chunk_index is None else str(self.next_chunk_index)


class _Answer(BaseModel):
    """A statement's answer, with its first chunk; all cells are texts."""

    columns: Annotated[
        list[_Type], Field(validation_alias=AliasPath("manifest", "schema", "columns"))
    ]
    count: Annotated[int, Field(validation_alias=AliasPath("manifest", "total_row_count"))]
    is_truncated: Annotated[bool, Field(validation_alias=AliasPath("manifest", "truncated"))] = (
        False
    )
    result: _Chunk = _Chunk()


def _moment(cell: str) -> str:
    """Give a TIMESTAMP as it is; DataError where it doesn't say of which zone it is."""
    try:
        has_offset = datetime.fromisoformat(cell).tzinfo is not None
    except ValueError:
        has_offset = False
    if not has_offset:
        message = f"A TIMESTAMP comes without an offset: {cell!r:.60}."
        raise DataError(message)
    return cell


_READ: Final[Mapping[str, Callable[[str], object]]] = {"TIMESTAMP": _moment}
