"""Help and the list of connectors wait for nothing that they don't need."""

import subprocess
import sys

import pytest

HEAVY = ("strawberry", "sqlalchemy", "alembic", "graphql", "pydantic", "httpx", "uvicorn")


def loaded_after(program: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(said.split())


def test_help_needs_neither_graphql_nor_a_database() -> None:
    assert loaded_after("import api.cli.main").isdisjoint(HEAVY)


@pytest.mark.parametrize("absent", ["strawberry", "alembic", "api.schema"])
def test_listing_connectors_starts_no_product(absent: str) -> None:
    assert absent not in loaded_after("import api.cli.connecting")
