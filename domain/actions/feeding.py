"""Feed a metric from a connection: bind it to a source, change the binding."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from domain.actions.changes import Planned
from domain.actions.editing import (
    Desk,
    Target,
    edited,
    free_id,
    free_key,
    planned,
    problems_of_key,
    require_in_use,
    require_none,
    required,
    targeted,
)
from domain.actions.record_rules import problems_of_record
from domain.atlas import Atlas
from domain.errors import DomainError, InvalidRecord
from domain.metric import Metric
from domain.node import NodeId
from domain.source import Connection, MetricSource

Fits = Callable[[MetricSource, Metric], Iterable[DomainError]]
"""Tell why what a source delivers can't feed the metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """A new binding: `fields` are the other given ones, by the record's names."""

    metric: NodeId
    connection: NodeId
    id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])


def bind_metric(atlas: Atlas, draft: SourceDraft, desk: Desk, fits: Fits) -> Planned:
    """Bind a metric to what a connection delivers."""
    metric = required(atlas, draft.metric, Metric, path=("metric",))
    connection = required(atlas, draft.connection, Connection, path=("connection",))
    require_in_use(metric, path=("metric",))
    require_in_use(connection, path=("connection",))
    fields: dict[str, Any] = {**draft.fields}
    key = fields.pop("key", None) or free_key(atlas, f"{metric.key}:{connection.key}")
    title = fields.pop("title", None) or f"{connection.title}: {fields['remote_metric']}"
    source = MetricSource(
        **fields,
        id=free_id(atlas, draft.id, desk),
        key=key,
        title=title,
        metric=metric.id,
        connection=connection.id,
        created_at=desk.now,
        updated_at=desk.now,
    )
    require_none(_problems(atlas, source, metric, fits))
    return planned(atlas, source)


def update_source(
    atlas: Atlas, target: Target, fields: Mapping[str, Any], desk: Desk, fits: Fits
) -> Planned:
    """Change what is given of a source.

    Which metric it feeds, from where and in which periods stays: that would be another series.
    """
    stored = targeted(atlas, target, MetricSource)
    metric = atlas.get(stored.metric, Metric)
    source = edited(stored, desk, **fields)
    require_none(_problems(atlas, source, metric, fits))
    return planned(atlas, source)


def _problems(
    atlas: Atlas, source: MetricSource, metric: Metric, fits: Fits
) -> Iterable[DomainError]:
    return chain(
        problems_of_key(atlas, source),
        problems_of_record(source),
        _derived_problems(metric),
        fits(source, metric),
    )


def _derived_problems(metric: Metric) -> Iterable[DomainError]:
    if metric.formula is not None:
        message = f"{metric.key} is derived: its values follow from its formula, not from a source."
        yield InvalidRecord(message, path=("metric",))
