"""`atlas explain`: where a number comes from, down to the observation and its source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches

from rich.console import Console
from rich.text import Text

from api.app import open_product
from api.cli.explained import PLAIN, Number, amount, numbers_of, status_for
from api.cli.facts import number, reason_of, status_of
from api.cli.marks import mark, percent, points, words
from api.cli.output import Json, number_columns, show, table
from api.cli.running import day_of_flag
from api.context import answered, require_cycle
from api.errors import CommandError
from api.settings import Settings
from domain.cycle import Cycle
from domain.explain import Explain, Input
from domain.metric import Metric, Unit
from domain.node import ANCHOR_KINDS, Kind, Node, NodeId
from domain.okr import KeyResult
from domain.opportunity import Opportunity
from domain.ports import Observations
from domain.source import MetricSource
from domain.statement import key_result_statement, opportunity_statement
from domain.status import Status
from domain.value import queries_of
from domain.view import View

_EXPLAINED = (Kind.KEY_RESULT, Kind.OBJECTIVE, *ANCHOR_KINDS, Kind.METRIC, Kind.TEAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainTask:
    """Whose numbers, by which policy (None: the organization's), on which day (None: today)."""

    key: str
    policy: str | None
    cycle: str | None
    as_of: str | None
    demo: bool


async def explain(settings: Settings, task: ExplainTask, *, as_json: bool) -> int:
    """Explain a node's numbers; CommandError or NotFound where there is no such key or cycle."""
    day = day_of_flag("--as-of", task.as_of)
    async with open_product(settings, of_demo=task.demo) as product:
        view = await product.view(as_of=day)
        node = find(view, task.key)
        cycle = None if task.cycle is None else require_cycle(view, task.cycle)
        if isinstance(node, Metric) and cycle is not None:
            view = await with_answers(view, product.kept.observations, node, cycle)
    numbers = numbers_of(view, node, cycle)
    status = status_for(view, node, task.policy)
    show(
        as_data(view, node, numbers, status),
        as_json=as_json,
        people=lambda console: draw(console, view, node, numbers, status),
    )
    return 0


async def with_answers(
    view: View, observations: Observations, metric: Metric, cycle: Cycle
) -> View:
    """Give the view with what a metric's value in a cycle needs; a view itself asks for none."""
    queries = queries_of(view.atlas, metric, today=view.today, cycle=cycle)
    found = await answered(observations, view, queries)
    return replace(view, aggregates={**view.aggregates, **found}, memo={})


def find(view: View, key: str) -> Node:
    """Give the node of a key; CommandError names keys like it, or the kinds that have numbers."""
    node = view.atlas.find(key, Node)
    if node is None:
        near = get_close_matches(key.upper(), view.atlas.by_key)
        hint = f"Did you mean {', '.join(near)}?" if near else "`atlas tree` shows the keys."
        message = f"Nothing has the key {key!r}. {hint}"
        raise CommandError(message)
    if node.kind not in _EXPLAINED:
        kinds = ", ".join(words(kind) for kind in _EXPLAINED)
        message = f"{key} is a {words(node.kind)} and has no number. Explained are: {kinds}."
        raise CommandError(message)
    return node


def draw(
    console: Console, view: View, node: Node, numbers: Iterable[Number], status: Status | None
) -> None:
    """Print each number with its formula and what went in, then the status and why."""
    console.print(Text.assemble((f"{words(node.kind)} {node.key}  ", "bold"), node.title))
    if statement := _statement(view, node):
        console.print(Text(statement))
    for found in numbers:
        console.print()
        _draw_number(console, view, found)
    if status is not None:
        console.print()
        _draw_status(console, status)


def as_data(view: View, node: Node, numbers: Iterable[Number], status: Status | None) -> Json:
    """Give the same as JSON; `exact` numbers are text, so that nothing is rounded."""
    return {
        "kind": node.kind,
        "key": node.key,
        "title": node.title,
        "statement": _statement(view, node),
        "asOf": view.today.isoformat(),
        "revision": view.atlas.revision,
        "numbers": [_number_as_data(view, found) for found in numbers],
        "status": status and status_of(status),
    }


def _statement(view: View, node: Node) -> str | None:
    match node:
        case KeyResult():
            return key_result_statement(view.atlas, node)
        case Opportunity():
            return opportunity_statement(view.atlas, node)
        case _:
            return None


def _draw_number(console: Console, view: View, found: Number) -> None:
    why = f"  {found.reason.code}: {found.reason.message}" if found.reason else ""
    value = (amount(found.value, found.unit), "bold cyan")
    console.print(Text.assemble((f"{found.name}  ", "bold"), value, (why, "magenta")))
    for name, told in (*found.facts, ("formula", found.explain.formula)):
        console.print(_fact(name, told))
    if found.explain.inputs:
        _draw_inputs(console, view, found.explain)
    for left_out in found.explain.excluded:
        item, reason = _key(view, left_out.node), left_out.reason
        console.print(_fact("left out", f"{item}, {reason.code}: {reason.message}"))


def _fact(name: str, told: str) -> Text:
    return Text.assemble((f"  {name}: ", "dim"), told)


def _draw_inputs(console: Console, view: View, explained: Explain) -> None:
    """Print a table of the inputs, without the columns that none of them fills."""
    weights = {weight.node: weight.weight for weight in explained.weights}
    headers = ("  Input", "Value", "Weight", "Metric", "Source", "Observed until", "Age")
    rows = [_cells(view, each, weights) for each in explained.inputs]
    filled = [index for index in range(len(headers)) if any(row[index] for row in rows)]
    made = table("", *(headers[index] for index in filled))
    number_columns(made, "Value", "Weight", "Age")
    for row in rows:
        made.add_row(*(Text(row[index]) for index in filled))
    console.print(made)


def _unit(view: View, each: Input) -> Unit | None:
    """Give the unit of an input: its metric's; None where it is a progress."""
    if each.metric is None:
        return None if each.node else PLAIN
    return PLAIN if each.is_plain else view.atlas.get(each.metric, Metric).unit


def _cells(view: View, each: Input, weights: Mapping[NodeId, Decimal]) -> tuple[str, ...]:
    weight = weights.get(each.node) if each.node else None
    until = each.observed_at and each.observed_at.astimezone(view.atlas.organization.zone)
    return (
        f"  {each.name}",
        amount(each.value, _unit(view, each)),
        "" if weight is None else f"{weight.normalize():f}",
        _key(view, each.metric),
        _source(view, each),
        f"{until:%Y-%m-%d %H:%M}" if until else "",
        _age(each.age_seconds),
    )


def _draw_status(console: Console, status: Status) -> None:
    parameters = sorted(status.policy.parameters.items())
    shown = ", ".join(f"{name} {value}" for name, value in parameters)
    gap = "" if status.gap is None else f", the gap is {points(status.gap)}"
    console.print(Text.assemble(("status  ", "bold"), mark(status.code)))
    console.print(_fact("policy", f"{status.policy.id} ({shown})"))
    console.print(_fact("expected", f"{percent(status.expected)}{gap}"))
    console.print(_fact("why", status.explanation))
    if status.is_within_noise:
        console.print(_fact("within noise", "the measurement's error alone could change it"))


def _number_as_data(view: View, found: Number) -> Json:
    weights = {weight.node: weight.weight for weight in found.explain.weights}
    return {
        "name": found.name,
        "value": number(found.value),
        "exact": found.value,
        "unit": found.unit.kind if found.unit else "PROGRESS",
        "reason": reason_of(found.reason),
        "facts": dict(found.facts),
        "formula": found.explain.formula,
        "inputs": [_input_as_data(view, each, weights) for each in found.explain.inputs],
        "excluded": [
            {"key": _key(view, left_out.node), "reason": reason_of(left_out.reason)}
            for left_out in found.explain.excluded
        ],
    }


def _input_as_data(view: View, each: Input, weights: Mapping[NodeId, Decimal]) -> Json:
    return {
        "name": each.name,
        "value": number(each.value),
        "exact": each.value,
        "weight": number(weights.get(each.node)) if each.node else None,
        "node": _key(view, each.node) or None,
        "metric": _key(view, each.metric) or None,
        "source": _key(view, each.source) or None,
        "observedAt": each.observed_at,
        "ageSeconds": each.age_seconds,
    }


def _key(view: View, node_id: NodeId | None) -> str:
    return "" if node_id is None else view.atlas.nodes[node_id].key


def _source(view: View, each: Input) -> str:
    if each.source is None:
        return ""
    source = view.atlas.get(each.source, MetricSource)
    return f"{_key(view, source.connection)}: {source.remote_metric}"


def _age(seconds: int | None) -> str:
    if seconds is None:
        return ""
    days, hours = seconds // 86_400, seconds // 3_600
    return f"{days} d" if days else f"{hours} h"
