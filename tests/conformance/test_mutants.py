"""Each mutant fails exactly its check, and the honest connectors, which they are made of, none."""

from collections.abc import Iterable
from functools import cache

import pytest

from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.check import Result
from journey_atlas_sdk.conformance.running import run
from journey_atlas_sdk.conformance.verdict import Verdict
from tests.conformance.honest import HONEST
from tests.conformance.mutants import MUTANTS

MEMORY = 26
FEW = 300
PILED_UP = 12_000
"""Rows that must show whoever keeps them all."""


BY_KEY = {specimen.key: specimen for specimen in HONEST}


@cache
def results_of(key: str) -> tuple[Result, ...]:
    return tuple(run(BY_KEY[key], rows=FEW))


def failed(results: Iterable[Result]) -> list[str]:
    return [str(each) for each in results if each.verdict is Verdict.FAILED]


@pytest.mark.parametrize("number", sorted(MUTANTS))
def test_a_mutant_fails_its_check_and_no_other(number: int) -> None:
    rows = PILED_UP if number == MEMORY else FEW

    told = failed(run(MUTANTS[number], rows=rows))

    assert [each.partition(":")[0] for each in told] == [f"Check {number}"], "\n".join(told)


@pytest.mark.parametrize("key", BY_KEY)
def test_an_honest_connector_fails_nothing(key: str) -> None:
    assert failed(results_of(key)) == []


def test_an_honest_connector_stays_small_where_its_mutant_does_not() -> None:
    checks = [check for check in CHECKS if check.number == MEMORY]

    assert failed(run(BY_KEY["survey"], checks, rows=PILED_UP)) == []


def test_each_check_has_a_mutant() -> None:
    assert sorted(MUTANTS) == [check.number for check in CHECKS] == list(range(1, 45))


def test_each_check_applies_to_an_honest_connector() -> None:
    passed = {
        each.check.number
        for key in BY_KEY
        for each in results_of(key)
        if each.verdict is Verdict.PASSED
    }

    assert passed == {check.number for check in CHECKS}
