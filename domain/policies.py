"""Status policies: named rules that turn progress and expectation into a status.

A policy is a value in a mapping, so that more of them can be registered beside the built-in ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from domain.errors import Refused
from domain.organization import Organization

Parameters = Mapping[str, Decimal]


class StatusCode(StrEnum):
    """How a key result or an objective stands."""

    NOT_STARTED = "NOT_STARTED"
    NO_DATA = "NO_DATA"
    ACHIEVED = "ACHIEVED"
    MISSED = "MISSED"
    ON_TRACK = "ON_TRACK"
    AT_RISK = "AT_RISK"
    OFF_TRACK = "OFF_TRACK"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status and the sentence that says why."""

    code: StatusCode
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A rule for statuses.

    `judge` gets progress and expected progress (both 0 to 1) and complete parameters. `parameters`
    are the defaults; `pass_mark` is among them for every policy: the compliance (0 to 1) at which a
    threshold is on track. `judges_after_end`: its verdict replaces MISSED.
    """

    id: str
    parameters: Parameters
    judge: Callable[[Fraction, Fraction, Parameters], Verdict]
    judges_after_end: bool = False


@dataclass(frozen=True, slots=True)
class ChosenPolicy:
    """A policy with the parameters in force, defaults included."""

    policy: Policy
    parameters: Parameters

    def judge(self, progress: Fraction, expected: Fraction) -> Verdict:
        """Apply the policy to progress and expected progress (both 0 to 1)."""
        return self.policy.judge(progress, expected, self.parameters)

    @property
    def pass_mark(self) -> Fraction:
        """The compliance (0 to 1) at which a threshold is on track."""
        return Fraction(self.parameters["pass_mark"])


def choose_policy(
    organization: Organization,
    policy: str | None = None,
    parameters: Parameters | None = None,
    *,
    policies: Mapping[str, Policy] | None = None,
) -> ChosenPolicy:
    """Choose a policy by its id (None: the organization's) and complete its parameters.

    The organization's own parameters hold for its own policy. Refused names the legal policies or
    parameters. `policies` (None: the built-in ones) is where ids are looked up.
    """
    known = POLICIES if policies is None else policies
    policy_id = organization.status_policy if policy is None else policy
    chosen = known.get(policy_id)
    if chosen is None:
        message = f"There is no status policy {policy_id}."
        raise Refused(message, path=("policy",), legal=tuple(known))
    own: Parameters = {}
    if policy_id == organization.status_policy:
        own = organization.status_parameters
    return ChosenPolicy(chosen, _completed(chosen, {**own, **(parameters or {})}))


def _completed(policy: Policy, given: Parameters) -> Parameters:
    for name, value in given.items():
        if name not in policy.parameters:
            message = f"The policy {policy.id} has no parameter {name}."
            raise Refused(message, path=("parameters", name), legal=tuple(policy.parameters))
        if not value.is_finite() or value < 0:
            message = f"A policy's parameter is a number of 0 or more; {name} is {value}."
            raise Refused(message, path=("parameters", name))
    return MappingProxyType({**policy.parameters, **given})


def _banded(*, is_on_track: bool, is_at_risk: bool) -> StatusCode:
    if is_on_track:
        return StatusCode.ON_TRACK
    return StatusCode.AT_RISK if is_at_risk else StatusCode.OFF_TRACK


def _pace_ratio(progress: Fraction, expected: Fraction, parameters: Parameters) -> Verdict:
    code = _banded(
        is_on_track=progress >= Fraction(parameters["on_track"]) * expected,
        is_at_risk=progress >= Fraction(parameters["at_risk"]) * expected,
    )
    pace = f"{float(progress / expected):.2f} of it" if expected else "nothing is expected yet"
    return Verdict(code, f"{float(progress):.4f} against {float(expected):.4f} expected: {pace}.")


def _pace_gap(progress: Fraction, expected: Fraction, parameters: Parameters) -> Verdict:
    gap = (expected - progress) * 100
    code = _banded(
        is_on_track=gap <= Fraction(parameters["on_track_points"]),
        is_at_risk=gap <= Fraction(parameters["at_risk_points"]),
    )
    side = "behind" if gap > 0 else "ahead"
    distance = f"{float(abs(gap)):.1f} points {side}"
    return Verdict(
        code, f"{float(progress):.4f} against {float(expected):.4f} expected: {distance}."
    )


def _score_bands(progress: Fraction, _: Fraction, parameters: Parameters) -> Verdict:
    on_track, at_risk = parameters["on_track"], parameters["at_risk"]
    code = _banded(is_on_track=progress >= on_track, is_at_risk=progress >= at_risk)
    bands = f"{on_track} is on track, {at_risk} at risk"
    return Verdict(code, f"{float(progress):.4f} by itself: {bands}.")


_PASS_MARK = {"pass_mark": Decimal("0.9")}

POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        policy.id: policy
        for policy in (
            Policy(
                id="pace-ratio",
                parameters={"on_track": Decimal("0.9"), "at_risk": Decimal("0.7"), **_PASS_MARK},
                judge=_pace_ratio,
            ),
            Policy(
                id="pace-gap",
                parameters={
                    "on_track_points": Decimal(10),
                    "at_risk_points": Decimal(25),
                    **_PASS_MARK,
                },
                judge=_pace_gap,
            ),
            Policy(
                id="score-bands",
                parameters={"on_track": Decimal("0.7"), "at_risk": Decimal("0.4"), **_PASS_MARK},
                judge=_score_bands,
                judges_after_end=True,
            ),
        )
    }
)
