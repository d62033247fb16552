"""docs/frontend/error-codes.md lists every code that a client can meet, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import journey_atlas_sdk
from api import app
from api.errors import Costly, QueryError, Stopped
from api.execution.documents import PARSE_FAILED, VALIDATION_FAILED
from domain.errors import DomainError, NotFound, Rejected
from ingest.failing import ADVICE, SwitchedOff
from journey_atlas_sdk import ConnectorError

PAGE = (Path(__file__).parents[2] / "docs/frontend/error-codes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))

THE_HOUSE = app
"""Imported whole, so that all its errors are known."""

NEVER_TOLD = {Costly, Stopped, Rejected, DomainError}
"""They end up as others: each of several problems is told by itself."""


def below(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for each in error.__subclasses__():
        yield from below(each)


def codes_of(error: type[Exception]) -> set[str]:
    """Give the codes of our own errors; tests make further ones."""
    ours = (each for each in below(error) if not each.__module__.startswith("tests"))
    return {str(getattr(each, "code", "")) for each in ours if each not in NEVER_TOLD}


def listed(section: str) -> set[str]:
    rows = [line.split("|")[1] for line in SECTIONS[section].splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([A-Z_]+)`", row)}


def test_every_code_of_errors_is_listed() -> None:
    parsing = {PARSE_FAILED, VALIDATION_FAILED}

    assert listed("In `errors`") == codes_of(QueryError) | parsing | {NotFound.code}


def test_every_code_of_user_errors_is_listed() -> None:
    assert listed("In `userErrors`") == codes_of(DomainError) | {"BAD_USER_INPUT"}


def test_every_code_of_sources_is_listed_with_its_fault() -> None:
    of_connectors: list[type[ConnectorError]] = [
        error
        for error in vars(journey_atlas_sdk).values()
        if isinstance(error, type) and issubclass(error, ConnectorError)
        if error is not ConnectorError
    ]
    known: list[type[ConnectorError]] = [*of_connectors, SwitchedOff]
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", SECTIONS["Of sources"], re.MULTILINE)

    assert dict(rows) == {error.code: error.fault.value for error in known}
    assert set(ADVICE) == set(dict(rows))
