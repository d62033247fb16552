"""`atlas tree`: the atlas in the terminal, with progress and status."""

from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.app import open_product
from api.cli.branches import Branch, Shape, branches, roots_of
from api.cli.facts import facts_of
from api.cli.marks import bar, mark, percent, words
from api.cli.output import Json, number_columns, show, table
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

Row = tuple[Text, Text, Text, Text]
"""Name, progress, expected progress, status."""

NARROWEST_NAME = 24
GAP = 2

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
    rows: list[Row] = [(_name(each), *_numbers(view, each.node, cycle)) for each in found]
    for row in rows:
        shown.add_row(*row)
    _fit(shown, rows, console.width)
    console.print(shown)
    console.print()
    console.print(_summary(view, found))


def _fit(shown: Table, rows: list[Row], width: int) -> None:
    """Cut titles where the terminal is too narrow, visibly, and never a number."""
    for column in shown.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    numbers = list(zip(*(row[1:] for row in rows), strict=True))
    headers = [len(str(column.header)) for column in shown.columns[1:]]
    widths = [
        max(header, *(text.cell_len for text in texts))
        for header, texts in zip(headers, numbers, strict=True)
    ]
    shown.columns[0].max_width = max(NARROWEST_NAME, width - sum(widths) - GAP * len(widths))


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


def _numbers(view: View, node: Node, cycle: Cycle | None) -> tuple[Text, Text, Text]:
    match node:
        case Objective():
            return _judged(objective_progress(view, node), objective_status(view, node))
        case KeyResult():
            return _judged(key_result_progress(view, node), key_result_status(view, node))
        case _:
            return _mean(view, node, cycle), Text(), _state(view, node)


def _judged(progress: Progress, status: Status) -> tuple[Text, Text, Text]:
    stale = Text(", stale" if status.is_stale else "", style="yellow")
    expected = Text(percent(status.expected))
    return bar(progress), expected, Text.assemble(mark(status.code), stale)


def _name(branch: Branch) -> Text:
    node = branch.node
    is_guardrail = isinstance(node, KeyResult) and node.is_guardrail
    return Text.assemble(
        _guides(branch.trail),
        (f"{_noun(node)} ", "dim"),
        (node.key, "bold cyan" if isinstance(node, Objective) else "bold"),
        " ",
        (node.title, "bold" if branch.parent is None else ""),
        (" (guardrail)" if is_guardrail else "", "dim"),
        (" ↑ opened above" if branch.is_repeated else "", "dim"),
        (f" … {branch.hidden} more beneath" if branch.hidden else "", "dim italic"),
    )


def _noun(node: Node) -> str:
    if isinstance(node, Journey):
        return words(f"{node.level}_JOURNEY") if node.level is JourneyLevel.MICRO else "journey"
    return words(node.kind)


def _guides(trail: tuple[bool, ...]) -> Text:
    """Draw the lines that lead to a node."""
    if not trail:
        return Text()
    above = ("   " if is_last else "│  " for is_last in trail[:-1])
    return Text("".join((*above, "└─ " if trail[-1] else "├─ ")), style="dim")


def _mean(view: View, node: Node, cycle: Cycle | None) -> Text:
    """Tell what the objectives here and beneath come to, and how many of them have a value.

    A journey's own goal would only repeat its journey.
    """
    score = anchor_progress(view, node.id, cycle=cycle.id if cycle else None).all
    if not score.objectives or (isinstance(node, Goal) and node.scope is GoalScope.JOURNEY):
        return Text()
    count = len(score.objectives)
    known = round(count * score.data_coverage)
    said = f"mean of {count}" if known == count else f"mean of {known}/{count}"
    return Text(f"{said:<10} {percent(score.value):>7}", style="dim")


def _state(view: View, node: Node) -> Text:
    match node:
        case Journey():
            state = journey_health(view, node).state
            return Text() if state is HealthState.UNKNOWN else Text.assemble("health ", mark(state))
        case Opportunity():
            done = delivery(view, node)
            released = f", {len(done.released)} of {len(done.counted)} released"
            return Text(words(node.status) + (released if done.counted else ""), style="dim")
        case Solution():
            since = f" {node.released_at}" if node.released_at else ""
            return Text(f"{words(node.status)}{since}", style="dim")
        case _:
            return Text()


def _summary(view: View, found: list[Branch]) -> Text:
    objectives = {b.node.id: b.node for b in found if isinstance(b.node, Objective)}
    codes = Counter(objective_status(view, each).code for each in objectives.values())
    total = Text(f"{len(objectives)} objective{'' if len(objectives) == 1 else 's'}")
    for code in StatusCode:
        if codes[code]:
            total.append_text(Text.assemble(f"  {codes[code]} ", mark(code)))
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
