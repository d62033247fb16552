"""`atlas tree`: the atlas in the terminal, with progress and status."""

from collections import Counter
from dataclasses import dataclass
from itertools import chain

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.app import open_product
from api.cli.branches import Branch, Shape, branches, roots_of
from api.cli.facts import facts_of
from api.cli.marks import bar, mark, percent, words
from api.cli.output import Json, number_columns, plain, show, table
from api.cli.running import day_of_flag
from api.context import require_cycle
from api.errors import CommandError
from api.settings import Settings
from domain.anchor import anchor_progress
from domain.cycle import Cycle
from domain.delivery import delivery
from domain.goal import Goal, GoalScope
from domain.health import HealthState, journey_health
from domain.journey import Journey, JourneyLevel
from domain.node import ANCHOR_KINDS, Kind, Node
from domain.okr import KeyResult, Objective
from domain.opportunity import Opportunity
from domain.policies import StatusCode
from domain.progress import Progress, key_result_progress
from domain.rollup import objective_progress
from domain.solution import Solution
from domain.status import Status, key_result_status, objective_status
from domain.view import View

_STARTS = (*ANCHOR_KINDS, Kind.OBJECTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeTask:
    """Which part of the tree, on which day; None: all of it, today, the active cycles."""

    key: str | None
    depth: int | None
    cycle: str | None
    as_of: str | None
    key_results: bool
    demo: bool


async def show_tree(settings: Settings, task: TreeTask, *, as_json: bool) -> int:
    """Show the tree; CommandError or NotFound where there is no such start or cycle."""
    day = day_of_flag("--as-of", task.as_of)
    async with open_product(settings, of_demo=task.demo) as product:
        view = await product.view(as_of=day)
    cycle = None if task.cycle is None else require_cycle(view, task.cycle)
    shape = Shape(depth=task.depth, cycle=cycle.id if cycle else None, key_results=task.key_results)
    roots = roots_of(view, shape.cycle) if task.key is None else [_start(view, task.key)]
    found = branches(view, roots, shape)
    show(
        _as_data(view, found, cycle),
        as_json=as_json,
        people=lambda console: draw(console, view, found, cycle),
    )
    return 0


def draw(console: Console, view: View, found: list[Branch], cycle: Cycle | None) -> None:
    """Print the tree, one line a node, and what the objectives come to."""
    shown = table(_title(view, cycle), "Atlas", "Progress", "Expected", "Status")
    number_columns(shown, "Expected")
    shown.columns[0].no_wrap, shown.columns[0].overflow = True, "ellipsis"
    for column in shown.columns[1:]:
        column.no_wrap = True
    for branch in found:
        _add(shown, view, branch, cycle)
    console.print(shown)
    console.print()
    console.print(_summary(view, found))


def _start(view: View, key: str) -> Node:
    node = view.atlas.find(key, Node)
    if node is None or node.kind not in _STARTS:
        seen = "Nothing has the key" if node is None else f"No tree starts at a {words(node.kind)},"
        kinds = ", ".join(words(kind) for kind in _STARTS)
        message = f"{seen} {key}: it starts at a {kinds}. `atlas tree` shows their keys."
        raise CommandError(message)
    return node


def _title(view: View, cycle: Cycle | None) -> str:
    period = f"cycle {cycle.key}" if cycle else "active cycles"
    return f"{view.atlas.organization.title}, {view.today}, {period}"


def _add(shown: Table, view: View, branch: Branch, cycle: Cycle | None) -> None:
    node = branch.node
    name = _name(branch)
    if isinstance(node, Objective):
        _add_judged(shown, name, objective_progress(view, node), objective_status(view, node))
    elif isinstance(node, KeyResult):
        _add_judged(shown, name, key_result_progress(view, node), key_result_status(view, node))
    else:
        shown.add_row(name, _mean(view, node, cycle), "", _state(view, node))
    if branch.hidden:
        shown.add_row(_guides((*branch.trail, True), is_open=True) + _more(branch.hidden), "")


def _add_judged(shown: Table, name: Text, progress: Progress, status: Status) -> None:
    told = mark(status.code)
    if status.is_stale:
        told.append(", stale", style="yellow")
    shown.add_row(name, bar(progress), percent(status.expected), told)


def _name(branch: Branch) -> Text:
    node = branch.node
    style = "bold" if branch.parent is None else ""
    name = _guides(branch.trail)
    name.append(f"{_noun(node)} ", style="dim")
    name.append(f"{node.key} ", style="bold cyan" if isinstance(node, Objective) else "bold")
    name.append(node.title, style=style)
    if isinstance(node, KeyResult) and node.is_guardrail:
        name.append(" (guardrail)", style="dim")
    if branch.is_repeated:
        name.append(" ↑ opened above", style="dim")
    return name


def _noun(node: Node) -> str:
    if isinstance(node, Journey):
        return words(f"{node.level}_JOURNEY") if node.level is JourneyLevel.MICRO else "journey"
    return words(node.kind)


def _guides(trail: tuple[bool, ...], *, is_open: bool = False) -> Text:
    """Draw the lines that lead to a node; an open end leads to what isn't shown."""
    if not trail:
        return plain("")
    above = ("   " if is_last else "│  " for is_last in trail[:-1])
    end = "╌  " if is_open else "└─ " if trail[-1] else "├─ "
    return plain("".join(chain(above, [end])), style="dim")


def _more(count: int) -> Text:
    return plain(f"… {count} more beneath, with a greater --depth", style="dim italic")


def _mean(view: View, node: Node, cycle: Cycle | None) -> Text:
    """Tell what the objectives here and beneath come to; it informs, no more.

    A journey's own goal would only repeat its journey.
    """
    score = anchor_progress(view, node.id, cycle=cycle.id if cycle else None).all
    if not score.objectives or (isinstance(node, Goal) and node.scope is GoalScope.JOURNEY):
        return plain("")
    count = len(score.objectives)
    unknown = round(count * (1 - score.data_coverage))
    missing = f", {unknown} without data" if unknown else ""
    return plain(f"mean of {count:<2} {percent(score.value):>7}{missing}", style="dim")


def _state(view: View, node: Node) -> Text:
    match node:
        case Journey():
            state = journey_health(view, node).state
            return plain("") if state is HealthState.UNKNOWN else plain("health ") + mark(state)
        case Opportunity():
            done = delivery(view, node)
            released = f", {len(done.released)} of {len(done.counted)} released"
            return plain(words(node.status) + (released if done.counted else ""), style="dim")
        case Solution():
            since = f" {node.released_at}" if node.released_at else ""
            return plain(f"{words(node.status)}{since}", style="dim")
        case _:
            return plain("")


def _summary(view: View, found: list[Branch]) -> Text:
    objectives = {b.node.id: b.node for b in found if isinstance(b.node, Objective)}
    codes = Counter(objective_status(view, each).code for each in objectives.values())
    total = plain(f"{len(objectives)} objective{'' if len(objectives) == 1 else 's'}")
    for code in StatusCode:
        if codes[code]:
            total += plain("  ") + plain(f"{codes[code]} ") + mark(code)
    return total


def _as_data(view: View, found: list[Branch], cycle: Cycle | None) -> Json:
    return {
        "organization": view.atlas.organization.key,
        "revision": view.atlas.revision,
        "asOf": view.today.isoformat(),
        "cycle": cycle and cycle.key,
        "nodes": [_row(view, branch, cycle) for branch in found],
    }


def _row(view: View, branch: Branch, cycle: Cycle | None) -> Json:
    node = branch.node
    return {
        "level": len(branch.trail) + 1,
        "parent": branch.parent and branch.parent.key,
        "kind": node.kind,
        "key": node.key,
        "title": node.title,
        "repeated": branch.is_repeated,
        "hidden": branch.hidden,
        **facts_of(view, node, cycle.id if cycle else None),
    }
