"""Snowflake's SQL API v2, as the vendor's OpenAPI document tells it.

A statement is done at the second look; until then the answer is a 202. All cells are texts: a day
counts days, a moment seconds since 1970. Refuses a token without its type, unknown fields, and
other bindings than there are marks. NULL is the text "null" unless `nullable` is asked for.
"""

import json
import sqlite3
from collections.abc import Sequence
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

TOKEN: Final = "pat-canary-5e1b"  # noqa: S105 -- of a service that lives for a test
ROLE: Final = "ATLAS_READER"
TOKEN_TYPES: Final = frozenset({"KEYPAIR_JWT", "OAUTH", "PROGRAMMATIC_ACCESS_TOKEN"})
FIELDS: Final = frozenset(
    {
        *("statement", "timeout", "database", "schema", "warehouse", "role"),
        *("bindings", "parameters"),
    }
)
_TYPES: Final = {
    Kind.WHOLE: "FIXED",
    Kind.FLOAT: "REAL",
    Kind.DECIMAL: "FIXED",
    Kind.DAY: "DATE",
    Kind.MOMENT: "TIMESTAMP_TZ",
    Kind.LOCAL: "TIMESTAMP_NTZ",
    Kind.TEXT: "TEXT",
}


@dataclass(slots=True, kw_only=True)
class Begun:
    """A statement that was sent."""

    answer: Answer
    looks: int
    is_nullable: bool


@dataclass(slots=True, kw_only=True)
class Snowflake(Fake):
    """An account; what a test changes in it holds from the next request on."""

    lay: Lay
    looks: int = 1
    """How often a statement is looked at before it is done; 0: the first answer has it all."""
    partition: int = 1_000
    trouble: tuple[int, Json] | None = None
    """A status and a body with which every statement is refused."""
    statements: dict[str, Begun] = field(default_factory=dict[str, Begun])
    asked: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/api/v2/statements", self._submit, methods=["POST"]),
            Route("/api/v2/statements/{handle}", self._look),
        ]

    async def _submit(self, request: Request) -> Response:
        self._admit(request, {"requestId", "async", "nullable"})
        asked: Json = json.loads(await request.body())
        self.asked.append(asked)
        if not set(asked) <= FIELDS:
            raise _refused(400, "391911", "Unknown field.")
        if asked.get("role", ROLE) != ROLE:
            raise _refused(403, "390189", "The role is not granted to this user.")
        if self.trouble:
            raise Refused(JSONResponse(self.trouble[1], self.trouble[0]))
        handle = f"01b66701-{sha256(json.dumps(asked).encode()).hexdigest()[:12]}"
        self.statements[handle] = Begun(
            answer=self._answer(asked),
            looks=self.looks,
            is_nullable=request.query_params.get("nullable") == "true",
        )
        return self._told(handle, 0)

    def _answer(self, asked: Json) -> Answer:
        bindings: Json = asked.get("bindings", {})
        if asked["statement"].count("?") != len(bindings):
            raise _refused(422, "002049", "Bind variable ? not set.", sqlstate="42601")
        bound = [bindings[str(place)]["value"] for place in range(1, len(bindings) + 1)]
        try:
            return run(self.lay, asked["statement"], bound)
        except sqlite3.Error as error:
            message = f"SQL compilation error: {error}"
            raise _refused(422, "000904", message, sqlstate="42000") from error

    async def _look(self, request: Request) -> Response:
        self._admit(request, {"partition"})
        return self._told(
            request.path_params["handle"], int(request.query_params.get("partition", "0"))
        )

    def _told(self, handle: str, partition: int) -> Response:
        begun = self.statements.get(handle)
        if begun is None:
            raise _refused(404, "390318", "Statement not found.")
        told: Json = {
            "statementHandle": handle,
            "statementStatusUrl": f"/api/v2/statements/{handle}",
        }
        if begun.looks > 0:
            begun.looks -= 1
            return JSONResponse({**told, "code": "333334", "message": "In progress."}, 202)
        kinds = [kind for _, kind in begun.answer.columns]
        every = begun.answer.rows
        first = partition * self.partition
        cells = [
            [_cell(cell, kind, begun.is_nullable) for cell, kind in zip(row, kinds, strict=True)]
            for row in every[first : first + self.partition]
        ]
        if partition:
            return JSONResponse({"data": cells})
        sizes = [
            len(every[at : at + self.partition])
            for at in range(0, max(len(every), 1), self.partition)
        ]
        metadata = {
            "format": "jsonv2",
            "numRows": len(every),
            "rowType": [
                {"name": name.upper(), "type": _TYPES[kind], "nullable": True}
                for name, kind in begun.answer.columns
            ],
            "partitionInfo": [{"rowCount": size, "uncompressedSize": 99} for size in sizes],
        }
        told |= {"code": "090001", "sqlState": "00000", "message": "Statement executed."}
        return JSONResponse({**told, "resultSetMetaData": metadata, "data": cells})

    def _admit(self, request: Request, parameters: set[str]) -> None:
        if not request.headers.get("User-Agent", "").strip():
            raise _refused(400, "391902", "The header User-Agent is missing.")
        kind = request.headers.get("X-Snowflake-Authorization-Token-Type")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}" or kind not in TOKEN_TYPES:
            raise _refused(401, "390303", "Invalid access token.")
        if not set(request.query_params) <= parameters:
            raise _refused(400, "391912", "Unknown parameter.")


def _refused(status: int, code: str, message: str, *, sqlstate: str = "08001") -> Refused:
    return Refused(JSONResponse({"code": code, "message": message, "sqlState": sqlstate}, status))


def _cell(cell: object, kind: Kind, is_nullable: bool) -> str | None:  # noqa: FBT001 -- of a request
    if cell is None:
        return None if is_nullable else "null"
    if kind is Kind.DAY:
        return str((date.fromisoformat(str(cell)) - date(1970, 1, 1)).days)
    if kind is Kind.LOCAL:
        return f"{datetime.fromisoformat(str(cell)).replace(tzinfo=UTC).timestamp():.9f}"
    if kind is Kind.MOMENT:
        return f"{datetime.fromisoformat(str(cell)).timestamp():.9f} 1440"
    return str(cell)
