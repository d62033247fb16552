"""Run checks on a specimen: each in a loop, a time and a folder of its own."""

from collections.abc import Iterable, Iterator
from typing import Final

from journey_atlas_sdk.conformance import virtual_time
from journey_atlas_sdk.conformance.bench import a_bench
from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.check import Check, Result
from journey_atlas_sdk.conformance.comparing import told_error
from journey_atlas_sdk.conformance.specimen import Specimen
from journey_atlas_sdk.conformance.stage import Make, here
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable, Verdict
from journey_atlas_sdk.conformance.wire import Endless, FakeIsBroken
from journey_atlas_sdk.errors import ConnectorError

ROWS: Final = 100_000
"""How many rows very many are, unless one says otherwise."""


def run(
    specimen: Specimen, checks: Iterable[Check] = CHECKS, *, rows: int = ROWS, make: Make = here
) -> Iterator[Result]:
    """Run checks one after another; nothing that a connector does ends the others."""
    for check in checks:
        yield run_one(check, specimen, rows=rows, make=make)


def run_one(check: Check, specimen: Specimen, *, rows: int = ROWS, make: Make = here) -> Result:
    """Run one check."""
    try:
        with a_bench(specimen, rows=rows, make=make) as bench:
            virtual_time.run(check.run(bench))
    except NotApplicable as error:
        return Result(check=check, verdict=Verdict.NOT_APPLICABLE, reason=error.reason)
    except (Exception, Endless, FakeIsBroken) as error:  # noqa: BLE001 -- of authors' own code
        expected, seen = _told(error)
        return Result(check=check, verdict=Verdict.FAILED, expected=expected, seen=seen)
    return Result(check=check, verdict=Verdict.PASSED)


def _told(error: BaseException) -> tuple[str, str]:
    """Say what was expected and what was seen where a check came to no end of its own."""
    match error:
        case Mismatch():
            return error.expected, error.seen
        case ConnectorError():
            return "an answer", told_error(error)
        case Endless():
            return "the pull comes to an end", str(error)
        case FakeIsBroken():
            return "the specimen's fake answers", str(error)
        case _:
            return "the specimen works", f"{type(error).__name__}: {error}"
