"""Which numbers a node has: each with its formula, its unit and what else is known of it."""

from dataclasses import dataclass
from decimal import Decimal

from api.cli.marks import percent, words
from domain.amount import MINUS, amount_text, number_text
from domain.anchor import AnchorScore, anchor_progress
from domain.cycle import Cycle
from domain.delivery import delivery
from domain.explain import Explain
from domain.health import SuccessMeasure, success_measures
from domain.journey import Journey
from domain.metric import Metric, Unit, UnitKind, Window, WindowKind
from domain.node import Node, NodeId
from domain.okr import KeyResult, Objective
from domain.opportunity import Opportunity
from domain.origin import explain_value
from domain.ownership import team_progress
from domain.progress import Progress, key_result_progress
from domain.questions import sources_of
from domain.reason import Reason
from domain.rollup import objective_progress
from domain.source import Connection, MetricSource
from domain.staleness import is_stale
from domain.status import Status, key_result_status, objective_status
from domain.team import Team
from domain.value import metric_value
from domain.view import View

PLAIN = Unit(kind=UnitKind.NUMBER)

Fact = tuple[str, str]
"""A name and what is told of it, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A derived number in its unit (None: a progress, 0 to 1); no value with the reason."""

    name: str
    value: Decimal | None
    unit: Unit | None = None
    reason: Reason | None
    explain: Explain
    facts: tuple[Fact, ...] = ()


def numbers_of(view: View, node: Node, cycle: Cycle | None = None) -> list[Number]:
    """List the numbers of a node: means over a cycle's objectives (None: all active ones').

    For a metric's value in a cycle the view must hold the answers of `queries_of`.
    """
    inside = cycle.id if cycle else None
    match node:
        case KeyResult():
            return [_progress(key_result_progress(view, node))]
        case Objective():
            return [_progress(objective_progress(view, node))]
        case Metric():
            return [_value(view, node, cycle)]
        case Team():
            found = team_progress(view, node, cycle=inside)
            facts = (("data coverage", percent(found.data_coverage)),)
            return [
                Number(
                    name="progress",
                    value=found.value,
                    reason=found.reason,
                    explain=found.explain,
                    facts=facts,
                )
            ]
        case _:
            return [*_means(view, node, inside), *_own(view, node)]


def status_for(view: View, node: Node, policy: str | None) -> Status | None:
    """Give the status by a policy (None: the organization's); None for what has no status."""
    match node:
        case KeyResult():
            return key_result_status(view, node, policy=policy)
        case Objective():
            return objective_status(view, node, policy=policy)
        case _:
            return None


def amount(value: Decimal | None, unit: Unit | None) -> str:
    """Write a number in its unit, a progress (None) with four decimals; a dash where it's not."""
    if value is None:
        return "–"
    return f"{value:.4f}".replace("-", MINUS) if unit is None else amount_text(value, unit)


def _progress(found: Progress) -> Number:
    facts: list[Fact] = [("state", words(found.state))]
    if found.raw is not None and found.raw != found.value:
        facts.append(("before it was cut to 0..1", amount(found.raw, None)))
    if found.score is not None:
        facts.append(("ladder score", number_text(found.score)))
    facts.append(("data coverage", percent(found.data_coverage)))
    if found.is_stale:
        facts.append(("stale", "the newest observation is older than twice its metric's cadence"))
    return Number(
        name="progress",
        value=found.value,
        reason=found.reason,
        explain=found.explain,
        facts=tuple(facts),
    )


def _means(view: View, node: Node, cycle: NodeId | None) -> list[Number]:
    found = anchor_progress(view, node.id, cycle=cycle)
    return [
        _mean("own objectives", found.own),
        _mean("objectives beneath", found.downstream),
        _mean("all of these", found.all),
    ]


def _mean(name: str, found: AnchorScore) -> Number:
    return Number(
        name=name,
        value=found.value,
        reason=found.reason,
        explain=found.explain,
        facts=(("data coverage", percent(found.data_coverage)),) if found.objectives else (),
    )


def _own(view: View, node: Node) -> list[Number]:
    if isinstance(node, Journey):
        return [_measure(view, measure) for measure in success_measures(view, node)]
    if not isinstance(node, Opportunity):
        return []
    found = delivery(view, node)
    return [Number(name="delivery", value=found.value, reason=found.reason, explain=found.explain)]


def _measure(view: View, measure: SuccessMeasure) -> Number:
    found = measure.current
    judged: Fact = ("health", f"{words(measure.state)}, {measure.explanation}")
    return Number(
        name=f"success measure {measure.metric.key}",
        value=found.value,
        unit=measure.metric.unit,
        reason=found.reason,
        explain=explain_value(view, found),
        facts=(judged,),
    )


def _value(view: View, metric: Metric, cycle: Cycle | None) -> Number:
    found = metric_value(view, metric, cycle=cycle)
    made_by = "derived" if found.derivation else words(metric.aggregation)
    facts: list[Fact] = [("aggregation", f"{made_by}, {_over(found.window)}")]
    if found.state is not None:
        facts.append(("newest observation", words(found.state)))
    if is_stale(view, metric):
        facts.append(("stale", f"a new value was due every {words(metric.cadence)}"))
    facts += [("source", _source(view, source)) for source in sources_of(view.atlas, metric.id)]
    facts += [("series break", f"{each.date}: {each.reason}") for each in metric.series_breaks]
    return Number(
        name="value",
        value=found.value,
        unit=metric.unit,
        reason=found.reason,
        explain=explain_value(view, found),
        facts=tuple(facts),
    )


def _over(window: Window) -> str:
    if window.kind is WindowKind.TRAILING:
        return f"over the last {window.days} days"
    return "since the cycle's start" if window.kind is WindowKind.CYCLE else "over all of it"


def _source(view: View, source: MetricSource) -> str:
    """Tell a source with the state of its last attempt."""
    connection = view.atlas.get(source.connection, Connection).key
    said = f"{source.precedence}. {connection}: {source.remote_metric}, {words(source.state)}"
    return f"{said}, {source.error.message}" if source.error else said
