"""What an author brings to the kit: a fake of the source, settings, known values."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr

from journey_atlas_sdk.conformance.measures import Measure, last
from journey_atlas_sdk.conformance.world import OSLO, Fact, World
from journey_atlas_sdk.connector import Connector, Delivery, MetricSpec
from journey_atlas_sdk.errors import ConnectorError
from journey_atlas_sdk.moments import parse_moment
from journey_atlas_sdk.observations import Grain, Window
from journey_atlas_sdk.periods import period_of

AnyConnector = Connector[Any]  # Any: each connector has settings of its own
Given = Mapping[str, Any]  # Any: JSON

Message = MutableMapping[str, Any]  # Any: what ASGI passes around
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
"""An ASGI application, of Starlette for instance."""

CALENDAR: Final = frozenset(Grain) - {Grain.TOTAL, Grain.INSTANT}
_SHORTEST_SECRET: Final = 8


class Keeps(StrEnum):
    """What a source keeps. PERIODS: rows, each of a whole period. EVENTS: what happened, and when.

    Of events any time zone's days can be made.
    """

    PERIODS = "PERIODS"
    EVENTS = "EVENTS"


@dataclass(frozen=True, slots=True)
class Known:
    """A value known by heart: `start` is its period's first day (or moment), `value` as written."""

    start: str
    value: str | None
    sample_size: int | None = None
    numerator: str | None = None
    denominator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A stretch of a metric whose values are known by heart, oldest first and without a gap.

    `facts` are what the source then holds, in order of time; None: the known values themselves.
    """

    metric: str
    grain: Grain
    known: tuple[Known, ...]
    facts: tuple[Fact, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what no question could be made of."""
        if not self.known or self.grain not in CALENDAR:
            message = "A golden window has at least one known value, of a grain of the calendar."
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How a source cuts its answers: `size` facts a page.

    `link` is the way to the next page's address or cursor in a JSON answer, as in "paging.next";
    None: it is counted, or stands elsewhere.
    """

    size: int
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Settings (what differs from the good ones) with which the source must be refused, and how."""

    settings: Given
    error: type[ConnectorError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A connector, and all that the kit must know of its source.

    A source over HTTP has a fake: `source` makes an ASGI application (or an httpx transport) that
    tells a World's facts. Any other has `lay`, which puts them where the connector looks, a file in
    `world.folder` for instance, and gives the settings that lead there. `settings` are good ones;
    secrets are written out in them, at least 8 characters long. `answers` are numbers that a fact
    may have; not `as_written`: the source only counts them. `measures` tell by metric what a
    period's facts amount to. Questions are asked in `zone`, with `parameters`, and broken down by
    each of `dimensions`, by name the values that they may have. Not `pulls`: the source delivers by
    itself and is never asked; `lay` then has nothing to do, and nobody looks for golden values.
    """

    connector: type[AnyConnector]
    golden: Golden
    source: Callable[[World], App | httpx.AsyncBaseTransport] | None = None
    lay: Callable[[World], Given] | None = None
    settings: Given = field(default_factory=dict[str, Any])
    zone: ZoneInfo = OSLO
    keeps: Keeps = Keeps.PERIODS
    measures: Mapping[str, Measure] = field(default_factory=dict[str, Measure])
    answers: tuple[str, ...] = ("4", "7", "5", "8")
    as_written: bool = True
    pulls: bool = True
    parameters: Given = field(default_factory=dict[str, Any])
    dimensions: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    wrong_secret: Refused | None = None
    narrow: Refused | None = None
    wrong_host: Refused | None = None
    pages: Pages | None = None
    refusal: str = '{"error": {"code": 500, "message": "Something went wrong."}}'
    exports: bool = False
    renews: str | None = None
    delivery: Callable[[datetime], Delivery] | None = None
    documentation: str | None = None

    def __post_init__(self) -> None:
        """Refuse a specimen that no check could use, saying what is missing."""
        metric = self.golden.metric
        for is_wrong, message in (
            ((self.source is None) == (self.lay is None), "Give either `source` or `lay`."),
            (
                self.keeps is Keeps.EVENTS and (metric not in self.measures or not self.facts),
                f"A source of events needs `golden.facts`, and a measure of {metric!r}.",
            ),
        ):
            if is_wrong:
                raise ValueError(message)

    @property
    def key(self) -> str:
        """The connector's key."""
        return self.connector.info.key

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the source holds of the golden window."""
        if self.golden.facts is not None:
            return self.golden.facts
        return tuple(
            Fact(
                at=parse_moment(known.start, self.zone),
                value=known.value or "",
                number=number,
                sample_size=known.sample_size,
                numerator=known.numerator,
                denominator=known.denominator,
            )
            for number, known in enumerate(self.golden.known)
        )

    @property
    def window(self) -> Window:
        """The golden window."""
        return Window(
            self.period(self.golden.known[0].start).start,
            self.period(self.golden.known[-1].start).end,
        )

    def period(self, start: str) -> Window:
        """Give the golden grain's period that begins at a day or moment."""
        return period_of(parse_moment(start, self.zone), self.golden.grain, self.zone)

    def measure(self, metric: str | None = None) -> Measure:
        """Give what tells the truth of a metric; None: of the golden one."""
        return self.measures.get(metric or self.golden.metric, last)

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets among the good settings, by name."""
        return secrets_of(self.connector, self.settings)


def secrets_of(connector: type[AnyConnector], settings: Given) -> dict[str, str]:
    """Give the secrets among some settings by name; ValueError where one is too short to find."""
    checked = connector.info.settings.read(settings)
    found = {
        name: value.get_secret_value()
        for name in type(checked).model_fields
        if isinstance(value := getattr(checked, name), SecretStr)
    }
    short = [name for name, value in found.items() if len(value) < _SHORTEST_SECRET]
    if short:
        message = f"Give {', '.join(short)} at least {_SHORTEST_SECRET} characters."
        raise ValueError(message)
    return found


def ways_of(schema: Given) -> list[Given]:
    """Give the alternatives in a property's JSON Schema: an optional one is one of two."""
    return [schema, *schema.get("anyOf", ())]


def grains_of(spec: MetricSpec | None, golden: Grain) -> list[Grain]:
    """Give the calendar's grains that a spec names, from the shortest; the golden one if none."""
    named = spec.grains & CALENDAR if spec else frozenset[Grain]()
    return [grain for grain in Grain if grain in (named or {golden})]
