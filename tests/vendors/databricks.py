"""Databricks' SQL Statement Execution API, as the vendor's SDK tells it.

A statement is done at the second look. All cells are texts; a failed statement is a 200 with the
state FAILED. Refuses unknown fields and warehouses, a wait that isn't 0 or 5 to 50 seconds, marks
without a parameter, and values that are none of their type.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from tests.vendors.tables import Answer, Kind, Lay, run

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "dapi-canary-8d20"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "dapi-narrow-8d20"
"""The token of somebody who may not use the warehouse."""

WAREHOUSE: Final = "e81ef9b87c81edf1"
FIELDS: Final = frozenset(
    {
        *("warehouse_id", "statement", "parameters", "wait_timeout", "on_wait_timeout", "format"),
        *("disposition", "row_limit", "byte_limit", "catalog", "schema", "query_tags"),
    }
)
_TYPES: Final = {
    Kind.WHOLE: "LONG",
    Kind.FLOAT: "DOUBLE",
    Kind.DECIMAL: "DECIMAL",
    Kind.DAY: "DATE",
    Kind.MOMENT: "TIMESTAMP",
    Kind.LOCAL: "TIMESTAMP_NTZ",
    Kind.TEXT: "STRING",
}


@dataclass(slots=True, kw_only=True)
class Begun:
    """A statement that was sent; `failure` is what its status says besides FAILED."""

    answer: Answer
    looks: int
    failure: Json | None = None


@dataclass(slots=True, kw_only=True)
class Databricks(Fake):
    """A workspace; what a test changes in it holds from the next request on."""

    lay: Lay
    looks: int = 1
    """How often a statement is looked at before it is done; 0: the first answer has it all."""
    chunk: int = 1_000
    is_truncated: bool = False
    state: str = "SUCCEEDED"
    """What becomes of every statement that can be run."""
    failure: Json | None = None
    statements: dict[str, Begun] = field(default_factory=dict[str, Begun])
    asked: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        statements = "/api/2.0/sql/statements"
        return [
            Route(statements, self._execute, methods=["POST"]),
            Route(f"{statements}/{{id}}", self._look),
            Route(f"{statements}/{{id}}/result/chunks/{{chunk:int}}", self._chunk),
        ]

    async def _execute(self, request: Request) -> Response:
        self._admit(request)
        asked: Json = json.loads(await request.body())
        self.asked.append(asked)
        seconds = int(asked.get("wait_timeout", "10s").removesuffix("s"))
        if not set(asked) <= FIELDS or (seconds != 0 and not 5 <= seconds <= 50):
            raise _refused(400, "INVALID_PARAMETER_VALUE", "The request is malformed.")
        if asked.get("warehouse_id") != WAREHOUSE:
            raise _refused(404, "RESOURCE_DOES_NOT_EXIST", "The warehouse was not found.")
        statement = f"01ef-{sha256(json.dumps(asked).encode()).hexdigest()[:12]}"
        self.statements[statement] = self._begun(asked)
        return self._told(statement)

    def _begun(self, asked: Json) -> Begun:
        bound = {one["name"]: _bound(one) for one in asked.get("parameters", ())}
        for name in re.findall(r":(\w+)", re.sub(r"'[^']*'|::", "", asked["statement"])):
            if name not in bound:
                return _failed("42P02", f"[UNBOUND_SQL_PARAMETER] Found the parameter {name}.")
        try:
            answer = run(self.lay, asked["statement"], bound)
        except sqlite3.Error as error:
            return _failed("42601", f"[PARSE_SYNTAX_ERROR] {error}")
        return Begun(answer=answer, looks=self.looks, failure=self.failure)

    async def _look(self, request: Request) -> Response:
        self._admit(request)
        return self._told(request.path_params["id"])

    async def _chunk(self, request: Request) -> Response:
        self._admit(request)
        begun = self._known(request.path_params["id"])
        return JSONResponse(self._rows(begun.answer, request.path_params["chunk"]))

    def _known(self, statement: str) -> Begun:
        if statement not in self.statements:
            raise _refused(404, "RESOURCE_DOES_NOT_EXIST", "The statement was not found.")
        return self.statements[statement]

    def _told(self, statement: str) -> Response:
        begun = self._known(statement)
        if begun.looks > 0:
            begun.looks -= 1
            state = {"state": "PENDING" if begun.looks else "RUNNING"}
            return JSONResponse({"statement_id": statement, "status": state})
        if begun.failure is not None:
            status = {"state": "FAILED", **begun.failure}
            return JSONResponse({"statement_id": statement, "status": status})
        if self.state != "SUCCEEDED":
            return JSONResponse({"statement_id": statement, "status": {"state": self.state}})
        rows, columns = begun.answer.rows, begun.answer.columns
        manifest = {
            "format": "JSON_ARRAY",
            "schema": {
                "column_count": len(columns),
                "columns": [
                    {"name": name, "type_name": _TYPES[kind], "position": position}
                    for position, (name, kind) in enumerate(columns)
                ],
            },
            "total_row_count": len(rows),
            "total_chunk_count": -(-len(rows) // self.chunk),
            "truncated": self.is_truncated,
        }
        told = {"statement_id": statement, "status": {"state": "SUCCEEDED"}, "manifest": manifest}
        return JSONResponse({**told, "result": self._rows(begun.answer, 0)})

    def _rows(self, answer: Answer, chunk: int) -> Json:
        kinds = [kind for _, kind in answer.columns]
        first = chunk * self.chunk
        found = answer.rows[first : first + self.chunk]
        if not found:
            return {}
        told: Json = {
            "chunk_index": chunk,
            "row_offset": first,
            "row_count": len(found),
            "data_array": [
                [_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in found
            ],
        }
        if first + self.chunk < len(answer.rows):
            told["next_chunk_index"] = chunk + 1
        return told

    @staticmethod
    def _admit(request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token == NARROW:
            raise _refused(403, "PERMISSION_DENIED", "You are not allowed to use the warehouse.")
        if token != TOKEN:
            raise _refused(401, "UNAUTHENTICATED", "Credential was not sent or was invalid.")


def _failed(sqlstate: str, message: str) -> Begun:
    error = {"error_code": "BAD_REQUEST", "message": message}
    return Begun(answer=Answer([], []), looks=0, failure={"error": error, "sql_state": sqlstate})


def _bound(parameter: Json) -> str:
    """Give a parameter's value, which must be one of its type."""
    kind, value = parameter.get("type", "STRING"), str(parameter["value"])
    reads: dict[str, Callable[[str], object]] = {
        "STRING": str,
        "DATE": date.fromisoformat,
        "TIMESTAMP": datetime.fromisoformat,
    }
    reads[kind](value)
    return value


def _cell(cell: object, kind: Kind) -> str | None:
    if kind is Kind.MOMENT and cell is not None:
        moment = datetime.fromisoformat(str(cell)).astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
    return None if cell is None else str(cell)


def _refused(status: int, code: str, message: str) -> Refused:
    return Refused(JSONResponse({"error_code": code, "message": message}, status))
