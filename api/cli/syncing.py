"""`atlas sync`: pull the metrics' values through their connectors."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rich.console import Console
from rich.progress import Progress, TaskID

from api.app import HISTORY, open_product
from api.cli.marks import words
from api.cli.output import Json, bars, number_columns, show, table, tell
from api.cli.running import day_of_flag
from api.settings import Settings
from domain.atlas import Atlas
from domain.metric import Metric, Observation
from domain.node import NodeId, OrganizationId
from domain.source import Connection, MetricSource
from domain.view import start_of
from ingest.sync import Recorder, SyncResult, connections_of
from journey_atlas_sdk import Fault
from journey_atlas_sdk.hosting.tracing import Event
from storage.recording import RecordResult
from storage.sync_runs import SyncRun


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTask:
    """What to read: connections by key (none: all), from which day on (None: three years ago)."""

    connections: tuple[str, ...]
    since: str | None
    demo: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A recorder that moves a connection's bar on with every source that is done."""

    recorder: Recorder
    progress: Progress
    atlas: Atlas
    tasks: Mapping[NodeId, TaskID]

    async def record(
        self,
        organization: OrganizationId,
        observations: Iterable[Observation],
        *,
        now: datetime,
        run: SyncRun | None = None,
    ) -> RecordResult:
        """Let the recorder write, then say which source that was."""
        result = await self.recorder.record(organization, observations, now=now, run=run)
        if run is not None:
            source = self.atlas.get(run.source, MetricSource)
            said = f"{self.atlas.get(source.metric, Metric).key} {words(run.state)}"
            self.progress.update(self.tasks[source.connection], advance=1, said=said)
        return result


async def sync(settings: Settings, task: SyncTask, *, as_json: bool) -> int:
    """Read the sources and report each; exit code 1 where any failed."""
    first_day = day_of_flag("--since", task.since)
    async with open_product(settings, of_demo=task.demo) as product:
        atlas = await product.atlas()
        since = start_of(first_day, atlas) if first_day else product.clock() - HISTORY
        wanted = connections_of(atlas, task.connections)
        with bars() as progress:
            tasks = _tasks(progress, atlas, wanted)
            recorder = Shown(product.sync.recorder, progress, atlas, tasks)
            trace = _show if settings.trace else None
            results = await replace(product.sync, recorder=recorder, trace=trace).connections(
                atlas, wanted, since
            )
    data = {"sources": [_as_data(atlas, result) for result in results]}
    show(data, as_json=as_json, people=lambda console: _print(console, atlas, results))
    return 1 if any(result.run.error for result in results) else 0


def _show(connection: str, event: Event) -> None:
    tell(f"{connection}  {event}")


def _tasks(progress: Progress, atlas: Atlas, wanted: Sequence[Connection]) -> dict[NodeId, TaskID]:
    """Begin a bar for each connection, as long as it has sources."""
    sources = Counter(source.connection for source in atlas.all(MetricSource))
    return {
        each.id: progress.add_task(each.key, total=sources[each.id], said="") for each in wanted
    }


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
    number_columns(shown, "New", "Revised", "Unchanged")
    for result in results:
        data = _as_data(atlas, result)
        why = data["error"]["message"] if data["error"] else ""
        counts = (str(data[name]) for name in ("new", "revised", "unchanged"))
        shown.add_row(data["connection"], data["metric"], data["state"], *counts, why)
    console.print(shown)
    states = Counter(result.run.state for result in results)
    console.print(", ".join(f"{count} {state}" for state, count in states.items()) or "No source.")
    if any(result.run.error and result.run.error.fault == Fault.PLUGIN for result in results):
        console.print("With --trace you see where a plugin failed.")
