"""BigQuery's jobs.query and jobs.getQueryResults, as the discovery document of the API tells them.

A job is done at the second look. Refuses the old SQL that is the default, unknown fields, marks
without a parameter, a query above `maximumBytesBilled`, and a location that isn't the job's.
Numbers are texts; so are moments, in seconds or, when asked for, microseconds.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake
from tests.vendors.google import NARROW, Login, refused
from tests.vendors.tables import Answer, Kind, Lay, run

Json = dict[str, Any]  # Any: JSON

PROJECT: Final = "bank-data"
SCOPES: Final = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("bigquery", "cloud-platform", "cloud-platform.read-only")
)
FIELDS: Final = frozenset(
    {
        *("query", "useLegacySql", "parameterMode", "queryParameters", "timeoutMs", "maxResults"),
        *("maximumBytesBilled", "dryRun", "requestId", "location", "labels", "useQueryCache"),
        *("formatOptions", "defaultDataset", "jobTimeoutMs"),
    }
)
PARAMETERS: Final = frozenset(
    {
        *("location", "pageToken", "maxResults", "timeoutMs", "startIndex"),
        *("formatOptions.useInt64Timestamp", "formatOptions.timestampOutputFormat"),
    }
)
_TYPES: Final = {
    Kind.WHOLE: "INTEGER",
    Kind.FLOAT: "FLOAT",
    Kind.DECIMAL: "NUMERIC",
    Kind.DAY: "DATE",
    Kind.MOMENT: "TIMESTAMP",
    Kind.LOCAL: "DATETIME",
    Kind.TEXT: "STRING",
}


@dataclass(slots=True, kw_only=True)
class Job:
    """A query that was begun."""

    answer: Answer
    looks: int


@dataclass(slots=True, kw_only=True)
class BigQuery(Fake):
    """A project; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    lay: Lay
    location: str = "EU"
    looks: int = 1
    """How often a job is looked at before it is done; 0: the first answer has it all."""
    page: int = 1_000
    bytes: int = 10_485_760
    """What each query would bill."""
    trouble: tuple[int, str, str] | None = None
    """A status, a reason and a message with which every query is refused."""
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    asked: list[Json] = field(default_factory=list[Json])
    login: Login = field(init=False)

    def __post_init__(self) -> None:
        self.login = Login(now=self.now, scopes=SCOPES)

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        queries = "/bigquery/v2/projects/{project}/queries"
        return [
            self.login.route,
            Route(queries, self._query, methods=["POST"]),
            Route(f"{queries}/{{job}}", self._results),
        ]

    async def _query(self, request: Request) -> Response:
        self._admit(request)
        asked: Json = json.loads(await request.body())
        self.asked.append(asked)
        if unknown := set(asked) - FIELDS:
            raise refused(400, "invalid", f"Unknown name {min(unknown)!r}.")
        if self.trouble:
            raise refused(*self.trouble)
        answer = self._answer(asked)
        job = (
            f"job_{sha256(json.dumps(asked).encode()).hexdigest()[:20]}"  # equal for equal queries
        )
        if asked.get("dryRun"):
            told = {"totalBytesProcessed": str(self.bytes), "jobComplete": True}
            return JSONResponse({"kind": "bigquery#queryResponse", "schema": {}, **told})
        self.jobs[job] = Job(answer=answer, looks=self.looks)
        options: Json = asked.get("formatOptions", {})
        return self._told(
            job, self.jobs[job], 0, in_microseconds=bool(options.get("useInt64Timestamp"))
        )

    def _answer(self, asked: Json) -> Answer:
        if asked.get("useLegacySql", True):
            message = 'Encountered " "FROM" "FROM "" at line 1: legacy SQL has no parameters.'
            raise refused(400, "invalidQuery", message)
        if int(asked.get("maximumBytesBilled", self.bytes)) < self.bytes:
            message = f"Query exceeded limit for bytes billed. {self.bytes} or higher required."
            raise refused(400, "bytesBilledLimitExceeded", message)
        bound = {one["name"]: _bound(one) for one in asked.get("queryParameters", ())}
        for name in re.findall(r"@(\w+)", asked["query"]):
            if asked.get("parameterMode") != "NAMED" or name not in bound:
                raise refused(400, "invalidQuery", f"Query parameter '{name}' not found.")
        try:
            return run(self.lay, asked["query"], bound)
        except sqlite3.Error as error:
            raise refused(400, "invalidQuery", f"Syntax error: {error}") from error

    async def _results(self, request: Request) -> Response:
        self._admit(request)
        asked = request.query_params
        if not set(asked) <= PARAMETERS:
            raise refused(400, "invalid", "Unknown query parameter.")
        job = self.jobs.get(request.path_params["job"])
        if job is None or asked.get("location", "US") != self.location:
            raise refused(404, "notFound", "Not found: Job")
        in_microseconds = asked.get("formatOptions.useInt64Timestamp") == "true"
        first = int(asked.get("pageToken", "0"))
        name = request.path_params["job"]
        return self._told(name, job, first, in_microseconds=in_microseconds)

    def _told(self, name: str, job: Job, first: int, *, in_microseconds: bool) -> Response:
        reference = {"projectId": PROJECT, "jobId": name, "location": self.location}
        told: Json = {"kind": "bigquery#queryResponse", "jobReference": reference}
        if job.looks > 0:
            job.looks -= 1
            return JSONResponse({**told, "jobComplete": False})
        columns, rows = job.answer.columns, job.answer.rows
        kinds = [kind for _, kind in columns]
        told |= {
            "schema": {
                "fields": [
                    {"name": name, "type": _TYPES[kind], "mode": "NULLABLE"}
                    for name, kind in columns
                ]
            },
            "totalRows": str(len(rows)),
            "totalBytesProcessed": str(self.bytes),
            "cacheHit": False,
            "jobComplete": True,
        }
        if found := rows[first : first + self.page]:
            told["rows"] = [_row(row, kinds, in_microseconds=in_microseconds) for row in found]
        if first + self.page < len(rows):
            told["pageToken"] = str(first + self.page)
        return JSONResponse(told)

    def _admit(self, request: Request) -> None:
        account = self.login.admit(request)
        if account == NARROW or request.path_params["project"] != PROJECT:
            message = f"Access Denied: Project {PROJECT}: no permission bigquery.jobs.create"
            raise refused(403, "accessDenied", message)


def _bound(parameter: Json) -> str:
    """Give a parameter's value, which must be one of its type."""
    kind, value = parameter["parameterType"]["type"], parameter["parameterValue"]["value"]
    if kind not in ("STRING", "DATE", "TIMESTAMP") or (
        kind == "TIMESTAMP" and datetime.fromisoformat(value).tzinfo is None
    ):
        raise refused(400, "invalid", f"Invalid value for type {kind}.")
    return str(value)


def _row(row: Sequence[object], kinds: Sequence[Kind], *, in_microseconds: bool) -> Json:
    cells = [
        _moment(str(cell), in_microseconds=in_microseconds)
        if kind is Kind.MOMENT and cell is not None
        else cell
        for cell, kind in zip(row, kinds, strict=True)
    ]
    return {"f": [{"v": None if cell is None else str(cell)} for cell in cells]}


def _moment(cell: str, *, in_microseconds: bool) -> str:
    seconds = datetime.fromisoformat(cell).timestamp()
    return str(round(seconds * 1_000_000)) if in_microseconds else f"{seconds:.9E}"
