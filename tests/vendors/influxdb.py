"""InfluxDB 1.6's /query, as the real server answers: what tests ask both is in test_influxdb.py.

Understands statements that aggregate fields of one measurement between two bound times, with a
condition on a tag and by tags. A part without points isn't in an answer, not even with a count of
0; what only the statement's running shows is an error under 200, after which nothing is run.
Refuses unknown users (401), users who may not read (403), what it can't parse and parameters that
nobody gave (400).
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused

Json = dict[str, Any]  # Any: JSON

DATABASE: Final = "cx"
READER: Final = "reader"
PASSWORD: Final = "influx-canary-6c40"  # noqa: S105 -- of a server that lives for a test
NARROW: Final = "narrow"
"""A user who may read nothing; with the same password."""

_STATEMENT: Final = re.compile(
    r"SELECT (?P<columns>.+?) FROM (?P<measurement>\w+) WHERE time >= \$(?P<start>\w+) "
    r"AND time < \$(?P<end>\w+)(?: AND (?P<tag>\w+) = '(?P<is>\w+)')?"
    r"(?:\sGROUP BY (?P<by>.+))?"
)
_COLUMN: Final = re.compile(r"(?P<function>\w+)\((?P<field>\w+)\) AS (?P<name>\w+)")
_FUNCTIONS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "count": len,
    "mean": lambda numbers: sum(numbers) / len(numbers),
    "sum": sum,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point; a field holds a number or a text."""

    measurement: str
    at: datetime
    fields: Mapping[str, float | str]
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True, kw_only=True)
class InfluxDb(Fake):
    """The server, with one database; what a test changes in it holds from the next request on."""

    points: Sequence[Point] = ()
    recall: Callable[[datetime, datetime], Iterable[Point]] | None = None
    """Gives the points of a half-open span, where they are too many for a list."""

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/query", self._query, methods=["GET", "POST"])]

    async def _query(self, request: Request) -> Response:
        user = _user(request)
        given = {**request.query_params, **_form(await request.body())}
        statements = [each.strip() for each in given.get("q", "").split(";")]
        if user == NARROW or given.get("db") != DATABASE:
            message = f"{user} not authorized to execute statement, requires READ on the database"
            raise _refused(403, f"error authorizing query: {message}")
        parameters: Mapping[str, str] = json.loads(given.get("params", "{}"))
        parsed = [_parsed(each, parameters) for each in statements]
        results: list[Json] = []
        for number, statement in enumerate(parsed):
            results.append({"statement_id": number, **self._result(statement, parameters)})
            if "error" in results[-1]:
                break
        return JSONResponse({"results": results})

    def _result(self, statement: re.Match[str], parameters: Mapping[str, str]) -> Json:
        start, end = (parameters[statement[edge]] for edge in ("start", "end"))
        columns = [found for each in _columns(statement) if (found := _COLUMN.fullmatch(each))]
        strange = [each["function"] for each in columns if each["function"] not in _FUNCTIONS]
        if strange:
            return {"error": f"undefined function {strange[0]}()"}
        names = re.findall(r'"([^"]+)"', statement["by"] or "")
        groups: dict[tuple[str, ...], list[Point]] = {}
        for point in self._found(
            statement, datetime.fromisoformat(start), datetime.fromisoformat(end)
        ):
            groups.setdefault(tuple(point.tags.get(name, "") for name in names), []).append(point)
        try:
            made = {group: _row(columns, points) for group, points in groups.items()}
        except TypeError:
            return {"error": "unsupported sum iterator type: *query.stringInterruptIterator"}
        series = [
            {
                "name": statement["measurement"],
                **({"tags": dict(zip(names, group, strict=True))} if names else {}),
                "columns": ["time", *(column["name"] for column in columns)],
                "values": [[start, *row]],
            }
            for group, row in sorted(made.items())
            if any(cell is not None for cell in row)
        ]
        return {"series": series} if series else {}

    def _found(self, statement: re.Match[str], start: datetime, end: datetime) -> Iterable[Point]:
        points = self.points if self.recall is None else self.recall(start, end)
        return (
            point
            for point in points
            if start <= point.at < end
            and (point.measurement == statement["measurement"] or self.recall is not None)
            and (statement["tag"] is None or point.tags.get(statement["tag"]) == statement["is"])
        )


def _columns(statement: re.Match[str]) -> list[str]:
    return [each.strip() for each in statement["columns"].split(",")]


def _row(columns: Sequence[re.Match[str]], points: Sequence[Point]) -> list[float | None]:
    """Give a number a column, None where no point has its field; TypeError for a text."""
    row: list[float | None] = []
    for column in columns:
        there = [
            point.fields[column["field"]] for point in points if column["field"] in point.fields
        ]
        numbers = [number for number in there if not isinstance(number, str)]
        if column["function"] != "count" and len(numbers) < len(there):
            raise TypeError
        row.append(_FUNCTIONS[column["function"]](numbers or [0] * len(there)) if there else None)
    return row


def _user(request: Request) -> str:
    kind, _, written = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        raise _refused(401, "unable to parse authentication credentials")
    user, _, password = base64.b64decode(written).decode().partition(":")
    if user not in (READER, NARROW) or password != PASSWORD:
        raise _refused(401, "authorization failed")
    return user


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def _parsed(written: str, parameters: Mapping[str, str]) -> re.Match[str]:
    found = _STATEMENT.fullmatch(written)
    if found is None or not all(map(_COLUMN.fullmatch, _columns(found))):
        raise _refused(400, "error parsing query: found EOF, expected identifier at line 1, char 8")
    missing = [found[edge] for edge in ("start", "end") if found[edge] not in parameters]
    if missing:
        raise _refused(400, f"error parsing query: missing parameter: {missing[0]}")
    return found


def _refused(status: int, message: str) -> Refused:
    return Refused(JSONResponse({"error": message}, status))
