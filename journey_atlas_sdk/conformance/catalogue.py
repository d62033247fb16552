"""All checks of the contract, in order of number."""

from typing import Final

from journey_atlas_sdk.conformance.check import Check
from journey_atlas_sdk.conformance.checks import (
    asking,
    failure,
    limits,
    loading,
    paging,
    periods,
    records,
    security,
    values,
    waiting,
)

CHECKS: Final[tuple[Check, ...]] = tuple(
    sorted(
        (
            *loading.CHECKS,
            *asking.CHECKS,
            *values.CHECKS,
            *periods.CHECKS,
            *paging.CHECKS,
            *failure.CHECKS,
            *waiting.CHECKS,
            *limits.CHECKS,
            *security.CHECKS,
            *records.CHECKS,
        ),
        key=lambda check: check.number,
    )
)
