"""Where values come from: configured connectors, and which of their metrics feeds which of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from domain.node import Kind, Node, NodeId

Settings = Mapping[str, Any]
"""A connector's settings or a metric's parameters, as JSON whose shape the connector knows."""


class SourceState(StrEnum):
    """How the last attempt to read a metric source ended."""

    NEVER_SYNCED = "NEVER_SYNCED"
    OK = "OK"
    FAILING = "FAILING"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"


class RunState(StrEnum):
    """How an attempt to read a metric source stands.

    WAITING: the source needs time; another run goes on with the same question. ABANDONED: the
    process that made the attempt is gone.
    """

    RUNNING = "RUNNING"
    WAITING = "WAITING"
    OK = "OK"
    FAILING = "FAILING"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    CANCELLED = "CANCELLED"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Node):
    """A connector with its settings, by the connector's key. Secrets are never among them.

    A secret setting stands in `settings` as a reference (`{"env": NAME}`, `{"file": NAME}`), or its
    value is kept sealed elsewhere: `secrets` names those, each with when it was set. Of a setting
    that is both the kept one counts.
    """

    kind: ClassVar[Kind] = Kind.CONNECTION

    connector: str
    settings: Settings = field(default_factory=dict[str, Any])
    secrets: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceError:
    """Why a source failed last: `fault` is CUSTOMER, VENDOR or PLUGIN; safe to show.

    `retry_at` is until when the source wants to be left alone; None: it didn't say.
    """

    code: str
    fault: str
    message: str
    at: datetime
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSource(Node):
    """The binding of a metric to what a connection delivers.

    `remote_metric` is the connector's name for it. `breakdowns` lists the sets of dimensions to
    pull it by: `((), ("channel",))` is the whole and each channel. The lowest `precedence` that has
    a value answers. `asked_at` is when the source last answered, in real time; None: never.
    """

    kind: ClassVar[Kind] = Kind.METRIC_SOURCE

    metric: NodeId
    connection: NodeId
    remote_metric: str
    parameters: Settings = field(default_factory=dict[str, Any])
    breakdowns: tuple[tuple[str, ...], ...] = ((),)
    grain: str
    precedence: int = 0
    state: SourceState = SourceState.NEVER_SYNCED
    asked_at: datetime | None = None
    error: SourceError | None = None
