"""How much is told whole, without pages: counted from the arguments and the Atlas beforehand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, cast

from api.execution.fan_out import count_of
from domain.calendar import Grain
from domain.cycle import Cycle
from domain.graph import DRAWN, NODES_AT_MOST, edges_from, visible_nodes
from domain.lineage import STRUCTURE, lineage
from domain.node import Kind
from domain.series import A_YEAR, POINTS_AT_MOST
from domain.snapshot import DAYS_AT_MOST, first_day
from domain.view import View, remembered

Given = Mapping[str, Any]  # Any: what a client sent for an argument

Count = Callable[[View, Given], float]

OBSERVATIONS = 1_000
"""For how many rows observations count where no limit is given."""

COUNTED_AT_MOST = 20_001
"""How far edges and ancestors are counted: an answer that holds more is refused anyway."""

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
    buckets = _buckets(start, min(end, view.today), Grain(given.get("grain", Grain.WEEK)))
    found = min(buckets, POINTS_AT_MOST)
    return found * 2 if "compareTo" in given else found


def _buckets(start: date, end: date, grain: Grain) -> float:
    return (max((end - start).days, 0) + 1) / _DAYS[grain] + 1


def drawn(view: View, given: Given) -> float:
    """Count the nodes of a graph."""
    kinds = {Kind(str(each)) for each in _listed(given.get("kinds", DRAWN))}
    most = NEAR_A_NODE if "from" in given else NODES_AT_MOST
    return min(sum(count_of(view, kind) for kind in kinds), most)


def journeys(view: View, given: Given) -> float:
    """Count the rows of a matrix."""
    asked = given.get("journeys")
    return count_of(view, Kind.JOURNEY) if asked is None else len(_listed(asked))


def snapshots(view: View, given: Given) -> float:
    """Count key results × days."""
    cycle = view.atlas.find(str(given.get("cycle")), Cycle)
    start = _day(given.get("from"), first_day(view, cycle))
    end = min(_day(given.get("to"), view.today), view.today)
    buckets = _buckets(start, end, Grain(given.get("grain", Grain.WEEK)))
    return min(buckets, DAYS_AT_MOST) * count_of(view, Kind.KEY_RESULT)


def periods(view: View, given: Given) -> float:
    """Count metrics × the buckets of a series."""
    end = _day(given.get("to"), view.today)
    start = _day(given.get("from"), end - A_YEAR)
    asked = given.get("metrics")
    metrics = count_of(view, Kind.METRIC) if asked is None else len(_listed(asked))
    return metrics * points(view, {**given, "from": start, "to": end})


def edges(view: View, _: Given) -> float:
    """Count the atlas's edges, as far as an answer could hold them; remembered by the view."""
    nodes = visible_nodes(view)
    found = chain.from_iterable(edges_from(view.atlas, node, nodes) for node in nodes.values())
    return remembered(view, ("edges",), lambda: _counted(found))


def descents(view: View, _: Given) -> float:
    """Count ancestors × descendants likewise."""
    nodes = (node for node in visible_nodes(view).values() if node.kind in STRUCTURE)
    found = chain.from_iterable(lineage(view.atlas, node) for node in nodes)
    return remembered(view, ("descents",), lambda: _counted(found))


def observations(_: View, __: Given) -> float:
    """Count observations, of which the atlas knows nothing."""
    return OBSERVATIONS


def _counted(items: Iterable[object]) -> int:
    return sum(1 for _ in islice(items, COUNTED_AT_MOST))


def _limited(count: Count) -> Count:
    """Count the rows that are asked for of a table's."""

    def rows(view: View, given: Given) -> float:
        limit = given.get("limit")
        whole = count(view, given)
        return min(whole, max(limit, 0)) if isinstance(limit, int) else whole

    return rows


def _nodes(kind: Kind) -> Count:
    return lambda view, _: count_of(view, kind)


def _listed(value: object) -> Sequence[object]:
    """Give a list; GraphQL takes a single value for a list of one."""
    if isinstance(value, list | tuple):
        return cast("Sequence[object]", value)  # what it holds was validated already
    return [value]


def _day(value: object, today: date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value or today))


TABLES: Mapping[str, Count] = MappingProxyType(
    {
        "goalRows": _nodes(Kind.GOAL),
        "journeyRows": _nodes(Kind.JOURNEY),
        "insightRows": _nodes(Kind.INSIGHT),
        "opportunityRows": _nodes(Kind.OPPORTUNITY),
        "solutionRows": _nodes(Kind.SOLUTION),
        "metricRows": _nodes(Kind.METRIC),
        "objectiveRows": _nodes(Kind.OBJECTIVE),
        "keyResultRows": _nodes(Kind.KEY_RESULT),
        "cycleRows": _nodes(Kind.CYCLE),
        "teamRows": _nodes(Kind.TEAM),
        "keyResultSnapshotRows": snapshots,
        "metricSeriesRows": periods,
        "observationRows": observations,
        "edgeRows": edges,
        "lineageRows": descents,
    }
)
"""How many rows a table has, by its root field."""

COUNTED: Mapping[tuple[str, str], Count] = MappingProxyType(
    {
        **{("Query", name): _limited(count) for name, count in TABLES.items()},
        ("Metric", "series"): points,
        ("Atlas", "graph"): drawn,
        ("Atlas", "coverage"): journeys,
    }
)
"""What counts so (type, field): 1 for each, and what is asked of an item as often."""
