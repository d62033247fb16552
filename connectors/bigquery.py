"""BigQuery: one SELECT a metric, run as a job that costs no more than is allowed.

How times are read, and what is not known, is told in docs/connectors/bigquery.md.
"""

from datetime import datetime, timedelta
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
    hookimpl,
    parse_decimal,
)
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.google_errors import REFUSALS, require_answer
from journey_atlas_sdk.moments import moment_at
from journey_atlas_sdk.oauth import GoogleKey, google
from journey_atlas_sdk.paging import Page
from journey_atlas_sdk.queries import Column, Statement
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.warehouses import Cells, Table, Warehouse, WarehouseSettings, forgotten
from journey_atlas_sdk.web import WebAddress

_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform.read-only"
_LOOK_AGAIN: Final = timedelta(seconds=5)


class BigQuerySettings(WarehouseSettings):
    """The project that runs the queries, who asks, and the query of each metric."""

    key: GoogleKey
    project: Annotated[str, Field(pattern=r"^[a-z0-9.:-]+$")] = Field(
        description="The id of the project that runs the queries, and pays for them."
    )
    location: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = Field(
        default=None, description="As in `EU`; left out: BigQuery tells it by the tables."
    )
    url: WebAddress = Field(
        default="https://bigquery.googleapis.com", description="The service's own."
    )
    max_bytes_billed: Annotated[int, Field(ge=1)] = Field(
        default=10_000_000_000, description="A query that would bill more is not run."
    )


class BigQuery(Warehouse[BigQuerySettings]):
    """Runs a query as a job, looks again while it takes long, and reads it page by page."""

    info = ConnectorInfo(
        key="bigquery",
        title="BigQuery",
        version="1.0.0",
        settings=BigQuerySettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=300, seconds=3_600, concurrency=10),),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/bigquery.md",
    )

    def mark(self, name: str) -> str:
        """Write @name."""
        return f"@{name}"

    async def begin(self, statement: Statement, context: Context) -> Table | Pending:
        """Begin a job; where it has to be begun twice, BigQuery's cache has the answer."""
        auth = self._auth(context)
        body = await self._post(self._query(statement), context, auth=auth)
        return self._told(read_model(body, _Answer), context, auth=auth)

    async def go_on(self, resume: str, context: Context) -> Table | Pending:
        """Look at a job again."""
        auth, job = self._auth(context), read_model(resume.encode(), _Job)
        return self._told(await self._get(job, {}, context, auth=auth), context, auth=auth)

    async def check(self, context: Context) -> None:
        """Have a query looked at that is not run, and costs nothing."""
        asked = {**self._query(Statement("SELECT 1")), "dryRun": True}
        read_model(await self._post(asked, context, auth=self._auth(context)), _LookedAt)

    def budget_key(self) -> str:
        """Name the project: its requests are counted together."""
        return f"bigquery:{self.settings.project}"

    def _auth(self, context: Context) -> httpx.Auth:
        return google(context, context.secret("key"), _SCOPE)

    def _query(self, statement: Statement) -> dict[str, object]:
        given = {bound.name: bound for bound in statement.bound}
        place = {"location": self.settings.location} if self.settings.location else {}
        return {
            "query": statement.text,
            "useLegacySql": False,
            "parameterMode": "NAMED",
            "queryParameters": [
                {
                    "name": bound.name,
                    "parameterType": {"type": bound.kind},
                    "parameterValue": {"value": bound.text},
                }
                for bound in given.values()
            ],
            "maximumBytesBilled": str(self.settings.max_bytes_billed),
            "formatOptions": {"useInt64Timestamp": True},
            **place,
        }

    def _told(self, answer: "_Answer", context: Context, *, auth: httpx.Auth) -> Table | Pending:
        if not answer.is_complete:
            return Pending(resume=answer.job.model_dump_json(), retry_after=_LOOK_AGAIN)

        async def fetch(token: str) -> Page[Cells, str]:
            page = await self._get(answer.job, {"pageToken": token}, context, auth=auth)
            return page.cells, page.token or None

        columns = [Column(field.name, _READ.get(field.type, str)) for field in answer.fields]
        count, rows, token = answer.count, answer.cells, answer.token or None
        return Table(columns=columns, count=count, rows=rows, next=token, fetch=fetch)

    async def _post(self, asked: dict[str, object], context: Context, *, auth: httpx.Auth) -> bytes:
        how = terms(expect=REFUSALS, repeatable=True)
        response = await context.http.post(self._url(), json=asked, auth=auth, extensions=how)
        require_answer(response, "BigQuery")
        return response.content

    async def _get(
        self, job: "_Job", page: dict[str, str], context: Context, *, auth: httpx.Auth
    ) -> "_Answer":
        place = {"location": job.location} if job.location else {}
        given = {"formatOptions.useInt64Timestamp": "true", **place, **page}
        url, how = f"{self._url()}/{job.id}", terms(expect=REFUSALS)
        response = await context.http.get(url, params=given, auth=auth, extensions=how)
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise forgotten(self.info)
        require_answer(response, "BigQuery")
        return read_model(response.content, _Answer)

    def _url(self) -> str:
        return self.settings.at(f"/bigquery/v2/projects/{self.settings.project}/queries")


@hookimpl
def atlas_connectors() -> list[type[BigQuery]]:
    """Bring the BigQuery connector."""
    return [BigQuery]


class _Job(BaseModel):
    """What is needed to go on: which job, and where it runs."""

    id: Annotated[
        str, Field(validation_alias=AliasChoices("jobId", "id"), pattern=r"^[A-Za-z0-9_-]+$")
    ]
    location: str | None = None


class _Field(BaseModel):
    name: str
    type: str


class _Cell(BaseModel):
    v: str | None


class _Row(BaseModel):
    f: list[_Cell]


class _Answer(BaseModel):
    """What a job has answered so far; numbers too are texts."""

    is_complete: Annotated[bool, Field(validation_alias="jobComplete")]
    job: Annotated[_Job, Field(validation_alias="jobReference")]
    fields: Annotated[list[_Field], Field(validation_alias=AliasPath("schema", "fields"))] = []
    rows: list[_Row] = []
    count: Annotated[int, Field(validation_alias="totalRows")] = 0
    token: Annotated[str | None, Field(validation_alias="pageToken")] = None

    @property
    def cells(self) -> list[list[str | None]]:
        """The rows of this page."""
        return [[cell.v for cell in row.f] for row in self.rows]


class _LookedAt(BaseModel):
    bytes: Annotated[int, Field(validation_alias="totalBytesProcessed")]


def _moment(cell: str) -> datetime:
    """Read a TIMESTAMP: microseconds since 1970."""
    return moment_at((parse_decimal(cell) or Decimal(0)).scaleb(-6))


_READ: Final = {"TIMESTAMP": _moment}
