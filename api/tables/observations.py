"""Observations as they are in the database: read along its index, a batch at a time."""

import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import cast
from uuid import UUID

import orjson

from api.context import Reading
from api.fields import public_parameters
from api.relay import Order, Part, foreign
from api.tables.columns import Columns, dimensions_text, number
from api.tables.series import asked_metrics
from api.tables.table import Asked, Line, Source, Work, a_table
from api.types.node import url
from domain.metric import Dimensions, Metric, Observation, dimensions_of
from domain.node import Node, NodeId
from domain.ports import ObservationKey, ObservationsAsked, Stretch
from domain.source import MetricSource
from domain.view import day_of, end_of, start_of


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation as a row's record."""

    observation: Observation

    @property
    def key(self) -> ObservationKey:
        """What tells it from all others."""
        return ObservationKey(
            metric=self.observation.metric,
            source=self.observation.source,
            dimensions=self.observation.dimensions,
            end=self.observation.end,
            start=self.observation.start,
        )

    @property
    def texts(self) -> tuple[str, str, str, str, str]:
        """The key as a cursor holds it."""
        one = self.observation
        dimensions = dimensions_text(one.dimensions) or "{}"
        return one.metric, one.source, dimensions, one.end.isoformat(), one.start.isoformat()

    @property
    def id(self) -> str:
        """A digest of the key: short, and the same whenever it is read."""
        return blake2b(" ".join(self.texts).encode(), digest_size=16).hexdigest()


observed = Columns[Observed]()

BY_SERIES: Order[Observed] = Order("series", lambda each: each.texts, (str,) * 5)


def metric_of(record: Observed, reading: Reading) -> Metric | None:
    """Give the metric; None where it was made after this answer's atlas was read."""
    found = reading.view.atlas.nodes.get(record.observation.metric)
    return found if isinstance(found, Metric) else None


def source_of(record: Observed, reading: Reading) -> MetricSource | None:
    """Give the source; None as of `metric_of`."""
    found = reading.view.atlas.nodes.get(record.observation.source)
    return found if isinstance(found, MetricSource) else None


_NEW = "where it was made while this was read"


class ObservationRow:
    """One measured value: the current one of its source, metric, period and dimensions."""

    metric_id, metric_key, metric_title = observed.node("the metric", metric_of, null=_NEW)
    url = observed.maybe(
        str,
        "The metric's page for people; null where the server was told of none.",
        lambda o, reading: _url(metric_of(o, reading), reading),
    )
    source_id, source_key, source_title = observed.node(
        "the source that it comes from", source_of, null=_NEW
    )
    period_start = observed.of(
        datetime, "Where the measured period begins, in UTC.", lambda o, _: o.observation.start
    )
    period_end = observed.of(
        datetime, "Where it ends, in UTC: it isn't part of it.", lambda o, _: o.observation.end
    )
    start_date = observed.of(
        date,
        "The period's first day, in the organization's zone.",
        lambda o, reading: day_of(o.observation.start, reading.view.atlas),
    )
    dimensions = observed.maybe(
        str,
        "What it is an observation of, as the text of a JSON object; null: of the whole.",
        lambda o, _: dimensions_text(o.observation.dimensions),
    )
    value = observed.maybe(
        float,
        "The value, in the metric's unit; null where the source measured nothing: that isn't 0.",
        lambda o, _: number(o.observation.value),
    )
    sample_size = observed.maybe(
        float,
        "How many people, events or comments stand behind it, a whole number; null where that "
        "isn't known.",
        lambda o, _: o.observation.sample_size,
    )
    numerator = observed.maybe(
        float,
        "What a ratio counts; null where that isn't known.",
        lambda o, _: number(o.observation.numerator),
    )
    denominator = observed.maybe(
        float,
        "What it counts it of; null where that isn't known.",
        lambda o, _: number(o.observation.denominator),
    )
    standard_error = observed.maybe(
        float,
        "The standard error, in the metric's unit; null where it isn't known.",
        lambda o, _: number(o.observation.standard_error),
    )
    state = observed.of(
        str,
        "FINAL, or PROVISIONAL: it may still change at the source.",
        lambda o, _: o.observation.state.value,
    )
    flags = observed.of(
        str,
        "What the source says of it (`SAMPLED` …), with commas between; empty without any.",
        lambda o, _: ",".join(o.observation.flags),
    )
    connector = observed.of(
        str, "The connector that read it.", lambda o, _: o.observation.connector
    )
    connector_version = observed.of(
        str, "The connector's version then.", lambda o, _: o.observation.connector_version
    )
    recorded_at = observed.of(
        datetime,
        "When it was recorded, or revised last: what `updatedSince` looks at.",
        lambda o, _: o.observation.recorded_at,
    )


def _url(record: Node | None, reading: Reading) -> str | None:
    return None if record is None else url(record, reading)


def wanted(
    reading: Reading,
    _start: Part,
    *,
    metrics: list[str] | None = None,
    from_: date | None = None,
    to: date | None = None,
    updated_since: datetime | None = None,
    include_archived: bool | None = None,
) -> ObservationsAsked:
    """Say in the store's words which observations are asked for."""
    atlas = reading.view.atlas
    of_some = None if metrics is None else [m.id for m in asked_metrics(reading.view, metrics)]
    return ObservationsAsked(
        metrics=None if of_some is None else tuple(of_some),
        left_out=() if include_archived else _archived_sources(reading),
        ended_after=None if from_ is None else start_of(from_, atlas),
        ended_by=None if to is None else end_of(to, atlas),
        recorded_since=updated_since,
    )


def _archived_sources(reading: Reading) -> tuple[NodeId, ...]:
    atlas = reading.view.atlas
    return tuple(
        each.id
        for each in atlas.all(MetricSource, archived=True)
        if each.archived_at is not None or atlas.nodes[each.metric].archived_at is not None
    )


async def stretches(
    reading: Reading, asked: Asked, order: Order[Observed], _: Work
) -> AsyncIterator[Sequence[Line[Observed]]]:
    """Read one batch after the other, each from where the last one ended."""
    store, organization = reading.services.observations, reading.view.atlas.organization.id
    which = wanted(reading, None, **asked.given)
    after = None if asked.after is None else key_in(asked.after, order)
    offset, left = asked.offset, asked.limit
    while left is None or left > 0:
        size = min(reading.services.limits.rows_at_once, sys.maxsize if left is None else left)
        stretch = Stretch(after=after, offset=offset, limit=size)
        found = [Observed(each) for each in await store.listed(organization, which, stretch)]
        if found:
            yield [(each, reading) for each in found]
        if len(found) < size:
            return
        after, offset, left = found[-1].key, 0, None if left is None else left - size


def key_in(cursor: str, order: Order[Observed]) -> ObservationKey:
    """Read the key in a cursor; BadUserInput for one made up."""
    metric, source, dimensions, end, start = map(str, order.values_in(cursor))
    try:
        return ObservationKey(
            metric=NodeId(str(UUID(metric))),
            source=NodeId(str(UUID(source))),
            dimensions=_dimensions(orjson.loads(dimensions)),
            end=_moment(end),
            start=_moment(start),
        )
    except ValueError as error:
        raise foreign(cursor) from error


def _dimensions(pairs: object) -> Dimensions:
    if not isinstance(pairs, dict):
        raise ValueError(pairs)  # noqa: TRY004 - a text that says something else, no wrong type
    named = cast("dict[str, object]", pairs)  # JSON's objects have strings for keys
    return dimensions_of({name: str(value) for name, value in named.items()})


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


_SOURCE: Source[Observed] = Source(
    stretches,
    public_parameters(
        wanted,
        {
            "metrics": "The keys of the metrics; where nothing is said, all.",
            "from_": "The first day: only periods that end on it or later; where nothing is said, "
            "from the first one.",
            "to": "The last day: only periods that end by its end; where nothing is said, to the "
            "last one.",
            "updated_since": "Only what was recorded, or revised, at that moment or later. "
            "Observations are never deleted: what a source takes back has a null value.",
            "include_archived": "Whether those of archived metrics and sources come as well; where "
            "nothing is said, they don't.",
        },
    ),
)

OBSERVATIONS = a_table(
    "observationRows",
    ObservationRow,
    "The current observations, each as it is when it is read; millions come best as a stream. In "
    "the order of their series, each by time.",
    order=BY_SERIES,
    source=_SOURCE,
)
