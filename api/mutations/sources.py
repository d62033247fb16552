"""Feed metrics from connections: bind one, change the binding, undo it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import strawberry
from strawberry import ID, UNSET

from api.mutations.acting import Acting
from api.mutations.given import (
    VersionedInput,
    given_fields,
    node_in_use,
    object_of,
    optional,
    own_id,
    target_of,
)
from api.types.scalars import JSON
from domain.actions import feeding
from domain.actions.editing import archived, restored
from domain.actions.feeding import SourceDraft
from domain.metric import Metric
from domain.source import Connection, MetricSource
from ingest.connector_rules import fits
from journey_atlas_sdk import MetricSpec

_BREAKDOWNS = (
    "The sets of dimensions to read it by; an empty one is the whole. Where nothing is said, the "
    "whole alone."
)
_PRECEDENCE = "Of several sources with a value the one with the lowest number answers."


@strawberry.input(description="Which of a connection's metrics shall feed which of the atlas's.")
class BindMetricInput:
    """What `bindMetric` takes."""

    metric: ID = strawberry.field(description="The id of the metric to feed.")
    connection: ID = strawberry.field(description="The id of the connection to read.")
    remote_metric: str = strawberry.field(description="The source's name for the metric.")
    grain: str = strawberry.field(
        description="The length of the periods to read: HOUR, DAY, WEEK, MONTH, QUARTER, YEAR, "
        "TOTAL or INSTANT. It can't be changed later."
    )
    parameters: JSON | None = strawberry.field(
        default=UNSET, description="What the source is told besides: an object."
    )
    breakdowns: list[list[str]] | None = strawberry.field(default=UNSET, description=_BREAKDOWNS)
    precedence: int = strawberry.field(default=0, description=_PRECEDENCE)
    key: str | None = strawberry.field(
        default=UNSET,
        description="The external key; where nothing is said, `<metric>:<connection>`.",
    )
    title: str | None = strawberry.field(
        default=UNSET, description="The title; where nothing is said, one from both."
    )
    description: str | None = strawberry.field(default=UNSET, description="More about it.")
    new_id: ID | None = strawberry.field(
        default=UNSET,
        description="A UUID that you made: asking twice then binds once, and the second time tells "
        "CONFLICT. Where nothing is said, the server makes one.",
    )


@strawberry.input(
    description="A change of a metric source; what is left out stays as it is. Another metric, "
    "connection, remote metric or grain would be another series: unbind this one and bind it."
)
class UpdateMetricSourceInput(VersionedInput):
    """What `updateMetricSource` takes."""

    title: str | None = strawberry.field(default=UNSET, description="Another title.")
    key: str | None = strawberry.field(default=UNSET, description="Another external key.")
    description: str | None = strawberry.field(
        default=UNSET, description="Another description; null takes it away."
    )
    parameters: JSON | None = strawberry.field(
        default=UNSET,
        description="Other parameters, an object: the source is read again from the beginning.",
    )
    breakdowns: list[list[str]] | None = strawberry.field(
        default=UNSET, description="Other sets of dimensions to read it by."
    )
    precedence: int | None = strawberry.field(default=UNSET, description=_PRECEDENCE)


@strawberry.input(description="The metric source to put away.")
class UnbindMetricInput(VersionedInput):
    """What `unbindMetric` takes."""


@strawberry.input(description="The metric source to bring back.")
class RebindMetricInput(VersionedInput):
    """What `rebindMetric` takes."""


async def bind_metric(given: BindMetricInput, acting: Acting) -> None:
    """Bind a metric to what a connection delivers, if their units can meet exactly."""
    metric = node_in_use(given.metric, Metric, acting, path=("metric",))
    connection = node_in_use(given.connection, Connection, acting, path=("connection",))
    words = given_fields(
        given, "key", "title", "description", clearable=("key", "title", "description")
    )
    draft = SourceDraft(
        id=own_id(given.new_id),
        metric=metric.id,
        connection=connection.id,
        fields={
            "remote_metric": given.remote_metric,
            "grain": given.grain,
            "parameters": object_of(optional(given.parameters) or {}, "parameters"),
            "precedence": given.precedence,
            **words,
            **_breakdowns(given_fields(given, "breakdowns", clearable=("breakdowns",))),
        },
    )
    spec = await _spec(connection, given.remote_metric, acting)
    await acting.change(
        partial(feeding.bind_metric, draft=draft, desk=acting.desk, fits=partial(fits, spec=spec))
    )


async def update_metric_source(given: UpdateMetricSourceInput, acting: Acting) -> None:
    """Change what is given of a metric source."""
    target = target_of(given, MetricSource, acting)
    names = ("title", "key", "description", "parameters", "breakdowns", "precedence")
    fields = _breakdowns(given_fields(given, *names, clearable=("description",)))
    if "parameters" in fields:
        fields["parameters"] = object_of(fields["parameters"], "parameters")
    spec = None
    if fields.keys() & {"parameters", "breakdowns"}:
        source = acting.atlas.get(target.id, MetricSource)
        connection = acting.atlas.get(source.connection, Connection)
        spec = await _spec(connection, source.remote_metric, acting)
    await acting.change(
        partial(
            feeding.update_source,
            target=target,
            fields=fields,
            desk=acting.desk,
            fits=partial(fits, spec=spec),
        )
    )


async def unbind_metric(given: UnbindMetricInput, acting: Acting) -> None:
    """Put a metric source away."""
    target = target_of(given, MetricSource, acting)
    await acting.change(partial(archived, target=target, kind=MetricSource, desk=acting.desk))


async def rebind_metric(given: RebindMetricInput, acting: Acting) -> None:
    """Bring a metric source back."""
    target = target_of(given, MetricSource, acting)
    await acting.change(partial(restored, target=target, kind=MetricSource, desk=acting.desk))


async def _spec(connection: Connection, metric: str, acting: Acting) -> MetricSpec | None:
    """Ask the source what the metric is; what it can't tell now can't be checked, so it raises."""
    seconds = acting.context.seconds_to_wait()
    return await acting.writing.trials.describe(acting.atlas, connection, metric, seconds=seconds)


def _breakdowns(fields: dict[str, Any]) -> dict[str, Any]:  # Any: each field has its own type
    """Give sets of dimensions as records hold them; None: as nothing was said."""
    given: Sequence[Sequence[str]] | None = fields.pop("breakdowns", None)
    return fields if given is None else {**fields, "breakdowns": tuple(map(tuple, given))}
