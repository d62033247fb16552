"""PostHog's query endpoint, as its documentation and recorded answers tell it.

Runs HogQL on events, by an engine of its own: so it tells what a query says, and refuses what is
none. An answer has 100 rows unless the query says otherwise, and a time that can't be read is no
error. Refuses a bad or narrow key, another project, and whoever asks more than 240 times a minute
or three at once.
"""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake, bucket_of
from api.demo.vendors.fake import Refused
from api.demo.vendors.meters import SlidingMeter

KEY: Final = "phx_canary_5d2e9c71"
NARROW: Final = "phx_canary_without_query_read"
PROJECT: Final = "2417"
MOST_ROWS: Final = 50_000
MOST_AT_ONCE: Final = 3

_ROWS_UNLESS_SAID: Final = 100
_EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
_REFRESH: Final = frozenset({"blocking", "force_blocking", "async", "force_async"})
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
Json = dict[str, Any]  # Any: JSON


@dataclass(slots=True, kw_only=True)
class PostHog(AnalyticsFake):
    """The service, with one project."""

    running: int = 0
    """How many queries others have running at present."""
    minute: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=240, seconds=60))
    hour: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=2_400, seconds=3_600))

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/api/projects/{project}/query/", self._query, methods=["POST"])]

    async def _query(self, request: Request) -> Response:
        self.requests.append(str(request.url))
        self._admit(request)
        body: Json = await request.json()
        query: Json = body.get("query", {})
        if set(body) - {"query", "refresh", "name"} or query.get("kind") != "HogQLQuery":
            raise Refused(_error(400, "validation_error", "invalid_input", "Unknown query."))
        refresh = body.get("refresh", "blocking")
        if refresh not in _REFRESH:
            raise Refused(_error(400, "validation_error", "invalid_input", "Unknown refresh."))
        if refresh.endswith("async"):
            status = {"id": "0197", "team_id": int(PROJECT), "complete": False}
            return JSONResponse({"query_status": status}, 202)
        return JSONResponse(self._run(query["query"], query.get("values", {})))

    def _admit(self, request: Request) -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key not in (KEY, NARROW):
            told = "Personal API key found in request Authorization header is invalid."
            raise Refused(_error(401, "authentication_error", "authentication_failed", told))
        if key == NARROW or request.path_params["project"] != PROJECT:
            told = "API key missing required scope 'query:read'"
            raise Refused(_error(403, "authentication_error", "permission_denied", told))
        for meter in (self.minute, self.hour):
            if not meter.take(self.now()):
                raise Refused(_throttled(meter.reset(self.now())))
        if self.running >= MOST_AT_ONCE:
            raise Refused(_throttled(30))

    def _run(self, query: str, values: Json) -> Json:
        """Run a query, its {names} bound to values."""
        names = set(_PLACEHOLDER.findall(query))
        if names - set(values):
            told = f"Unresolved placeholder: {{{min(names - set(values))}}}"
            raise Refused(_error(400, "validation_error", "hogql_error", told))
        most = MOST_ROWS if " LIMIT " in query else _ROWS_UNLESS_SAID
        with closing(sqlite3.connect(":memory:")) as engine:
            self._lay(engine)
            try:
                answer = engine.execute(_PLACEHOLDER.sub(r":\1", query), values)
                rows = answer.fetchmany(most + 1)
            except sqlite3.Error as error:
                told = str(error)
                raise Refused(_error(400, "validation_error", "hogql_error", told)) from error
            columns = [column[0] for column in answer.description]
        return {
            "results": [list(row) for row in rows[:most]],
            "columns": columns,
            "types": [],
            "hasMore": len(rows) > most,
            "is_cached": False,
            "last_refresh": self.now().isoformat(),
            "timings": [],
        }

    def _lay(self, engine: sqlite3.Connection) -> None:
        engine.execute("CREATE TABLE events (event TEXT, person_id TEXT, timestamp INTEGER)")
        events = self.recall(*_EVER) if self.recall else self.events
        engine.executemany(
            "INSERT INTO events VALUES (?, ?, ?)",
            ((event.name, event.user, _microseconds(event.at)) for event in events),
        )
        for name, function in _FUNCTIONS.items():
            engine.create_function(name, -1, function, deterministic=True)
        engine.create_aggregate("countIf", 1, _CountIf)


def _microseconds(moment: datetime) -> int:
    return (moment - _EVER[0]) // timedelta(microseconds=1)


def _read(written: str) -> int | None:
    """Read a time as PostHog does: what is none is null, and no error."""
    try:
        return _microseconds(datetime.fromisoformat(written).astimezone(UTC))
    except ValueError:
        return None


def _local(moment: int, zone: str) -> str:
    return (_EVER[0] + timedelta(microseconds=moment)).astimezone(ZoneInfo(zone)).isoformat()


def _day(local: str) -> date:
    return datetime.fromisoformat(local).date()


def _start_of_week(local: str, mode: int = 0) -> str:
    """Give the Monday or, as PostHog does unless the project says otherwise, the Sunday."""
    into = _day(local).weekday() if mode == 1 else _day(local).isoweekday() % 7
    return str(_day(local) - timedelta(days=into))


def _seconds(moment: int) -> int:
    return moment // 1_000_000


def _start_of(unit: str) -> Callable[[str], str]:
    def start(local: str) -> str:
        return str(bucket_of(_day(local), unit))

    return start


_FUNCTIONS: Final[Mapping[str, Callable[..., str | int | None]]] = {
    "toDateTime": _read,
    "toUnixTimestamp": _seconds,
    "toTimeZone": _local,
    "toString": str,
    "toDate": _start_of("day"),
    "toStartOfWeek": _start_of_week,
    "toStartOfMonth": _start_of("month"),
    "toStartOfQuarter": _start_of("quarter"),
    "toStartOfYear": _start_of("year"),
}


class _CountIf:
    def __init__(self) -> None:
        self.count = 0

    def step(self, holds: int | None) -> None:
        self.count += bool(holds)

    def finalize(self) -> int:
        return self.count


def _error(status: int, kind: str, code: str, detail: str) -> Response:
    return JSONResponse({"type": kind, "code": code, "detail": detail, "attr": None}, status)


def _throttled(seconds: int) -> Response:
    detail = f"Request was throttled. Expected available in {seconds} seconds."
    answer = _error(429, "throttled_error", "throttled", detail)
    answer.headers["Retry-After"] = str(seconds)
    return answer
