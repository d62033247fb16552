"""Have sources read, take observations in, switch connectors on and off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry import ID, UNSET

from api.mutations.acting import Acting
from api.mutations.given import node_in_use, optional
from api.types.connector import inventory
from api.types.metric_value import DimensionInput
from api.types.sync_job import inner_job_id
from domain.actions.editing import require_in_use
from domain.errors import InvalidRecord, NotFound, Refused
from domain.source import Connection, MetricSource
from domain.view import start_of
from ingest.given import ObservationColumns
from ingest.orders import Kind
from storage.jobs.records import Job, JobId
from storage.switches import SwitchedOff

LONGEST_REASON = 500


@strawberry.input(one_of=True, description="What is to be read: exactly one of these.")
class SourcesInput:
    """Sources, named by themselves or by their connection."""

    connection: ID | None = strawberry.field(
        default=UNSET, description="All sources of this connection."
    )
    source: ID | None = strawberry.field(default=UNSET, description="This metric source.")


@strawberry.input(description="What is to be read now.")
class SyncNowInput:
    """What `syncNow` takes."""

    of: SourcesInput = strawberry.field(description="Which sources.")


@strawberry.input(description="What is to be filled in.")
class StartBackfillInput:
    """What `startBackfill` takes."""

    of: SourcesInput = strawberry.field(description="Which sources.")
    since: date = strawberry.field(
        description="The first day to read, in the organization's zone; the newest is read first."
    )


@strawberry.input(description="The backfill to end.")
class CancelBackfillInput:
    """What `cancelBackfill` takes."""

    job: ID = strawberry.field(description="Its job's id, as `startBackfill` gave it.")


@strawberry.input(
    description="Observations by column: row n is the n-th of every column. At most 10,000 rows."
)
class RecordObservationsInput:
    """What `recordObservations` takes."""

    source: ID = strawberry.field(
        description="The metric source to record to; its connector must take deliveries (PUSH)."
    )
    start: list[datetime] = strawberry.field(description="When each period begins.")
    end: list[datetime] = strawberry.field(
        description="When each period ends, not included; the same for an instant."
    )
    value: list[Decimal | None] = strawberry.field(
        description="The values in the metric's unit; null: nothing was measured, which isn't 0."
    )
    dimensions: list[list[DimensionInput]] = strawberry.field(
        default_factory=list[list[DimensionInput]],
        description="What each is narrowed to; none at all: every row is the whole.",
    )
    sample_size: list[int | None] = strawberry.field(
        default_factory=list[int | None], description="How many stand behind each; may be left out."
    )
    numerator: list[Decimal | None] = strawberry.field(
        default_factory=list[Decimal | None],
        description="Of a ratio; together with `denominator`; may be left out.",
    )
    denominator: list[Decimal | None] = strawberry.field(
        default_factory=list[Decimal | None],
        description="Of a ratio; together with `numerator`; may be left out.",
    )
    standard_error: list[Decimal | None] = strawberry.field(
        default_factory=list[Decimal | None],
        description="In the metric's unit, 0 or more; may be left out.",
    )
    is_provisional: list[bool] = strawberry.field(
        default_factory=list[bool],
        description="Which may still change; may be left out. A period that isn't over always may.",
    )
    idempotency_key: str | None = strawberry.field(
        default=UNSET,
        description="A key of your own, 1 to 200 characters: for 24 hours the same rows with it "
        "are recorded once and answered alike, other rows are refused.",
    )


@strawberry.input(description="Which connector, and whether anything is asked through it.")
class SetConnectorEnabledInput:
    """What `setConnectorEnabled` takes."""

    connector: str = strawberry.field(description="The connector's key.")
    is_enabled: bool = strawberry.field(
        description="False: nothing is asked through it any more, in any process of the server."
    )
    reason: str | None = strawberry.field(
        default=UNSET, description="Why it is switched off; needed where it is."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRows:
    """What recording rows came to; `was_known`: they were recorded before, by the same key."""

    new: int
    revised: int
    unchanged: int
    was_known: bool


async def sync_now(given: SyncNowInput, acting: Acting) -> None:
    """Have sources read as soon as possible."""
    ids = await acting.operating.orders.sync(acting.atlas, _sources(given.of, acting))
    acting.results["jobs"] = await _jobs(ids, acting)


async def start_backfill(given: StartBackfillInput, acting: Acting) -> None:
    """Have the past of sources filled in."""
    since = start_of(given.since, acting.atlas)
    sources = _sources(given.of, acting)
    ids = await acting.operating.orders.backfill(acting.atlas, sources, since)
    acting.results["jobs"] = await _jobs(ids, acting)


async def cancel_backfill(given: CancelBackfillInput, acting: Acting) -> None:
    """End a backfill; what it recorded stays."""
    asked = inner_job_id(given.job, acting.atlas)
    found = [] if asked is None else await _jobs([asked], acting)
    if not found:
        message = "There is no job with this id."
        raise NotFound(message, path=("job",))
    [job] = found
    if job.kind != Kind.BACKFILL:
        message = "This job is no backfill."
        raise Refused(message, path=("job",))
    organization = acting.atlas.organization.id
    now = acting.desk.now
    acting.results["job"] = await acting.operating.jobs.cancel(organization, job.id, now=now)


async def record_observations(given: RecordObservationsInput, acting: Acting) -> None:
    """Take observations in."""
    source = _usable(given.source, acting, path=("source",))
    acting.subject = source.id
    columns = ObservationColumns(
        start=given.start,
        end=given.end,
        value=given.value,
        dimensions=[_dimensions(each, row) for row, each in enumerate(given.dimensions)],
        sample_size=given.sample_size,
        numerator=given.numerator,
        denominator=given.denominator,
        standard_error=given.standard_error,
        is_provisional=given.is_provisional,
    )
    recorded = await acting.operating.given.record(
        acting.atlas, source, columns, key=optional(given.idempotency_key)
    )
    acting.results["recorded"] = RecordedRows(
        new=recorded.result.new,
        revised=recorded.result.revised,
        unchanged=recorded.result.unchanged,
        was_known=recorded.was_known,
    )


async def set_connector_enabled(given: SetConnectorEnabledInput, acting: Acting) -> None:
    """Switch a connector on or off."""
    acting.writing.connectors.require(given.connector)
    entry = inventory(acting.context.services.registry)[given.connector]
    switches, off = acting.operating.switches, None
    if given.is_enabled:
        await switches.switch_on(given.connector)
    else:
        off = SwitchedOff(key=given.connector, reason=_reason(given), at=acting.desk.now)
        await switches.switch_off(off.key, off.reason, now=off.at)
    acting.results["connector"] = replace(entry, off=off)


def _reason(given: SetConnectorEnabledInput) -> str:
    reason: str = (optional(given.reason) or "").strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        message = f"Say in 1 to {LONGEST_REASON} characters why it is switched off."
        raise InvalidRecord(message, path=("reason",))
    return reason


def _sources(given: SourcesInput, acting: Acting) -> list[MetricSource]:
    """Give the sources that are meant; Archived and InvalidRecord where none can be read."""
    named: str | None = optional(given.source)
    if named is not None:
        return [_usable(named, acting, path=("of", "source"))]
    path = ("of", "connection")
    connection = node_in_use(optional(given.connection) or "", Connection, acting, path=path)
    sources = [each for each in acting.atlas.all(MetricSource) if each.connection == connection.id]
    if not sources:
        message = f"{connection.key} feeds no metric yet: bind one first."
        raise InvalidRecord(message, path=path)
    return sources


def _usable(source_id: str, acting: Acting, *, path: tuple[str, ...]) -> MetricSource:
    """Give a source of which neither it nor its connection was put away."""
    source = node_in_use(source_id, MetricSource, acting, path=path)
    require_in_use(acting.atlas.get(source.connection, Connection), path=path)
    return source


async def _jobs(ids: Sequence[JobId], acting: Acting) -> list[Job]:
    """Give the jobs of these ids, in their order."""
    organization = acting.atlas.organization.id
    found = await acting.context.services.runs.jobs(organization, ids)
    return [job for job in found if job is not None]


def _dimensions(given: Sequence[DimensionInput], row: int) -> Mapping[str, str]:
    found = {each.name: each.value for each in given}
    if len(found) < len(given):
        message = f"Row {row} names a dimension twice."
        raise InvalidRecord(message, path=("dimensions", row))
    return found
