"""The rules' page names everything that a number can answer with."""

import re
from pathlib import Path

import pytest

import domain
from domain.formula import Function
from domain.policies import POLICIES, Policy
from domain.reason import ReasonCode

RULES = (Path(domain.__file__).parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_is_explained(code: ReasonCode) -> None:
    table = RULES.split("## Reasons", maxsplit=1)[1]

    assert code in table.replace(",", " ").split()


@pytest.mark.parametrize("policy", list(POLICIES.values()), ids=lambda policy: policy.id)
def test_every_policy_and_its_parameters_are_explained(policy: Policy) -> None:
    named = {policy.id, *policy.parameters}

    assert {name for name in named if f"`{name}`" not in RULES} == set()


def test_no_subject_has_two_sections() -> None:
    subjects = re.findall(r"^## ([^(\n]+)", RULES, re.MULTILINE)

    assert sorted(subject.strip() for subject in subjects) == sorted(
        {subject.strip() for subject in subjects}
    )


def test_every_function_of_a_formula_is_named() -> None:
    section = RULES.split("## Derived metrics", maxsplit=1)[1].split("\n## ", maxsplit=1)[0]
    named = {f"`{function}`" for function in Function}

    assert {name for name in named if name not in section} == set()
