"""The root of every subscription: each event carries the revision that it is shown at."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry import ID, UNSET, Info

from api.context import Context, Reading
from api.errors import BadUserInput, Forbidden
from api.fields import attribute, computed
from api.relay import decode_id
from api.types.node import TYPE_NAMES
from api.types.sync_run import PublicRun, inner_run_id
from domain.atlas import Atlas
from domain.errors import NotFound
from domain.node import Kind, NodeId
from domain.source import MetricSource
from ingest.watching import UNFINISHED, Wanted
from storage.sync_runs import SyncRun

AnyInfo = Info[Context, Any]  # Any: there is no root value


@dataclass(frozen=True, slots=True)
class Progressed:
    """A run that began, moved on or ended."""

    run: SyncRun


def revision_of(_: Progressed, reading: Reading) -> int:
    """Give the atlas's revision when the event was told."""
    return reading.view.atlas.revision


@strawberry.type(description="A sync run that began, moved on or ended.")
class SyncRunProgressed:
    """The public face of `Progressed`."""

    sync_run = computed(attribute("run"), PublicRun, "The run as it stands.")
    revision = computed(revision_of, int, "The atlas's revision when this was told.")


async def sync_run_progressed(
    info: AnyInfo,
    connection: Annotated[
        ID | None, strawberry.argument(description="Only runs of this connection's sources.")
    ] = UNSET,
    source: Annotated[
        ID | None, strawberry.argument(description="Only runs of this metric source.")
    ] = UNSET,
    run: Annotated[
        ID | None, strawberry.argument(description="Only this run; when it ends, so does this.")
    ] = UNSET,
) -> AsyncGenerator[Any, None]:  # Any: a record stands in for its public type
    """Tell the runs that are under way, then each that begins, moves on or ends."""
    since = info.context.services.now()
    reading = await info.context.read(info.path)
    services, atlas = reading.services, reading.view.atlas
    if services.watch is None:
        message = "Nobody can listen to sync runs here."
        raise Forbidden(message)
    wanted, awaited = _wanted(atlas, connection=connection, source=source, run=run), None
    if isinstance(run, str):
        known = await services.runs.find(atlas.organization.id, _run_id(run, atlas))
        if known is None:
            message = "There is no sync run with this id."
            raise NotFound(message, path=("run",))
        if known.state not in UNFINISHED:
            yield Progressed(known)
            return
        # It may end, and be told by another machine's clock, before it is looked for again.
        awaited, since = known.id, known.started_at
    async for progressed in services.watch.listen(
        atlas.organization.id, wanted, since=since, run=awaited
    ):
        yield Progressed(progressed)
        if awaited is not None and progressed.state not in UNFINISHED:
            return


def _wanted(atlas: Atlas, *, connection: str | None, source: str | None, run: str | None) -> Wanted:
    given = [each for each in (connection, source, run) if isinstance(each, str)]
    if len(given) > 1:
        message = "Name a connection, a source or a run: one of them, or none for all runs."
        raise BadUserInput(message)
    if isinstance(run, str):
        run_id = _run_id(run, atlas)
        return lambda each: each.id == run_id
    if isinstance(source, str):
        source_id = _node_id(source, Kind.METRIC_SOURCE, atlas)
        return lambda each: each.source == source_id
    if isinstance(connection, str):
        connection_id = _node_id(connection, Kind.CONNECTION, atlas)
        sources = {
            each.id
            for each in atlas.all(MetricSource, archived=True)
            if each.connection == connection_id
        }
        return lambda each: each.source in sources
    return lambda _: True


def _node_id(text: str, kind: Kind, atlas: Atlas) -> NodeId:
    asked = decode_id(text)
    is_ours = asked is not None and asked.organization == atlas.organization.id
    if asked is None or not is_ours or asked.type_name != TYPE_NAMES[kind]:
        message = f"This is no id of a {kind} here."
        raise NotFound(message)
    if asked.id not in atlas.nodes:
        message = f"There is no {kind} with this id."
        raise NotFound(message)
    return asked.id


def _run_id(text: str, atlas: Atlas) -> str:
    found = inner_run_id(text, atlas)
    if found is None:
        message = "This is no id of a sync run here."
        raise NotFound(message, path=("run",))
    return found


@strawberry.type(description="The root of every subscription.")
class Subscription:
    """What can be listened to."""

    sync_run_progressed = strawberry.subscription(
        resolver=sync_run_progressed,
        graphql_type=SyncRunProgressed,
        description="Sync runs: those under way at once, then each that begins, moves on or ends, "
        "however short it is. Who is slow to listen hears of each run only how it stands by then.",
    )
