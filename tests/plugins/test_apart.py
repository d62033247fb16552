"""A plugin is found again by the process that runs it apart, however it came."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from journey_atlas_sdk import ConnectorBug, Observation
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.places import place_of
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from plugins.discovery import load_plugins
from tests.plugins.canteen import MEALS, SIMPLEST
from tests.plugins.questions import a_question, days


async def test_a_loose_file_runs_apart_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text(SIMPLEST)
    meals = tmp_path / "meals.csv"
    meals.write_text(MEALS)
    question = a_question("meals", window=days("2026-09-01", "2026-11-01"))
    lending = Lending(connection="acme.canteen", budgets=MemoryBudgets(RealClock()))

    with closing(Children()) as children:
        registry = load_plugins(tmp_path, distributions=[]).with_apart(["canteen"], children)
        connector = registry.open("canteen", {"file": str(meals)})
        async with lend(connector, lending) as context:
            found = await pulling.pull(connector, question, context)

    values = [one.value for one in found if isinstance(one, Observation)]  # type: ignore[union-attr]  # it isn't pending
    assert values == [Decimal(4120), Decimal(4388)]


def test_a_class_that_no_other_process_would_find_is_named() -> None:
    class Local:
        """Made here."""

    with pytest.raises(ConnectorBug, match="Local is made in a function"):
        place_of(Local)
