"""How a key result or an objective stands on a day, by a policy, and why."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial

from domain.cycle import Cycle
from domain.exact import ZERO, clamped, decimal_of
from domain.expected import expected_progress
from domain.node import NodeId
from domain.okr import (
    THRESHOLD_KINDS,
    ExpectedCurve,
    KeyResult,
    KeyResultKind,
    Objective,
    RollupMode,
)
from domain.policies import (
    ChosenPolicy,
    Parameters,
    Policy,
    StatusCode,
    Verdict,
    choose_policy,
)
from domain.progress import Progress, ProgressState, cycle_of, key_result_progress
from domain.rollup import counted_items, guardrails_of, objective_progress
from domain.view import View, remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """A policy's id and all its parameters, defaults included."""

    id: str
    parameters: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status and what it rests on.

    `expected` is the progress (0 to 1) expected by the day, `gap` expected minus progress: positive
    is behind, None without a progress. `is_stale`: an observation behind the progress is older than
    twice its metric's cadence. `is_overdue` (a check-in is late) is None as long as no check-ins
    are kept. `is_within_noise`: the 95 % interval of the last value would allow another status;
    None where no standard error is known.
    """

    code: StatusCode
    policy: PolicyInForce
    expected: Decimal
    gap: Decimal | None
    explanation: str
    is_stale: bool
    is_overdue: bool | None = None
    is_within_noise: bool | None = None


def key_result_status(
    view: View,
    key_result: KeyResult,
    *,
    policy: str | None = None,
    parameters: Parameters | None = None,
    policies: Mapping[str, Policy] | None = None,
) -> Status:
    """Give a key result's status by a policy (None: the organization's); Refused: no such one."""
    chosen = choose_policy(view.atlas.organization, policy, parameters, policies=policies)
    key = _memo_key("key_result_status", key_result.id, chosen)
    return remembered(view, key, partial(_key_result_status, view, key_result, chosen))


def objective_status(
    view: View,
    objective: Objective,
    *,
    policy: str | None = None,
    parameters: Parameters | None = None,
    policies: Mapping[str, Policy] | None = None,
) -> Status:
    """Give an objective's status by a policy (None: the organization's); Refused: no such one.

    A breached guardrail caps it at AT_RISK and is named first.
    """
    chosen = choose_policy(view.atlas.organization, policy, parameters, policies=policies)
    key = _memo_key("objective_status", objective.id, chosen)
    return remembered(view, key, partial(_objective_status, view, objective, chosen))


def is_breached(view: View, guardrail: KeyResult, chosen: ChosenPolicy) -> bool:
    """Tell whether a guardrail doesn't hold; without data that isn't known: False.

    A threshold is breached while its last period lies outside of its bounds, another kind while it
    is OFF_TRACK, MISSED or worse than its baseline.
    """
    progress = key_result_progress(view, guardrail)
    if guardrail.result_kind in THRESHOLD_KINDS:
        return progress.met_now is False
    code = _key_result_status(view, guardrail, chosen).code
    is_lost = code in (StatusCode.OFF_TRACK, StatusCode.MISSED)
    return is_lost or progress.state is ProgressState.REGRESSED


def _memo_key(function: str, node: NodeId, chosen: ChosenPolicy) -> Hashable:
    parameters = tuple(sorted(chosen.parameters.items()))
    return (function, node, chosen.policy.id, chosen.policy.judge, parameters)


@dataclass(frozen=True, slots=True)
class _Moment:
    """Where in its cycle a day lies, and the progress expected by then."""

    has_begun: bool
    is_over: bool
    expected: Fraction


def _moment(view: View, cycle: Cycle, curve: ExpectedCurve) -> _Moment:
    return _Moment(
        has_begun=view.today >= cycle.start,
        is_over=view.today > cycle.end,
        expected=expected_progress(curve, cycle, view.today),
    )


def _key_result_status(view: View, key_result: KeyResult, chosen: ChosenPolicy) -> Status:
    objective = view.atlas.get(key_result.objective, Objective)
    progress = key_result_progress(view, key_result)
    moment = _moment(view, cycle_of(view, key_result), key_result.curve or objective.curve)
    verdict = _before_everything(progress, moment)
    if verdict is not None:
        return _status(progress, moment, chosen, verdict)
    decide = partial(_decided, key_result.result_kind, moment=moment, chosen=chosen)
    verdict = decide(progress.exact or ZERO, met_now=bool(progress.met_now))
    status = _status(progress, moment, chosen, verdict)
    return replace(status, is_within_noise=_is_within_noise(progress, decide))


def _before_everything(progress: Progress, moment: _Moment) -> Verdict | None:
    if not moment.has_begun:
        return Verdict(StatusCode.NOT_STARTED, "The cycle hasn't begun.")
    if progress.exact is None:
        because = progress.reason.message if progress.reason else "There is no value."
        return Verdict(StatusCode.NO_DATA, because)
    return None


def _status(progress: Progress, moment: _Moment, chosen: ChosenPolicy, verdict: Verdict) -> Status:
    gap = None
    if progress.exact is not None:
        gap = decimal_of(moment.expected - clamped(progress.exact))
    stale = " The newest observation behind it is stale." if progress.is_stale else ""
    return Status(
        code=verdict.code,
        policy=PolicyInForce(id=chosen.policy.id, parameters=chosen.parameters),
        expected=decimal_of(moment.expected),
        gap=gap,
        explanation=verdict.because + stale,
        is_stale=progress.is_stale,
    )


def _decided(
    kind: KeyResultKind, raw: Fraction, *, met_now: bool, moment: _Moment, chosen: ChosenPolicy
) -> Verdict:
    if kind in THRESHOLD_KINDS:
        return _threshold_verdict(raw, met_now=met_now, moment=moment, chosen=chosen)
    can_be_achieved = moment.is_over or kind is not KeyResultKind.ESTABLISH_BASELINE
    return _paced(raw, moment, chosen, can_be_achieved=can_be_achieved)


def _paced(
    raw: Fraction, moment: _Moment, chosen: ChosenPolicy, *, can_be_achieved: bool
) -> Verdict:
    if raw >= 1 and can_be_achieved:
        return Verdict(StatusCode.ACHIEVED, f"{float(raw):.4f} reaches the target.")
    if moment.is_over and not chosen.policy.judges_after_end:
        because = f"The cycle is over at {float(raw):.4f}, short of the target."
        return Verdict(StatusCode.MISSED, because)
    return chosen.judge(clamped(raw), moment.expected)


def _threshold_verdict(
    compliance: Fraction, *, met_now: bool, moment: _Moment, chosen: ChosenPolicy
) -> Verdict:
    passes = compliance >= chosen.pass_mark
    mark = f"{float(compliance):.4f} of the periods met it, {float(chosen.pass_mark):.4f} pass."
    if moment.is_over:
        if passes:
            return Verdict(StatusCode.ACHIEVED, f"The cycle is over: {mark}")
        if not chosen.policy.judges_after_end:
            return Verdict(StatusCode.MISSED, f"The cycle is over: {mark}")
        return chosen.judge(compliance, moment.expected)
    if not met_now:
        return Verdict(StatusCode.OFF_TRACK, f"Broken in the last period: {mark}")
    code = StatusCode.ON_TRACK if passes else StatusCode.AT_RISK
    return Verdict(code, f"Met now: {mark}")


def _is_within_noise(progress: Progress, decide: Callable[..., Verdict]) -> bool | None:
    """Decide again at both ends of the interval: another status there means noise decides."""
    noise = progress.noise
    if noise is None:
        return None
    if progress.met_now is None:
        ends = {decide(raw, met_now=False).code for raw in (noise.lowest, noise.highest)}
    else:
        sides = (True, False) if noise.crosses_bound else (progress.met_now,)
        ends = {decide(noise.lowest, met_now=met_now).code for met_now in sides}
    return len(ends) > 1


def _objective_status(view: View, objective: Objective, chosen: ChosenPolicy) -> Status:
    progress = objective_progress(view, objective)
    cycle = view.atlas.get(objective.cycle, Cycle)
    moment = _moment(view, cycle, objective.curve)
    verdict = _before_everything(progress, moment)
    if verdict is None:
        verdict = _objective_verdict(view, objective, moment, chosen)
    if moment.has_begun:
        verdict = _guarded(view, objective, verdict, chosen)
    return _status(progress, moment, chosen, verdict)


def _objective_verdict(
    view: View, objective: Objective, moment: _Moment, chosen: ChosenPolicy
) -> Verdict:
    raw = objective_progress(view, objective).exact or ZERO
    if objective.rollup is RollupMode.MANUAL:
        return _paced(raw, moment, chosen, can_be_achieved=True)
    nodes = [item.node for item in counted_items(view, objective) if item.weight > 0]
    key_results = [node for node in nodes if isinstance(node, KeyResult)]
    thresholds = [kr for kr in key_results if kr.result_kind in THRESHOLD_KINDS]
    if len(thresholds) == len(nodes):
        return _worst(view, thresholds, chosen)
    if moment.is_over and len(key_results) == len(nodes):
        worst = _worst(view, key_results, chosen)
        if worst.code is StatusCode.ACHIEVED:
            return worst
    return _paced(raw, moment, chosen, can_be_achieved=moment.is_over or not thresholds)


def _worst(view: View, key_results: list[KeyResult], chosen: ChosenPolicy) -> Verdict:
    statuses = [(kr, _key_result_status(view, kr, chosen)) for kr in key_results]
    known = [each for each in statuses if each[1].code is not StatusCode.NO_DATA]
    key_result, worst = max(known, key=lambda each: _SEVERITY.index(each[1].code))
    return Verdict(worst.code, f"{key_result.key} decides: {worst.explanation}")


_SEVERITY = (
    StatusCode.ACHIEVED,
    StatusCode.ON_TRACK,
    StatusCode.AT_RISK,
    StatusCode.MISSED,
    StatusCode.OFF_TRACK,
)

_BETTER_THAN_AT_RISK = (StatusCode.ACHIEVED, StatusCode.ON_TRACK)


def _guarded(view: View, objective: Objective, verdict: Verdict, chosen: ChosenPolicy) -> Verdict:
    guardrails = guardrails_of(view, objective)
    breached = [kr.key for kr in guardrails if is_breached(view, kr, chosen)]
    unknown = [kr.key for kr in guardrails if key_result_progress(view, kr).exact is None]
    because = verdict.because
    if unknown:
        because = f"Unknown for want of data: guardrail {', '.join(unknown)}. {because}"
    if not breached:
        return Verdict(verdict.code, because)
    is_capped = verdict.code in _BETTER_THAN_AT_RISK
    effect = f", so {StatusCode.AT_RISK} instead of {verdict.code}" if is_capped else ""
    because = f"Breached: guardrail {', '.join(breached)}{effect}. {because}"
    return Verdict(StatusCode.AT_RISK if is_capped else verdict.code, because)
