"""The root of every query: each of its fields opens one reading of the atlas."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from api.context import Context, Reading
from api.errors import BadUserInput
from api.fields import Field, Function, GraphQLType, many, maybe
from api.relay import decode_id
from api.tables.dimensions import CYCLES, GOALS, INSIGHTS, JOURNEYS, METRICS, TEAMS
from api.tables.links import EDGES, LINEAGE
from api.tables.observations import OBSERVATIONS
from api.tables.okr import KEY_RESULTS, OBJECTIVES
from api.tables.roots import rows_field
from api.tables.series import SERIES
from api.tables.snapshots import SNAPSHOTS
from api.tables.work import OPPORTUNITIES, SOLUTIONS
from api.types.connector import Connector, ConnectorEntry, inventory
from api.types.freshness import ReadInput, policy_of
from api.types.node import type_name_of
from api.types.organization import Organization, Viewer
from api.types.references import ATLAS, NODE
from api.types.sync_job import SyncJob, inner_job_id
from api.types.sync_run import PublicRun, inner_run_id
from domain import organization
from domain.node import Node
from domain.view import View
from storage.jobs.records import Job
from storage.sync_runs import SyncRun

IDS_AT_MOST = 200

AtlasInfo = Info[Context, Any]  # Any: there is no root value


async def viewer(info: AtlasInfo) -> Viewer:
    """Tell who is asking."""
    reading = await info.context.read(info.path)
    found: Any = reading.view.atlas.organization  # Any: a record stands in for its public type
    return Viewer(is_anonymous=True, organization=found)


async def organization_read(info: AtlasInfo) -> organization.Organization:
    """Give the organization."""
    return (await info.context.read(info.path)).view.atlas.organization


async def atlas(
    info: AtlasInfo,
    as_of: Annotated[
        date | None,
        strawberry.argument(
            description="The day, in the organization's zone; where nothing is said, today. It "
            "moves metric values, expected progress and statuses; nodes, links and targets are the "
            "present ones until they have a history."
        ),
    ] = strawberry.UNSET,
    known_at: Annotated[
        datetime | None,
        strawberry.argument(
            description="What was known at that moment, whatever was back-filled later; where "
            "nothing is said, all that is known now. It moves metric values only."
        ),
    ] = strawberry.UNSET,
    cycle: Annotated[
        str | None,
        strawberry.argument(
            description="A cycle's key: the cycle of everything beneath it that takes one. Where "
            "nothing is said, numbers are of all active cycles, and lists of every cycle."
        ),
    ] = strawberry.UNSET,
    read: Annotated[
        ReadInput | None,
        strawberry.argument(
            description="How fresh the values should be; where nothing is said, what is known "
            "answers, and what is too old is asked behind the answer."
        ),
    ] = strawberry.UNSET,
) -> View:
    """Open the atlas on a day."""
    reading = await info.context.read(
        info.path,
        as_of=as_of or None,
        known_at=known_at or None,
        cycle=_given(cycle),
        policy=policy_of(read),
    )
    return reading.view


async def node(
    info: AtlasInfo,
    id: Annotated[  # noqa: A002 - Relay's own name
        ID, strawberry.argument(description="A node's id, as an earlier answer gave it.")
    ],
) -> Node | organization.Organization | None:
    """Find one node again."""
    return _found(await info.context.read(info.path), id)


async def nodes(
    info: AtlasInfo,
    ids: Annotated[list[ID], strawberry.argument(description="Ids of nodes, at most 200.")],
) -> list[Node | organization.Organization | None]:
    """Find nodes again, in the order of their ids."""
    if len(ids) > IDS_AT_MOST:
        message = f"`ids` takes at most {IDS_AT_MOST} ids; {len(ids)} were given."
        raise BadUserInput(message)
    reading = await info.context.read(info.path)
    return [_found(reading, each) for each in ids]


async def sync_run(
    info: AtlasInfo,
    id: Annotated[  # noqa: A002 - as above
        ID, strawberry.argument(description="A run's id, as an earlier answer gave it.")
    ],
) -> SyncRun | None:
    """Find one sync run again."""
    reading = await info.context.read(info.path)
    run = inner_run_id(id, reading.view.atlas)
    organization = reading.view.atlas.organization.id
    return None if run is None else await reading.services.runs.find(organization, run)


async def sync_job(
    info: AtlasInfo,
    id: Annotated[  # noqa: A002 - as above
        ID, strawberry.argument(description="A job's id, as an earlier answer gave it.")
    ],
) -> Job | None:
    """Find one job again."""
    reading = await info.context.read(info.path)
    job = inner_job_id(id, reading.view.atlas)
    return None if job is None else await reading.jobs.load(job)


async def connectors(info: AtlasInfo) -> list[ConnectorEntry]:
    """List the connectors, and the plugins in quarantine."""
    services = info.context.services
    off = {each.key: each for each in await services.runs.switched_off()}
    return [
        replace(entry, off=off.get(entry.key)) for entry in inventory(services.registry).values()
    ]


def _given(text: str | None) -> str | None:
    return text if isinstance(text, str) else None


def _found(reading: Reading, text: str) -> Node | organization.Organization | None:
    """Give the record of a global id; None for one made up, missing, or of another organization."""
    asked = decode_id(text)
    here = reading.view.atlas.organization
    if asked is None or asked.organization != here.id:
        return None
    is_organization = str(asked.id) == str(here.id)
    record = here if is_organization else reading.view.atlas.nodes.get(asked.id)
    return record if record is not None and type_name_of(record) == asked.type_name else None


def _root(resolver: Function, graphql_type: GraphQLType, description: str) -> Field:
    return strawberry.field(resolver=resolver, graphql_type=graphql_type, description=description)


@strawberry.type(description="The root of every query.")
class Query:
    """What can be read."""

    viewer = _root(viewer, Viewer, "Who is asking.")
    organization = _root(organization_read, Organization, "The organization whose atlas this is.")
    atlas = _root(
        atlas,
        maybe(ATLAS),
        "The atlas on a day; null with an error where the asked cycle doesn't exist.",
    )
    node = _root(node, maybe(NODE), "The node with an id, as it is now; null where there is none.")
    nodes = _root(
        nodes,
        many(maybe(NODE)),
        "The nodes with these ids, as they are now, in their order; null where there is none.",
    )
    sync_run = _root(
        sync_run, maybe(PublicRun), "The sync run with an id; null where there is none."
    )
    sync_job = _root(sync_job, maybe(SyncJob), "The job with an id; null where there is none.")
    connectors = _root(
        connectors,
        many(Connector),
        "The connectors in order of key, then the plugins in quarantine.",
    )
    key_result_rows = rows_field(KEY_RESULTS)
    key_result_snapshot_rows = rows_field(SNAPSHOTS)
    objective_rows = rows_field(OBJECTIVES)
    metric_series_rows = rows_field(SERIES)
    observation_rows = rows_field(OBSERVATIONS)
    opportunity_rows = rows_field(OPPORTUNITIES)
    solution_rows = rows_field(SOLUTIONS)
    goal_rows = rows_field(GOALS)
    journey_rows = rows_field(JOURNEYS)
    insight_rows = rows_field(INSIGHTS)
    metric_rows = rows_field(METRICS)
    team_rows = rows_field(TEAMS)
    cycle_rows = rows_field(CYCLES)
    edge_rows = rows_field(EDGES)
    lineage_rows = rows_field(LINEAGE)
