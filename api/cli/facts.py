"""What is known of a node, as the JSON of `atlas tree` and `atlas explain` tells it."""

from decimal import Decimal

from api.cli.output import Json
from domain.anchor import AnchorScore, anchor_progress
from domain.cycle import Cycle
from domain.delivery import delivery, divergence
from domain.health import journey_health
from domain.journey import Journey
from domain.node import Node, NodeId
from domain.okr import KeyResult, Objective
from domain.opportunity import Opportunity
from domain.progress import Progress, key_result_progress
from domain.reason import Reason
from domain.rollup import objective_progress
from domain.solution import Solution
from domain.statement import key_result_statement, opportunity_statement
from domain.status import Status, key_result_status, objective_status
from domain.view import View


def facts_of(view: View, node: Node, cycle: NodeId | None) -> dict[str, Json]:
    """Tell a node's progress, status and own state; means are of a cycle (None: all active)."""
    match node:
        case Objective():
            return {
                "cycle": view.atlas.get(node.cycle, Cycle).key,
                "progress": progress_of(objective_progress(view, node)),
                "status": status_of(objective_status(view, node)),
            }
        case KeyResult():
            return {
                "statement": key_result_statement(view.atlas, node),
                "guardrail": node.is_guardrail,
                "weight": number(node.weight),
                "progress": progress_of(key_result_progress(view, node)),
                "status": status_of(key_result_status(view, node)),
            }
        case _:
            return {"objectives": means_of(view, node, cycle), **_own_state(view, node, cycle)}


def means_of(view: View, node: Node, cycle: NodeId | None) -> Json:
    """Tell the means over the objectives on a node, beneath it, and both."""
    found = anchor_progress(view, node.id, cycle=cycle)
    return {
        "own": _score(found.own),
        "downstream": _score(found.downstream),
        "all": _score(found.all),
    }


def progress_of(found: Progress) -> Json:
    """Tell a progress, 0 to 1."""
    return {
        "value": number(found.value),
        "raw": number(found.raw),
        "state": found.state,
        "score": number(found.score),
        "dataCoverage": number(found.data_coverage),
        "isStale": found.is_stale,
        "reason": reason_of(found.reason),
    }


def status_of(found: Status) -> Json:
    """Tell a status and what it rests on."""
    parameters = sorted(found.policy.parameters.items())
    return {
        "code": found.code,
        "policy": found.policy.id,
        "parameters": {name: number(value) for name, value in parameters},
        "expected": number(found.expected),
        "gap": number(found.gap),
        "explanation": found.explanation,
        "isStale": found.is_stale,
        "isWithinNoise": found.is_within_noise,
    }


def reason_of(reason: Reason | None) -> Json:
    """Tell why there is no number; None where there is one."""
    return reason and {"code": reason.code, "message": reason.message}


def number(value: Decimal | None) -> float | None:
    """Give the nearest JSON number; `exact` fields stand beside those that others compute with."""
    return None if value is None else float(value)


def _score(found: AnchorScore) -> Json:
    return {
        "value": number(found.value),
        "dataCoverage": number(found.data_coverage),
        "count": len(found.objectives),
        "reason": reason_of(found.reason),
    }


def _own_state(view: View, node: Node, cycle: NodeId | None) -> dict[str, Json]:
    match node:
        case Journey():
            return {"journeyLevel": node.level, "health": journey_health(view, node).state}
        case Opportunity():
            done = delivery(view, node)
            return {
                "statement": opportunity_statement(view.atlas, node),
                "state": node.status,
                "released": len(done.released),
                "solutions": len(done.counted),
                "divergence": divergence(view, node, cycle=cycle),
            }
        case Solution():
            return {"state": node.status, "releasedAt": node.released_at}
        case _:
            return {}
