"""The root fields of the tables: their rows as lists, or opened for whoever streams them."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import strawberry

from api.context import Context
from api.errors import BadUserInput
from api.execution.limits import Limits
from api.execution.prices import PAGE_ADVICE
from api.fields import Field, Value, many, public_parameters
from api.tables.table import Asked, Opened, Row, Table


@dataclass(slots=True)
class Opening(Context):
    """An operation whose one field only opens its table: its rows are streamed afterwards."""

    opened: Opened | None = None

    @property
    def seconds(self) -> float:
        """How long the stream may take in all."""
        return self.services.limits.table_seconds


def rows_field(table: Table[Any]) -> Field:  # Any: whichever table
    """Declare the root field that gives a table's rows."""

    async def rows(info: strawberry.Info[Context, Any], **given: Value) -> list[Row]:
        context = info.context
        reading = await context.read(
            info.path, **{name: given.pop(name, None) for name in table.reads}
        )
        opened = Opened(table, reading, _asked(given))
        if isinstance(context, Opening):
            context.opened = opened
            return []
        return await _listed(opened, context)

    rows.__name__ = table.name
    parameters = [_INFO, *(_READING[name] for name in table.reads), *_PAGING.values()]
    signature = inspect.Signature([*parameters, *table.source.parameters])
    rows.__signature__ = signature  # type: ignore[attr-defined]  # strawberry reads it
    return strawberry.field(
        resolver=rows, graphql_type=many(table.row), description=table.description
    )


async def _listed(opened: Opened, context: Context) -> list[Row]:
    """Read all rows; an answer in JSON holds no more of them than of other nodes."""
    found: list[Row] = []
    async for batch in opened.batches():
        context.require_running()
        context.count(len(batch), advice=PAGE_ADVICE)
        found += batch
    return found


def _asked(given: dict[str, Value]) -> Asked:
    offset, limit = given.pop("offset", None), given.pop("limit", None)
    for name, size in (("offset", offset), ("limit", limit)):
        if size is not None and size < 0:
            message = f"`{name}` is 0 or more; {size} was asked for."
            raise BadUserInput(message)
    after = given.pop("after", None)
    own = {name: value for name, value in given.items() if value is not None}
    return Asked(after=after, offset=offset or 0, limit=limit, given=own)


def _paging(
    _record: object,
    _reading: object,
    *,
    limit: int | None = None,
    offset: int | None = None,
    after: str | None = None,
) -> None:
    """Hold the types of what every table takes; never called."""


def _reading_arguments(
    _record: object,
    _reading: object,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    cycle: str | None = None,
) -> None:
    """Hold the types of the reading arguments; never called."""


def _by_name(parameters: Sequence[inspect.Parameter]) -> dict[str, inspect.Parameter]:
    return {each.name: each for each in parameters}


_INFO = inspect.Parameter(
    "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info[Context, Any]
)
_PAGING = _by_name(
    public_parameters(
        _paging,
        {
            "limit": "How many rows at most; where nothing is said, all. In JSON an answer holds "
            f"{Limits().nodes:,} at most: more are refused with COST_LIMIT, never cut off.",
            "offset": "How many rows to leave out, from the start or behind `after`. `after` is "
            "faster, and nothing is lost or repeated when rows are added meanwhile.",
            "after": "The `cursor` of a row of this table: begin with the row that follows it.",
        },
    )
)
_READING = _by_name(
    public_parameters(
        _reading_arguments,
        {
            "as_of": "The day, in the organization's zone; where nothing is said, today. It moves "
            "values, expectation and status; nodes, links and targets are the present ones until "
            "they have a history.",
            "known_at": "What was known at that moment, whatever was back-filled later; where "
            "nothing is said, all that is known now. It moves values only.",
            "cycle": "A cycle's key: it and the cycles inside it. Where nothing is said, rows of "
            "every cycle, and means over all active ones.",
        },
    )
)
