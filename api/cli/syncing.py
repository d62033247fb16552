"""`atlas sync`: pull the metrics' values through their connectors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from rich.progress import Progress, TaskID

from api.app import HISTORY, open_product
from api.cli.marks import words
from api.cli.output import Json, bars, number_columns, show, table, tell
from api.cli.running import day_of_flag
from api.settings import Settings
from domain.atlas import Atlas
from domain.metric import Metric
from domain.node import NodeId
from domain.source import Connection, MetricSource, RunState
from domain.view import start_of
from ingest.plan import Missing
from ingest.reading import Errand
from ingest.sync import Read, connections_of
from journey_atlas_sdk import Fault, PullReason
from journey_atlas_sdk.hosting.tracing import Event
from storage.readings import Unread
from storage.recording import RecordResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTask:
    """What to read: connections by key (none: all), from which day on (None: three years ago)."""

    connections: tuple[str, ...]
    since: str | None
    demo: bool


async def sync(settings: Settings, task: SyncTask, *, as_json: bool) -> int:
    """Read the sources and report each; exit code 1 where any failed."""
    first_day = day_of_flag("--since", task.since)
    async with open_product(settings, of_demo=task.demo) as product:
        atlas = await product.atlas()
        history = product.clock() - start_of(first_day, atlas) if first_day else HISTORY
        wanted = connections_of(atlas, task.connections)
        target = Missing(history=history, afresh=True)
        errand = Errand(reason=PullReason.SCHEDULED, target=target)
        with bars() as progress:
            bar = Bars(progress, atlas, _tasks(progress, atlas, wanted))
            opener = replace(product.sync.opener, trace=_show if settings.trace else None)
            reader = replace(product.sync, opener=opener)
            results = await reader.connections(atlas, wanted, errand, told=bar.move)
    data = [_as_data(atlas, source, result) for source, result in results]
    show({"sources": data}, as_json=as_json, people=lambda console: _print(console, data))
    return 1 if any(each["error"] for each in data) else 0


@dataclass(frozen=True, slots=True)
class Bars:
    """Connections' bars, which move on with every source that is done."""

    progress: Progress
    atlas: Atlas
    tasks: Mapping[NodeId, TaskID]

    def move(self, source: MetricSource, result: Read) -> None:
        """Say which source that was, and how it went."""
        said = f"{self.atlas.get(source.metric, Metric).key} {words(_state(result))}"
        self.progress.update(self.tasks[source.connection], advance=1, said=said)


def _show(connection: str, event: Event) -> None:
    tell(f"{connection}  {event}")


def _tasks(progress: Progress, atlas: Atlas, wanted: Sequence[Connection]) -> dict[NodeId, TaskID]:
    """Begin a bar for each connection, as long as it has sources."""
    sources = Counter(source.connection for source in atlas.all(MetricSource))
    return {
        each.id: progress.add_task(each.key, total=sources[each.id], said="") for each in wanted
    }


def _state(result: Read) -> RunState:
    """Tell how a source is; one that isn't read now still works on what it was asked before."""
    return RunState.WAITING if isinstance(result, Unread) else result.run.state


def _as_data(atlas: Atlas, source: MetricSource, result: Read) -> Json:
    run = None if isinstance(result, Unread) else result.run
    recorded, error = run.recorded if run else RecordResult(), run.error if run else None
    return {
        "connection": atlas.get(source.connection, Connection).key,
        "metric": atlas.get(source.metric, Metric).key,
        "state": _state(result),
        "new": recorded.new,
        "revised": recorded.revised,
        "unchanged": recorded.unchanged,
        "error": error and {"code": error.code, "fault": error.fault, "message": error.message},
    }


def _print(console: Console, sources: Sequence[Json]) -> None:
    shown = table("Sources", "Connection", "Metric", "State", "New", "Revised", "Unchanged", "Why")
    number_columns(shown, "New", "Revised", "Unchanged")
    for each in sources:
        why = each["error"]["message"] if each["error"] else ""
        counts = (str(each[name]) for name in ("new", "revised", "unchanged"))
        shown.add_row(each["connection"], each["metric"], each["state"], *counts, why)
    console.print(shown)
    states = Counter(each["state"] for each in sources)
    console.print(", ".join(f"{count} {state}" for state, count in states.items()) or "No source.")
    if any(each["error"] and each["error"]["fault"] == Fault.PLUGIN for each in sources):
        console.print("With --trace you see where a plugin failed.")
