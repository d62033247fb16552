"""How much is told whole, without pages: counted from the arguments and the Atlas beforehand."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from api.execution.fan_out import count_of
from domain.calendar import Grain
from domain.graph import DRAWN, NODES_AT_MOST
from domain.node import Kind
from domain.series import POINTS_AT_MOST
from domain.view import View

Given = Mapping[str, Any]  # Any: what a client sent for an argument

NEAR_A_NODE = 500
"""For how many nodes a graph counts that begins with one of them: nobody knows beforehand."""

_DAYS = {
    Grain.HOUR: 1 / 24,
    Grain.DAY: 1,
    Grain.WEEK: 7,
    Grain.MONTH: 28,
    Grain.QUARTER: 90,
    Grain.YEAR: 365,
}
"""The shortest buckets, so that a series never has many more points than it counted for."""


def points(view: View, given: Given) -> float:
    """Count a series' points, those that it is compared with too."""
    start, end = _day(given.get("from"), view.today), _day(given.get("to"), view.today)
    days = max((min(end, view.today) - start).days, 0) + 1
    found = min(days / _DAYS[Grain(given.get("grain", Grain.WEEK))] + 1, POINTS_AT_MOST)
    return found * 2 if "compareTo" in given else found


def drawn(view: View, given: Given) -> float:
    """Count the nodes of a graph."""
    kinds = {Kind(str(each)) for each in _listed(given.get("kinds", DRAWN))}
    most = NEAR_A_NODE if "from" in given else NODES_AT_MOST
    return min(sum(count_of(view, kind) for kind in kinds), most)


def journeys(view: View, given: Given) -> float:
    """Count the rows of a matrix."""
    asked = given.get("journeys")
    return count_of(view, Kind.JOURNEY) if asked is None else len(_listed(asked))


def _listed(value: object) -> Sequence[object]:
    """Give a list; GraphQL takes a single value for a list of one."""
    if isinstance(value, list | tuple):
        return cast("Sequence[object]", value)  # what it holds was validated already
    return [value]


def _day(value: object, today: date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value or today))


COUNTED: Mapping[tuple[str, str], Callable[[View, Given], float]] = MappingProxyType(
    {
        ("Metric", "series"): points,
        ("Atlas", "graph"): drawn,
        ("Atlas", "coverage"): journeys,
    }
)
"""What counts so (type, field): 1 for each, and what is asked of an item as often."""
