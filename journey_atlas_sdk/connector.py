"""The contract: what a connector says of itself, and what it is asked."""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import ConfigError, UnknownMetric
from journey_atlas_sdk.observations import Grain, Observation, ObservationState, Window
from journey_atlas_sdk.periods import periods
from journey_atlas_sdk.settings import JsonSchema, Settings, looks_secret
from journey_atlas_sdk.texts import is_text
from journey_atlas_sdk.units import Aggregation, Unit

S = TypeVar("S", bound=Settings)
T = TypeVar("T")

_LONGEST_RESUME = 4_096
_KEY = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


class PullReason(StrEnum):
    """Why the host asks. CHECK: someone tries the settings out."""

    ON_DEMAND = "ON_DEMAND"
    SCHEDULED = "SCHEDULED"
    BACKFILL = "BACKFILL"
    PUSH = "PUSH"
    CHECK = "CHECK"


class Capability(StrEnum):
    """HISTORY: answers for the past. DISCOVER: lists its metrics. DIMENSIONS: breaks them down.

    PUSH: takes deliveries (`receive`).
    """

    HISTORY = "HISTORY"
    DISCOVER = "DISCOVER"
    DIMENSIONS = "DIMENSIONS"
    PUSH = "PUSH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the source allows: `count` requests per `seconds`, at most `concurrency` at once.

    `weight` is what one request counts against it.
    """

    count: int
    seconds: int
    concurrency: int | None = None
    weight: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers below 1."""
        if min(self.count, self.seconds, self.concurrency or 1, self.weight) < 1:
            message = f"A limit's numbers are 1 or more, got {self}."
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """A metric that a source offers.

    `unit` and `aggregation` None: the source doesn't say; its values are taken to be what the
    atlas's metric is. `grains` empty: any. `minimum` and `maximum` (inclusive) bound legal
    values. `dimensions` are the names it can be broken down by. `parameters` is the model of what
    a question may add. For `restates_for` after a period's end the source may still change it.
    """

    key: str
    title: str
    unit: Unit | None = None
    aggregation: Aggregation | None = None
    grains: frozenset[Grain] = frozenset()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    dimensions: tuple[str, ...] = ()
    parameters: type[Settings] | None = None
    restates_for: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse a spec without a name, with crossed bounds or a negative time."""
        if not self.key or not self.title:
            message = "A metric spec needs a key and a title."
            raise ValueError(message)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            message = f"The minimum of {self.key!r} is above its maximum."
            raise ValueError(message)
        if self.restates_for < timedelta(0):
            message = f"`restates_for` of {self.key!r} is negative."
            raise ValueError(message)

    def state(self, period: Window, now: datetime) -> ObservationState:
        """Say whether a period's value is settled: FINAL once it is over by `restates_for`."""
        is_settled = period.end + self.restates_for <= now
        return ObservationState.FINAL if is_settled else ObservationState.PROVISIONAL

    def require_answers(self, request: "PullRequest") -> None:
        """Raise the ConfigError that says which part of a question this metric has no answer to.

        Its grain, its dimensions, its parameters.
        """
        (self.parameters or Settings).read(request.parameters)
        strange = sorted(set(request.dimensions) - set(self.dimensions))
        if strange:
            there = ", ".join(self.dimensions) or "nothing"
            message = f"{self.key} can't be broken down by {', '.join(strange)}; by {there}."
            raise ConfigError(message)
        if self.grains and request.grain not in self.grains:
            legal = ", ".join(grain for grain in Grain if grain in self.grains)
            message = f"{self.key} comes by {legal}, not by {request.grain}."
            raise ConfigError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorInfo:
    """What a connector says of itself.

    `key` names it in settings: lower case letters, digits, - and _. `max_window` and `max_points`
    bound one pull (None: no bound; the host splits). A value younger than `default_max_age` is not
    asked for again, nor is anything within `min_interval`. `timeout` ends a pull.
    `contract` is the version of this contract that the plugin was written for.
    """

    key: str
    title: str
    version: str
    settings: type[Settings] = Settings
    metrics: tuple[MetricSpec, ...] = ()
    capabilities: frozenset[Capability] = frozenset({Capability.HISTORY})
    limits: tuple[Limit, ...] = ()
    max_window: timedelta | None = None
    max_points: int | None = None
    default_max_age: timedelta = timedelta(hours=1)
    min_interval: timedelta = timedelta(minutes=1)
    timeout: timedelta = timedelta(seconds=30)
    contract: int = 1  # never the newest one: a plugin that says nothing was written for the first
    documentation: str | None = None

    def __post_init__(self) -> None:
        """Refuse what a reader or the host couldn't use, saying what would do."""
        for is_wrong, message in (
            (
                not _KEY.fullmatch(self.key),
                f"A connector's key is lower case letters, digits, - and _, got {self.key!r}.",
            ),
            (not self.title or not self.version, f"{self.key!r} needs a title and a version."),
            (
                min(self.default_max_age, self.min_interval) < timedelta(0),
                f"{self.key!r} has a negative age or interval.",
            ),
            (self.timeout <= timedelta(0), f"The timeout of {self.key!r} must be above 0."),
            (
                len({metric.key for metric in self.metrics}) < len(self.metrics),
                f"{self.key!r} names a metric twice.",
            ),
        ):
            if is_wrong:
                raise ValueError(message)
        _refuse_open_secrets(self)

    @property
    def settings_schema(self) -> JsonSchema:
        """The JSON Schema (2020-12) of the settings; secrets are write-only in it."""
        return self.settings.json_schema()


def _refuse_open_secrets(info: ConnectorInfo) -> None:
    properties: Mapping[str, JsonSchema] = info.settings_schema.get("properties", {})
    for name, schema in properties.items():
        # An optional secret is one of several: `Secret | None`.
        ways = [schema, *schema.get("anyOf", ())]
        if looks_secret(name) and not any(w.get("writeOnly") for w in ways):
            message = f"The setting {name!r} of {info.key!r} looks secret: give it the type Secret."
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A question: the values of a metric, for the whole periods of a grain inside a window.

    Days, weeks and months are cut in `time_zone`. `dimensions` are names to break down by: each
    observation carries exactly these; empty asks for the whole. `deadline` (aware) None: none.
    `resume` is that of the `Pending` that answered this question last; None: it is new.
    """

    metric: str
    window: Window
    grain: Grain
    time_zone: ZoneInfo
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Any: JSON
    dimensions: tuple[str, ...] = ()
    reason: PullReason = PullReason.ON_DEMAND
    deadline: datetime | None = None
    resume: str | None = None

    def chosen(self, listed: Mapping[str, T]) -> T:
        """Give what is listed for the metric asked for; UnknownMetric, which names them all."""
        if self.metric not in listed:
            raise UnknownMetric(self.metric, known=sorted(listed))
        return listed[self.metric]

    def periods(self, now: datetime) -> list[Window]:
        """Give the window's whole periods that have begun by `now`, oldest first.

        A TOTAL's one period is the window itself. ValueError for INSTANT, which has none.
        """
        if self.grain is Grain.TOTAL:
            touching: Iterable[Window] = [self.window]
        else:
            touching = periods(self.window, self.grain, self.time_zone)
        whole = [period for period in touching if self.window.holds(period.start, period.end)]
        return [period for period in whole if period.start < now]

    def observation(
        self,
        period: Window,
        value: Decimal | None,
        **more: Any,  # noqa: ANN401 -- further fields of an Observation, which checks them
    ) -> Observation:
        """Make the observation of a period of the metric asked for, as in `sample_size=12`."""
        return Observation(
            metric=self.metric, start=period.start, end=period.end, value=value, **more
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The source is still working on the answer: yielded by `pull` instead of observations.

    The same question comes again after `retry_after`, maybe in another process, with the same
    `resume`: whatever is needed to go on, at most 4 KiB, no secret. `progress` is 0 to 1, None
    where the source doesn't tell.
    """

    resume: str
    retry_after: timedelta
    progress: float | None = None

    def __post_init__(self) -> None:
        """Refuse a `resume` that can't be kept, and what is no time or no progress."""
        length = len(self.resume.encode())
        if not 1 <= length <= _LONGEST_RESUME or not is_text(self.resume):
            message = f"`resume` is a text of 1 to {_LONGEST_RESUME} bytes, got {length}."
            raise ValueError(message)
        if self.retry_after < timedelta(0):
            message = f"`retry_after` is negative: {self.retry_after}."
            raise ValueError(message)
        if self.progress is not None and not 0 <= self.progress <= 1:
            message = f"`progress` is from 0 to 1, got {self.progress}."
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a source sent to us of its own accord: an HTTP message, as it came over the wire.

    `headers` have their names in lower case; of several with one name the last stands.
    """

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirty:
    """A delivery's usual content: something changed in `window`, so that it should be pulled again.

    `metric` None: every metric of the connection. `event_id` tells the same event sent twice; None
    where the source numbers none.
    """

    window: Window
    metric: str | None = None
    event_id: str | None = None


class Connector(ABC, Generic[S]):
    """One source. The host makes one per call, from settings that `info.settings` has checked."""

    info: ClassVar[ConnectorInfo]

    def __init__(self, settings: S) -> None:
        """Keep the settings; connect to nothing yet."""
        self.settings = settings

    @abstractmethod
    def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterable[Observation | Pending] | Iterable[Observation | Pending]:
        """Answer a question with observations, each period once, oldest first.

        Write an async generator to use `context.http`, or a plain one: it runs in a thread and may
        block. A period that the source knows nothing of is left out or None, never 0.
        Raise a ConnectorError to say what went wrong; nothing of a pull that fails is kept. Where
        the source needs minutes, yield one `Pending` and nothing else.
        """

    async def check(self, context: Context) -> None:
        """Try the settings out in at most two requests; raise the ConnectorError that explains."""

    async def discover(self, context: Context) -> Sequence[MetricSpec]:
        """List the metrics that the source has, in order of key; by default those of `info`."""
        del context
        return self.info.metrics

    async def describe(self, metric: str, context: Context) -> MetricSpec | None:
        """Give the spec of one metric, None where the source lists no such metric.

        The host asks before each pull; by default it looks through `discover`, so a source with
        many metrics should answer for the one alone.
        """
        return next((spec for spec in await self.discover(context) if spec.key == metric), None)

    def budget_key(self) -> str | None:
        """Name whose `info.limits` are counted together, such as an account; never a secret.

        None: each connection has a budget of its own.
        """
        return None

    async def receive(
        self, delivery: Delivery, context: Context
    ) -> Sequence[Dirty] | Sequence[Observation]:
        """Read a delivery: check its signature first, then say what it tells.

        AuthError where it isn't the source's own, DataError where it can't be read. Answer fast:
        what is `Dirty` is pulled later.
        """
        del delivery, context
        message = f"{self.info.title} takes no deliveries."
        raise ConfigError(message)
