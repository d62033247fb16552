"""`atlas sync`: pull the metrics' values through their connectors."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rich.console import Console

from api.app import HISTORY, open_product
from api.cli.output import Json, show, table
from api.errors import CommandError
from api.settings import Settings
from domain.atlas import Atlas
from domain.metric import Metric
from domain.source import Connection
from domain.view import start_of
from ingest.sync import SyncResult, connections_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTask:
    """What to read: connections by key (none: all), from which day on (None: three years ago)."""

    connections: tuple[str, ...]
    since: str | None
    demo: bool


async def sync(settings: Settings, task: SyncTask, *, as_json: bool) -> int:
    """Read the sources and report each; exit code 1 where any failed."""
    async with open_product(settings, of_demo=task.demo) as product:
        atlas = await product.atlas()
        since = _since(task.since, atlas, product.clock())
        wanted = connections_of(atlas, task.connections)
        results = await product.sync.connections(atlas, wanted, since)
    data = {"sources": [_as_data(atlas, result) for result in results]}
    show(data, as_json=as_json, people=lambda console: _print(console, atlas, results))
    return 1 if any(result.run.error for result in results) else 0


def _since(day: str | None, atlas: Atlas, now: datetime) -> datetime:
    if day is None:
        return now - HISTORY
    try:
        return start_of(date.fromisoformat(day), atlas)
    except ValueError as error:
        message = f"--since wants a day such as 2024-01-01, got {day!r}."
        raise CommandError(message) from error


def _as_data(atlas: Atlas, result: SyncResult) -> Json:
    source, recorded, error = result.source, result.recorded, result.run.error
    return {
        "connection": atlas.get(source.connection, Connection).key,
        "metric": atlas.get(source.metric, Metric).key,
        "state": result.run.state,
        "new": recorded.new,
        "revised": recorded.revised,
        "unchanged": recorded.unchanged,
        "error": error and {"code": error.code, "fault": error.fault, "message": error.message},
    }


def _print(console: Console, atlas: Atlas, results: Sequence[SyncResult]) -> None:
    shown = table("Sources", "Connection", "Metric", "State", "New", "Revised", "Unchanged", "Why")
    for result in results:
        data = _as_data(atlas, result)
        why = data["error"]["message"] if data["error"] else ""
        counts = (str(data[name]) for name in ("new", "revised", "unchanged"))
        shown.add_row(data["connection"], data["metric"], data["state"], *counts, why)
    console.print(shown)
    states = Counter(result.run.state for result in results)
    console.print(", ".join(f"{count} {state}" for state, count in states.items()) or "No source.")
