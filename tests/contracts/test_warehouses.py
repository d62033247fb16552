"""A warehouse that runs statements over HTTP: what its connector's author need not write."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from journey_atlas_sdk import ConnectorInfo, DataError, Observation, Pending, PullRequest
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.paging import Page
from journey_atlas_sdk.queries import Column, Statement
from journey_atlas_sdk.testing import FakeContext
from journey_atlas_sdk.warehouses import Cells, Table, Warehouse, WarehouseSettings, forgotten
from tests.plugins.questions import a_question

ROWS = [["2026-09-01", 4], ["2026-10-01", 7]]
SOON = timedelta(seconds=2)


class Slow(Warehouse[WarehouseSettings]):
    """Is done when it is looked at again, and gives a row a page."""

    info = ConnectorInfo(key="slow", title="Slow", version="1", settings=WarehouseSettings)

    async def begin(self, statement: Statement, context: Context) -> Table | Pending:
        del context
        return Pending(resume=statement.text, retry_after=SOON)

    async def go_on(self, resume: str, context: Context) -> Table | Pending:
        del resume, context
        columns = [Column("PERIOD_START"), Column("VALUE")]

        async def fetch(page: str) -> Page[Cells, str]:
            number = int(page)
            return ROWS[number : number + 1], _after(number)

        return Table(columns=columns, count=len(ROWS), rows=ROWS[:1], next=_after(0), fetch=fetch)


def _after(page: int) -> str | None:
    return str(page + 1) if page + 1 < len(ROWS) else None


def a_warehouse(**settings: Any) -> Slow:  # noqa: ANN401 -- Any: JSON
    given = {"url": "https://slow.test", "queries": {"trust": "SELECT :start"}, **settings}
    return Slow(WarehouseSettings.read(given))


async def pulled(warehouse: Slow, question: PullRequest) -> list[Observation | Pending]:
    return [each async for each in warehouse.pull(question, FakeContext())]


async def test_a_statement_is_begun_with_its_own_marks_and_gone_on_with() -> None:
    (begun,) = await pulled(a_warehouse(), a_question())
    assert isinstance(begun, Pending)

    found = await pulled(a_warehouse(), replace(a_question(), resume=begun.resume))

    assert begun.resume == "SELECT * FROM (\nSELECT :start\n) AS answer LIMIT 200001"
    assert [one.value for one in found if isinstance(one, Observation)] == [4, 7]


async def test_too_many_rows_are_refused_before_they_are_fetched() -> None:
    with pytest.raises(DataError, match="more than 1 rows"):
        await pulled(a_warehouse(max_rows=1), replace(a_question(), resume="begun"))


async def test_metrics_and_the_budget_come_from_the_settings() -> None:
    warehouse = a_warehouse()

    assert [spec.key for spec in await warehouse.discover(FakeContext())] == ["trust"]
    assert warehouse.budget_key() == "slow:https://slow.test"


def test_what_a_service_has_forgotten_is_run_anew() -> None:
    assert forgotten(Slow.info).message == "Slow no longer has the query's answer; it is run anew."
