"""Observations that a system of the customer's own hands in, by column, for one metric source."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

import orjson

from domain.atlas import Atlas
from domain.errors import InvalidRecord, Refused, TooMuch
from domain.metric import Metric, Observation
from domain.node import OrganizationId
from domain.source import Connection, MetricSource
from ingest.binding import Binding, Provenance, bind
from ingest.sent import run_of
from journey_atlas_sdk import Capability, DataError, ObservationState
from journey_atlas_sdk import Observation as Observed
from plugins.registry import RegisteredConnector, Registry
from storage.once import Once, Recorded
from storage.recording import identity
from storage.sync_runs import SyncRun

MOST_ROWS: Final = 10_000
MOST_PROBLEMS: Final = 50
LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationColumns:
    """Observations by column, in the metric's own unit: row n is the n-th of every column.

    Every column but the first three may be empty: nothing is known of it for any row. A `value` of
    None says that nothing was measured. `dimensions` are names with values; empty: the whole.
    `is_provisional`: it may still change; a period that isn't over always may.
    """

    start: Sequence[datetime]
    end: Sequence[datetime]
    value: Sequence[Decimal | None]
    dimensions: Sequence[Mapping[str, str]] = ()
    sample_size: Sequence[int | None] = ()
    numerator: Sequence[Decimal | None] = ()
    denominator: Sequence[Decimal | None] = ()
    standard_error: Sequence[Decimal | None] = ()
    is_provisional: Sequence[bool] = ()


class ObservationsRefused(Refused):
    """Some rows can't be recorded, so none is. `problems` are up to 50 of them, by row (from 0)."""

    code = "OBSERVATIONS_REFUSED"

    def __init__(self, problems: Sequence[InvalidRecord]) -> None:
        """Tell the first problem; the others are in `problems`."""
        super().__init__(problems[0].message, path=problems[0].path)
        self.problems = tuple(problems)


class Recorder(Protocol):
    """Keeps observations: a `storage.observations.StoredObservations`."""

    async def record_once(
        self,
        organization: OrganizationId,
        observations: Sequence[Observation],
        *,
        run: SyncRun,
        once: Once | None,
    ) -> Recorded:
        """Write observations and their run in one transaction, or give what that led to before.

        KeyReused where something else was given with the same key.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Takes observations in. `clock` is the product's; `real_clock` stamps what was done."""

    registry: Registry
    recorder: Recorder
    clock: Callable[[], datetime]
    real_clock: Callable[[], datetime]
    new_id: Callable[[], str]

    async def record(
        self,
        atlas: Atlas,
        source: MetricSource,
        columns: ObservationColumns,
        *,
        key: str | None = None,
    ) -> Recorded:
        """Record all rows, or none.

        With the same `key` (1 to 200 characters) and the same rows the answer is the first one's,
        for 24 hours; with other rows it is KeyReused. Refused where the source's connector takes no
        deliveries: its own next answer would overwrite them. ObservationsRefused names the rows.
        """
        connector = self._require_receiver(atlas, source)
        rows = _rows(columns)
        periods = zip(columns.start, columns.end, strict=True)
        now = self.real_clock()
        run = run_of(source, connector.info, periods, id_=self.new_id(), now=now)
        metric = atlas.get(source.metric, Metric)
        observations = self._accepted(bind(source, metric, None), rows, run)
        once = None if key is None else _once(source, columns, key)
        return await self.recorder.record_once(
            atlas.organization.id, observations, run=run, once=once
        )

    def _require_receiver(self, atlas: Atlas, source: MetricSource) -> RegisteredConnector:
        connection = atlas.get(source.connection, Connection)
        found = self.registry.connectors.get(connection.connector)
        if found is None or Capability.PUSH not in found.info.capabilities:
            takes = [key for key, each in self.registry.connectors.items() if _takes(each)]
            message = (
                f"The connection {connection.key} reads its source itself: observations can be "
                "given only where the connector takes deliveries."
            )
            raise Refused(message, legal=takes)
        return found

    def _accepted(
        self, binding: Binding, rows: Sequence[Mapping[str, Any]], run: SyncRun
    ) -> list[Observation]:
        made = Provenance(connector=run.connector, version=run.connector_version, sync_run=run.id)
        accepted, problems = dict[tuple[object, ...], Observation](), list[InvalidRecord]()
        for number, row in enumerate(rows):
            try:
                seen = _observed(binding, row, now=self.clock())
                one = binding.accept(seen, made, now=self.clock(), recorded_at=run.started_at)
            except DataError as error:
                problems.append(InvalidRecord(error.message, path=(number,)))
                continue
            if accepted.setdefault(identity(one), one) is not one:
                message = "The same period with the same dimensions is given twice."
                problems.append(InvalidRecord(message, path=(number,)))
        if problems:
            raise ObservationsRefused(problems[:MOST_PROBLEMS])
        return list(accepted.values())


def _takes(connector: RegisteredConnector) -> bool:
    return Capability.PUSH in connector.info.capabilities


def _rows(columns: ObservationColumns) -> list[dict[str, Any]]:  # Any: columns of several types
    """Turn columns into rows; what isn't given isn't in them."""
    given = {field.name: getattr(columns, field.name) for field in fields(columns)}
    count = len(columns.start)
    if not count:
        message = "Give at least one row."
        raise InvalidRecord(message, path=("start",))
    if count > MOST_ROWS:
        seen = f"{count:,} rows were given"
        raise TooMuch(seen, limit="rows", maximum=MOST_ROWS, advice="Give them in several parts.")
    for name, cells in given.items():
        if len(cells) != count and (cells or name in ("end", "value")):
            message = f"The column {name} has {len(cells)} rows, start has {count}."
            raise InvalidRecord(message, path=(name,))
    full = {name: cells for name, cells in given.items() if cells}
    return [dict(zip(full, row, strict=True)) for row in zip(*full.values(), strict=True)]


def _observed(binding: Binding, row: Mapping[str, Any], *, now: datetime) -> Observed:
    """Make what a connector would have delivered; DataError where a row can't be true."""
    if row["start"] > now:
        message = f"The period begins in the future: {row['start']:%Y-%m-%d %H:%M}."
        raise DataError(message)
    provisional = row.get("is_provisional", False)
    told = {
        name: cell for name, cell in row.items() if name not in ("is_provisional", "dimensions")
    }
    return Observed(
        metric=binding.source.remote_metric,
        dimensions=tuple(row.get("dimensions", {}).items()),
        state=ObservationState.PROVISIONAL if provisional else ObservationState.FINAL,
        **told,
    )


def _once(source: MetricSource, columns: ObservationColumns, key: str) -> Once:
    if not 1 <= len(key) <= LONGEST_KEY:
        message = f"An idempotency key has 1 to {LONGEST_KEY} characters, this one {len(key)}."
        raise InvalidRecord(message, path=("idempotency_key",))
    given = [source.id, *(list(getattr(columns, field.name)) for field in fields(columns))]
    told = orjson.dumps(given, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return Once(key=key, digest=hashlib.sha256(told).hexdigest())


def _plain(value: Decimal | Mapping[str, str]) -> object:
    """Write what JSON has no form for; equal numbers are written alike."""
    return str(value.normalize()) if isinstance(value, Decimal) else dict(value)
