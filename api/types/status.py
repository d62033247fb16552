"""Statuses: how something stands by a policy."""

from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import STATUS_CODE
from domain import status


@strawberry.type(description="A named number.")
class PolicyParameter:
    """One parameter of a policy, as it is answered."""

    name: str = described("The parameter's name.")
    value: Decimal = described("Its value.")


@strawberry.input(description="A named number that replaces a policy's default.")
class PolicyParameterInput:
    """One parameter of a policy, as it is asked for."""

    name: str = strawberry.field(
        description="The parameter's name: `on_track` and `at_risk` (pace-ratio, score-bands), "
        "`on_track_points` and `at_risk_points` (pace-gap), `pass_mark` (all)."
    )
    value: Decimal = strawberry.field(description="Its value, 0 or more.")


def parameters_in_force(policy: status.PolicyInForce, _: Reading) -> list[PolicyParameter]:
    """List a policy's parameters in order of name."""
    given = sorted(policy.parameters.items())
    return [PolicyParameter(name=name, value=value) for name, value in given]


@strawberry.type(description="A rule that turns progress and expectation into a status.")
class StatusPolicy:
    """The public face of `domain.status.PolicyInForce`."""

    id: str = described("Its name: `pace-ratio`, `pace-gap` or `score-bands`.")
    parameters = computed(
        parameters_in_force, many(PolicyParameter), "All parameters in force, in order of name."
    )


@strawberry.type(description="How a key result or an objective stands on the asked day.")
class Status:
    """The public face of `domain.status.Status`."""

    code: str = described("The status.", graphql_type=STATUS_CODE)
    policy: StatusPolicy = described("The policy that decided, with its parameters.")
    expected: float = described("The progress expected by the asked day, 0 to 1.")
    expected_exact = computed(attribute("expected"), Decimal, "The same number, exact.")
    gap: float | None = described(
        "Expected minus actual progress: above 0 is behind, below 0 ahead; null without a progress."
    )
    gap_exact = computed(attribute("gap"), maybe(Decimal), "The same number, exact.")
    explanation: str = described("One line that says why.")
    is_stale: bool = described(
        "Whether an observation behind it was older than twice its metric's cadence."
    )
    is_overdue: bool | None = described(
        "Whether a check-in is late; null while no check-ins are kept."
    )
    is_within_noise: bool | None = described(
        "Whether the 95 % interval of the last value would allow another status; null where no "
        "standard error is known."
    )


STATUS_DESCRIPTION = "How it stands; null with an error where the policy is unknown."

POLICY_ARGUMENTS = {
    "policy": "The policy's name; where nothing is said, the organization's own.",
    "parameters": "Numbers that replace the policy's defaults, or the organization's.",
}


def numbers_of(given: list[PolicyParameterInput] | None) -> dict[str, Decimal]:
    """Give the asked parameters by name; of two with one name the later counts."""
    return {parameter.name: parameter.value for parameter in given or ()}
