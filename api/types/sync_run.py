"""Sync runs: the attempts to read metric sources, and what each came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from api.context import Reading
from api.fields import Field, answered_by, attribute, computed, described, many, maybe
from api.relay import (
    Asked,
    Edge,
    GlobalId,
    Order,
    Page,
    PageInfo,
    decode_id,
    encode_id,
    foreign,
    size_of,
)
from api.types import pages
from api.types.freshness import SourceError
from api.types.links import named_in
from api.types.references import CONNECTION, METRIC_SOURCE
from api.types.source_enums import RUN_REASON, RUN_STATE
from api.types.sync_job import SyncJob
from domain import source
from domain.atlas import Atlas
from domain.node import Node, NodeId
from domain.source import MetricSource, RunState
from domain.view import remembered
from journey_atlas_sdk import PullReason
from storage.jobs.records import Job
from storage.run_pages import Place, RunsAsked
from storage.sync_runs import SyncRun

TYPE_NAME = "SyncRun"

# Any: a run is no node of the atlas; this order only writes its cursors.
NEWEST_FIRST: Order[Any] = Order("newest", lambda run: (run.started_at.isoformat(),), (str,))


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of runs, and whose they are, to count them when that is asked for."""

    page: Page[SyncRun]
    owner: NodeId
    sources: tuple[NodeId, ...]

    @property
    def nodes(self) -> Sequence[SyncRun]:
        """The runs of this page."""
        return self.page.nodes

    @property
    def edges(self) -> list[Edge[SyncRun]]:
        """The runs of this page with their cursors."""
        return self.page.edges

    @property
    def page_info(self) -> PageInfo:
        """Where this page stands."""
        return self.page.page_info


def run_id(run: SyncRun, reading: Reading) -> str:
    """Give the opaque id of a run."""
    return encode_id(GlobalId(TYPE_NAME, reading.view.atlas.organization.id, NodeId(run.id)))


def inner_run_id(text: str, atlas: Atlas) -> str | None:
    """Give the id of a run inside its organization; None for whatever isn't one of here."""
    asked = decode_id(text)
    is_ours = asked is not None and asked.organization == atlas.organization.id
    return asked.id if asked and is_ours and asked.type_name == TYPE_NAME else None


def connection_of(run: SyncRun, reading: Reading) -> Node:
    """Give the connection that a run read."""
    atlas = reading.view.atlas
    return atlas.nodes[atlas.get(run.source, MetricSource).connection]


async def job_of(run: SyncRun, reading: Reading) -> Job | None:
    """Give the job that made a run; None where a reader or the command line did."""
    return None if run.job is None else await reading.jobs.load(run.job)


def state_of(run: SyncRun, _: Reading) -> RunState:
    """Tell how a run stands."""
    return run.state


def reason_of(run: SyncRun, _: Reading) -> PullReason:
    """Tell why a source was read."""
    return PullReason(run.reason)


def duration_of(run: SyncRun, reading: Reading) -> float:
    """Give how many seconds a run took, or has taken by now."""
    return ((run.finished_at or reading.services.now()) - run.started_at).total_seconds()


async def total_count(found: RunPage, reading: Reading) -> int:
    """Count the runs of the whole list."""
    return await reading.run_counts.load((found.owner, found.sources))


async def page_of(
    record: Node, reading: Reading, sources: tuple[NodeId, ...], asked: Asked
) -> RunPage:
    """Cut the asked page out of the runs of some sources, newest first."""
    size, from_end = size_of(asked)
    stretch = RunsAsked(
        owner=record.id,
        sources=sources,
        size=size,
        after=_place(asked.after),
        before=_place(asked.before),
        from_end=from_end,
    )
    found = await reading.runs.load(stretch)
    page = Page(
        items=found.runs,
        order=NEWEST_FIRST,
        total_count=len(found.runs),
        has_next=asked.before is not None if from_end else found.has_more,
        has_previous=found.has_more if from_end else asked.after is not None,
    )
    return RunPage(page, record.id, sources)


async def runs_of_source(record: MetricSource, reading: Reading, **given: Any) -> RunPage:  # noqa: ANN401 - the arguments of pages
    """List the runs of a source."""
    return await page_of(record, reading, (record.id,), Asked(**given))


async def runs_of_connection(record: source.Connection, reading: Reading, **given: Any) -> RunPage:  # noqa: ANN401 - as above
    """List the runs of all sources of a connection, those that were unbound too."""
    make = partial(_by_connection, reading.view.atlas)
    index = remembered(reading.view, ("sources by connection",), make)
    return await page_of(record, reading, index.get(record.id, ()), Asked(**given))


def _by_connection(atlas: Atlas) -> dict[NodeId, tuple[NodeId, ...]]:
    index: dict[NodeId, tuple[NodeId, ...]] = {}
    for each in atlas.all(MetricSource, archived=True):
        index[each.connection] = (*index.get(each.connection, ()), each.id)
    return index


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    (_, began), run = NEWEST_FIRST.place_in(cursor)
    try:
        return datetime.fromisoformat(began), str(UUID(run))
    except ValueError:
        raise foreign(cursor) from None


@strawberry.type(
    name=TYPE_NAME,
    description="An attempt to read a metric source. It belongs to no revision of the atlas.",
)
class PublicRun:
    """The public face of `storage.sync_runs.SyncRun`."""

    id = computed(run_id, strawberry.ID, "Opaque; `syncRun(id)` finds it again.")
    source = computed(named_in("source"), METRIC_SOURCE, "The source that was read.")
    connection = computed(connection_of, CONNECTION, "Where it was read.")
    connector_key = computed(attribute("connector"), str, "The connector's key.")
    connector_version: str = described("The connector's version.")
    job = computed(
        job_of, maybe(SyncJob), "The job that made it; null where a reader or a command did."
    )
    reason = computed(reason_of, RUN_REASON, "Why the source was read.")
    state = computed(state_of, RUN_STATE, "How it stands.")
    progress: float | None = described("How much is done, 0 to 1; null where nobody can tell.")
    window_start: datetime = described("Where the stretch begins that was asked for.")
    window_end: datetime = described("Where it ends.")
    started_at: datetime = described("When it began, in real time.")
    finished_at: datetime | None = described("When it ended; null while it is under way.")
    duration_seconds = computed(
        duration_of, float, "How many seconds it took, or has taken by now."
    )
    new_count = computed(attribute("recorded.new"), int, "How many observations were new.")
    revised_count = computed(
        attribute("recorded.revised"), int, "How many said something else than was known."
    )
    unchanged_count = computed(
        attribute("recorded.unchanged"), int, "How many said what was known already."
    )
    skipped_count = computed(
        attribute("skipped"),
        int,
        "How many came and weren't kept, for something was wrong with their pull.",
    )
    error: SourceError | None = described("Why it failed; null where it didn't.")


@strawberry.type(description="A sync run in a page.")
class SyncRunEdge:
    """The public face of `relay.Edge`."""

    node = computed(attribute("node"), PublicRun, "The run.")
    cursor: str = described("Its place in the list, for `after` and `before`.")


@strawberry.type(
    description="A page of sync runs, newest first: at most 200, 50 where no size is asked for."
)
class SyncRunConnection:
    """The public face of `RunPage`."""

    nodes = computed(attribute("nodes"), many(PublicRun), "The runs of this page.")
    edges = computed(attribute("edges"), many(SyncRunEdge), "The same with their cursors.")
    page_info: pages.PageInfo = described("Where this page stands in its list.")
    total_count = computed(total_count, int, "How many runs the whole list has.")


def sync_runs(function: Any, description: str) -> Field:  # noqa: ANN401 - of a source or connection
    """Declare a list of runs."""
    return answered_by(function, pages.PAGING, SyncRunConnection, description)
