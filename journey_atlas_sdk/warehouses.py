"""Data warehouses that take a statement over HTTP, work on it for a while, and give rows.

For connectors of such services, which tell only how theirs is asked; imported by its own name.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from journey_atlas_sdk.connector import (
    Connector,
    ConnectorInfo,
    MetricSpec,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.observations import Observation
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.queries import Column, QuerySettings, Statement, read_answer
from journey_atlas_sdk.web import ServiceSettings

Cells = Sequence[object]
"""A row's cells in the order of the columns; None where one is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a statement gives: `count` rows in all, of which the first ones are here.

    `fetch` gives those of a page, and where the next one is; `next` None: there are no more.
    """

    columns: Sequence[Column]
    count: int
    rows: Sequence[Cells]
    fetch: Callable[[str], Awaitable[Page[Cells, str]]]
    next: str | None = None

    async def all_rows(self) -> list[Cells]:
        """Fetch what isn't here yet."""
        if self.next is None:
            return [*self.rows]
        return [*self.rows, *[row async for row in pages(self.fetch, self.next)]]


class WarehouseSettings(QuerySettings, ServiceSettings):
    """Where a warehouse is, and the query of each metric; the base of a connector's settings."""


W = TypeVar("W", bound=WarehouseSettings)


class Warehouse(Connector[W]):
    """Runs the query of a metric, comes back to it while it takes long, and reads its rows."""

    def mark(self, name: str) -> str:
        """Write the mark for a bound name as the service knows it."""
        return f":{name}"

    @abstractmethod
    async def begin(self, statement: Statement, context: Context) -> Table | Pending:
        """Send a statement; give its answer, or what is needed to go on."""

    @abstractmethod
    async def go_on(self, resume: str, context: Context) -> Table | Pending:
        """Look at a statement that was begun, maybe by another process."""

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Give the rows of the metric's query that have exactly the asked dimensions."""
        if request.resume is None:
            statement = self.settings.statement(request, self.mark)
            answer = await self.begin(statement, context)
        else:
            answer = await self.go_on(request.resume, context)
        if isinstance(answer, Pending):
            yield answer
            return
        self.settings.require_few(request.metric, answer.count)
        rows = await answer.all_rows()
        read = partial(read_answer, request, answer.columns, rows, now=context.now())
        for observation in await context.blocking(read, weight=0):
            yield observation

    async def check(self, context: Context) -> None:
        """Begin SELECT 1."""
        await self.begin(Statement("SELECT 1"), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a query; only their answers tell their dimensions."""
        del context
        return self.settings.specs()

    def budget_key(self) -> str:
        """Name the warehouse: requests to it are counted together."""
        return f"{self.info.key}:{self.settings.url}"


def forgotten(info: ConnectorInfo) -> DataError:
    """Make the error for an answer that a service no longer has."""
    return DataError(f"{info.title} no longer has the query's answer; it is run anew.")
