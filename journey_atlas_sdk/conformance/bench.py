"""The bench on which a check works: worlds with facts in them, and a connector that is asked."""

import logging
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import httpx

from journey_atlas_sdk.conformance.specimen import (
    Given,
    Keeps,
    Specimen,
    grains_of,
    secrets_of,
)
from journey_atlas_sdk.conformance.stage import Make, Stage, here
from journey_atlas_sdk.conformance.verdict import NotApplicable
from journey_atlas_sdk.conformance.virtual_time import START, LoopClock
from journey_atlas_sdk.conformance.wire import Fault, Wire, no_fault
from journey_atlas_sdk.conformance.world import Fact, World, between
from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.vault import MemoryVault
from journey_atlas_sdk.observations import Grain, Window
from journey_atlas_sdk.periods import period_of

Series = Mapping[Window, Decimal | None]
"""Values by period, in order of time; None: nothing was measured."""

_INSTANT: Final = timedelta(microseconds=1)
_AFTER_START: Final = timedelta(minutes=1)
_PERIODS_OF_A_FEW: Final = 3


@dataclass(slots=True, kw_only=True)
class Bench:
    """A specimen, and what can be done with it.

    `rows` is how many very many are, of rows and of requests. `make` makes the connector of each
    call.
    """

    specimen: Specimen
    folder: Path
    rows: int = 100_000
    make: Make = here
    _worlds: int = field(default=0)

    def open(
        self,
        facts: Iterable[Fact] | None = None,
        *,
        fault: Fault = no_fault,
        changed: Given | None = None,
        start: datetime = START,
        patience: timedelta | None = None,
    ) -> Stage:
        """Set a stage: a world of these facts (None: the golden ones), at that time.

        `changed` is what differs from the good settings. `patience` is how long a call may take;
        None: as long as the connector says.
        """
        clock = LoopClock(start)
        given = self.specimen.facts if facts is None else facts
        world = World(
            facts=given if isinstance(given, Sequence) else list(given),
            folder=self._new_folder(),
            now=clock.now,
        )
        laid: Given = self.specimen.lay(world) if self.specimen.lay else {}
        settings = {**self.specimen.settings, **laid, **(changed or {})}
        connector = self.specimen.connector
        return Stage(
            specimen=self.specimen,
            connector=connector,
            world=world,
            settings=settings,
            secrets=secrets_of(connector, settings),
            wire=Wire(
                source=self._source(world),
                now=clock.now,
                fault=fault,
                renews=self.specimen.renews,
            ),
            clock=clock,
            budgets=MemoryBudgets(clock),
            vault=MemoryVault(),
            log=_quiet_log(),
            patience=patience,
            make=self.make,
        )

    def question(
        self,
        window: Window | None = None,
        *,
        metric: str | None = None,
        **other: Any,  # noqa: ANN401 -- the question's fields, each of its own type
    ) -> PullRequest:
        """Ask the golden question, or one that differs from it."""
        golden = self.specimen.golden
        question = PullRequest(
            metric=metric or golden.metric,
            window=window or self.specimen.window,
            grain=golden.grain,
            time_zone=self.specimen.zone,
            parameters=self.specimen.parameters,
        )
        return replace(question, **other)

    @property
    def metrics(self) -> list[str]:
        """The metrics of which the specimen knows the truth."""
        return sorted({self.specimen.golden.metric, *self.specimen.measures})

    def recent(self, count: int, *, grain: Grain | None = None) -> list[Window]:
        """Give the last `count` periods that are over when a check begins, oldest first."""
        grain, zone = grain or self.specimen.golden.grain, self.specimen.zone
        found = [period_of(START, grain, zone)]
        while len(found) <= count:
            found.append(period_of(found[-1].start - _INSTANT, grain, zone))
        return found[:0:-1]

    def facts_in(self, asked: Sequence[Window], *, each: int = 2) -> list[Fact]:
        """Make facts in each of some periods: events near both of its ends, or its one row."""
        moments = [at for period in asked for at in self._moments(period, each)]
        answers = self.specimen.answers
        return [
            self.fact(at, number=number, value=answers[number % len(answers)])
            for number, at in enumerate(moments)
        ]

    def room_for(self, count: int, *, more: int = 0) -> list[Window]:
        """Give recent periods for so many facts, a row each or events over a few; and some more."""
        is_row = self.specimen.keeps is Keeps.PERIODS
        return self.recent(more + (max(count, 1) if is_row else _PERIODS_OF_A_FEW))

    def spread(self, asked: Sequence[Window], count: int) -> list[Fact]:
        """Make so many facts, spread over some periods."""
        each = -(-count // len(asked))
        return self.facts_in(asked, each=each)[:count] if count else []

    def fact(self, at: datetime, *, number: int, value: str) -> Fact:
        """Make a fact of a person of its own; a row has a sample size."""
        is_row = self.specimen.keeps is Keeps.PERIODS
        return Fact(
            at=at,
            value=value,
            number=number,
            who=f"person-{number}@example.org",
            sample_size=12 if is_row else None,
        )

    def truth(
        self, facts: Sequence[Fact], asked: Sequence[Window], *, metric: str | None = None
    ) -> Series:
        """Tell what the facts, which are in order of time, amount to in each period."""
        measure = self.specimen.measure(metric)
        return {period: measure(between(facts, period.start, period.end)) for period in asked}

    async def spec(self) -> MetricSpec | None:
        """Give the golden metric's spec; None where the connector lists none."""
        return await self.open().describe(self.specimen.golden.metric)

    async def grains(self) -> list[Grain]:
        """Give the grains in which the golden metric can be asked for."""
        return grains_of(await self.spec(), self.specimen.golden.grain)

    def require_http(self) -> None:
        """End a check that looks at requests where there are none."""
        if self.specimen.source is None:
            reason = "its source is not asked over HTTP"
            raise NotApplicable(reason)

    def _moments(self, period: Window, count: int) -> list[datetime]:
        if self.specimen.keeps is Keeps.PERIODS:
            return [period.start]
        step = (period.end - period.start - 2 * _AFTER_START) / max(count - 1, 1)
        return [period.start + _AFTER_START + step * nth for nth in range(count)]

    def _source(self, world: World) -> httpx.AsyncBaseTransport:
        if self.specimen.source is None:
            return httpx.MockTransport(_nobody)
        made = self.specimen.source(world)
        if isinstance(made, httpx.AsyncBaseTransport):
            return made
        # httpx names the type of an application in its own words.
        return httpx.ASGITransport(cast("Any", made))

    def _new_folder(self) -> Path:
        self._worlds += 1
        made = self.folder / f"world-{self._worlds}"
        if self.specimen.lay:
            made.mkdir()
        return made


def around(asked: Sequence[Window]) -> Window:
    """Give the window of some periods in order of time."""
    return Window(asked[0].start, asked[-1].end)


@contextmanager
def a_bench(specimen: Specimen, *, rows: int, make: Make = here) -> Generator[Bench]:
    """Open a bench; where a specimen lays files, in a folder of its own that goes with it."""
    if specimen.lay is None:
        yield Bench(specimen=specimen, folder=Path(), rows=rows, make=make)
        return
    with TemporaryDirectory(prefix="atlas-conformance-") as folder:
        yield Bench(specimen=specimen, folder=Path(folder), rows=rows, make=make)


def _quiet_log() -> logging.Logger:
    """Give a log that checks can listen to and that tells nobody else."""
    log = logging.getLogger("journey_atlas.conformance")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return log


def _nobody(request: httpx.Request) -> httpx.Response:
    message = f"This connector's specimen has no source over HTTP, but it sent {request.url}."
    raise httpx.ConnectError(message)
