"""Google Sheets' `values.get`, as the discovery document of the API tells it.

Rows end with their last cell that isn't empty, and so does a range; `values` is absent where all is
empty. By default cells are told as they are shown, in the sheet's locale (German); unformatted, a
date is the number of days since 30 December 1899, and a percentage a hundredth of what it shows.
Refuses strange parameters and ranges.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake
from tests.vendors.google import NARROW, Login, refused

Json = dict[str, Any]  # Any: JSON

SPREADSHEET: Final = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"
SCOPES: Final = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("spreadsheets", "spreadsheets.readonly", "drive", "drive.readonly", "drive.file")
)
PARAMETERS: Final = {
    "majorDimension": {"ROWS"},
    "valueRenderOption": {"FORMATTED_VALUE", "UNFORMATTED_VALUE"},
    "dateTimeRenderOption": {"SERIAL_NUMBER", "FORMATTED_STRING"},
}
_RANGE: Final = re.compile(r"(?P<sheet>[^!]+)(?:!A(?P<first>[0-9]+):(?P<last>[A-Z]))?")


@dataclass(frozen=True, slots=True)
class Percent:
    """A number that is shown as a percentage: 0.42 as 42 %."""

    share: float


Cell = str | float | bool | date | Percent | None


@dataclass(slots=True, kw_only=True)
class GoogleSheets(Fake):
    """A spreadsheet; `sheets` by name, each made anew when it is asked for, from its first row."""

    now: Callable[[], datetime]
    sheets: Mapping[str, Callable[[], Iterable[Sequence[Cell]]]]
    requests: list[str] = field(default_factory=list[str])
    busy: bool = False
    login: Login = field(init=False)

    def __post_init__(self) -> None:
        self.login = Login(now=self.now, scopes=SCOPES)

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            self.login.route,
            Route("/v4/spreadsheets/{spreadsheet}/values/{range:path}", self._values),
        ]

    async def _values(self, request: Request) -> Response:
        account = self.login.admit(request)
        self.requests.append(str(request.url))
        if self.busy:
            raise refused(429, None, "Quota exceeded for quota metric 'Read'.")
        if request.path_params["spreadsheet"] != SPREADSHEET:
            raise refused(404, None, "Requested entity was not found.")
        if account == NARROW:
            raise refused(403, None, "The caller does not have permission")
        asked = {name: request.query_params.get(name) for name in PARAMETERS}
        if not set(request.query_params) <= set(PARAMETERS) or any(
            value not in {None, *PARAMETERS[name]} for name, value in asked.items()
        ):
            raise refused(400, None, "Invalid value.")
        is_shown = asked["valueRenderOption"] in (None, "FORMATTED_VALUE")
        written = request.path_params["range"]
        found = _RANGE.fullmatch(written)
        if found is None or found["sheet"] not in self.sheets:
            raise refused(400, None, f"Unable to parse range: {written}")
        first, last = int(found["first"] or 1), found["last"] or "Z"
        width = ord(last) - ord("A") + 1
        tell = _shown if is_shown else _as_it_is
        rows = [
            _trimmed([tell(cell) for cell in row[:width]])
            for row in list(self.sheets[found["sheet"]]())[first - 1 :]
        ]
        while rows and not rows[-1]:
            rows.pop()
        told: Json = {"range": f"{found['sheet']}!A{first}:{last}1000", "majorDimension": "ROWS"}
        return JSONResponse({**told, "values": rows} if rows else told)


def _trimmed(cells: list[Any]) -> list[Any]:  # Any: JSON
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def _as_it_is(cell: Cell) -> str | float | bool:
    if isinstance(cell, Percent):
        return cell.share
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 -- a sheet knows no zone
        days = (moment - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001 -- the same
        return int(days) if days.is_integer() else days
    return "" if cell is None else cell


def _shown(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "WAHR" if cell else "FALSCH"
    if isinstance(cell, Percent):
        return f"{cell.share * 100:.0f} %"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    if isinstance(cell, int | float):
        return f"{cell:,}".translate(str.maketrans(",.", ".,"))
    return cell or ""
