"""Matomo's Reporting API, as its source, its own tests' answers and public clients tell it.

Serves the numbers of visits and goals by period of the website's time zone: an empty period is a
list, rates are texts with a percent sign. Refuses a bad token and a user without access, under 401
or, as it was in older versions, under 200; a token in the address; what it doesn't know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake, Event, buckets
from api.demo.vendors.fake import Refused

TOKEN: Final = "canary0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "canary11112222333344445555666677778888"
SITE: Final = "7"
GOALS: Final[Mapping[str, str]] = {"3": "Purchase"}
"""The event that reaches a goal, by its number."""

_SHARED: Final = frozenset({"module", "method", "format", "idSite", "token_auth"})
_OF_REPORTS: Final = frozenset({"period", "date", "filter_limit"})
_ROWS_UNLESS_SAID: Final = 100

Form = dict[str, str]
Json = dict[str, Any]  # Any: JSON


@dataclass(slots=True, kw_only=True)
class Matomo(AnalyticsFake):
    """The service, with one website."""

    is_old: bool = False
    """Whether refusals come under 200."""
    counts_visitors: bool = True
    """Whether unique visitors are processed for longer periods than days."""

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/index.php", self._api, methods=["GET", "POST"])]

    async def _api(self, request: Request) -> Response:
        self.requests.append(str(request.url))
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        if "token_auth" in request.query_params or form.get("token_auth") not in (TOKEN, NARROW):
            told = "Unable to authenticate with the provided token. It is either invalid, expired"
            raise Refused(self._error(f"{told} or is required to be sent as a POST parameter."))
        if form["token_auth"] == NARROW or form.get("idSite") != SITE:
            told = "You can't access this resource as it requires 'view' access for the website id"
            raise Refused(self._error(f"{told} = {form.get('idSite')}."))
        if form.get("module") != "API" or form.get("format") != "JSON":
            raise Refused(self._error("Unknown module or format.", status=400))
        match form.get("method"):
            case "SitesManager.getSiteFromId":
                return JSONResponse({"idsite": int(SITE), "timezone": self.zone.key})
            case "VisitsSummary.get":
                return self._report(form, frozenset(), None)
            case "Goals.get":
                goal = GOALS.get(form.get("idGoal", ""))
                if goal is None:
                    raise Refused(self._error("The goal doesn't exist.", status=400))
                return self._report(form, frozenset({"idGoal"}), goal)
            case method:
                raise Refused(self._error(f"The method '{method}' does not exist.", status=400))

    def _error(self, message: str, *, status: int = 401) -> Response:
        told = {"result": "error", "message": message}
        return JSONResponse(told, 200 if self.is_old else status)

    def _report(self, form: Form, more: frozenset[str], goal: str | None) -> Response:
        strange = set(form) - _SHARED - _OF_REPORTS - more
        if strange:
            raise Refused(self._error(f"Unknown parameters: {sorted(strange)}.", status=400))
        first, last, unit = self._period(form)
        told: Json = {}
        for start, after in buckets(first, last, unit):
            events = list(self.between(start, after))
            told[_name(start, after, unit)] = self._row(events, unit, goal) if events else []
        limit = int(form.get("filter_limit", _ROWS_UNLESS_SAID))
        return JSONResponse(told if limit < 0 else dict([*told.items()][:limit]))

    def _period(self, form: Form) -> tuple[date, date, str]:
        """Read which periods are asked for: those that touch some days, both counted in."""
        try:
            first, last = (date.fromisoformat(day) for day in form["date"].split(","))
        except (ValueError, KeyError):
            raise Refused(self._error("The date is invalid.", status=400)) from None
        unit = form.get("period", "")
        if unit not in ("day", "week", "month", "year") or last < first:
            raise Refused(self._error(f"The period '{unit}' is not supported.", status=400))
        return first, last, unit

    def _row(self, events: Sequence[Event], unit: str, goal: str | None) -> Json:
        return _goal_row(events, goal) if goal else self._visit_row(events, unit)

    def _visit_row(self, events: Sequence[Event], unit: str) -> Json:
        visits, converted = _visits(events), _converted(events, set(GOALS.values()))
        row: Json = {
            "nb_visits": len(visits),
            "nb_actions": len(events),
            "nb_visits_converted": len(converted),
            "bounce_rate": f"{round(100 / len(visits))}%",
        }
        if unit == "day" or (self.counts_visitors and unit != "year"):
            row["nb_uniq_visitors"] = len({event.user for event in events})
        else:
            row["sum_daily_nb_uniq_visitors"] = len(visits)
        return row


def _goal_row(events: Sequence[Event], goal: str) -> Json:
    converted = _converted(events, {goal})
    return {
        "nb_conversions": sum(event.name == goal for event in events),
        "nb_visits_converted": len(converted),
        "revenue": 0,
        "conversion_rate": f"{round(100 * len(converted) / len(_visits(events)), 2)}%",
    }


def _visits(events: Sequence[Event]) -> set[str]:
    return {event.visit for event in events}


def _converted(events: Sequence[Event], goals: set[str]) -> set[str]:
    return {event.visit for event in events if event.name in goals}


def _name(start: date, after: date, unit: str) -> str:
    """Name a period as Matomo does."""
    match unit:
        case "week":
            return f"{start},{after - timedelta(days=1)}"
        case "month":
            return f"{start:%Y-%m}"
        case "year":
            return f"{start:%Y}"
        case _:
            return str(start)
