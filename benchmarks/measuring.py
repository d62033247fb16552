"""What a measurement is: the fastest run of several, beside the most or least that it should be."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement; of several runs the fastest, for others on the machine only add to it.

    `usual` is the median of all runs, `cpu` what this process computed in the least of them; None:
    there is none. `at_most` and `at_least` are goals for `value`; None: there is none.
    """

    what: str
    value: float
    unit: str
    usual: float | None = None
    cpu: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """Value, usual value, CPU, goal and verdict in words; empty what there isn't."""
        usual, cpu = ("" if n is None else f"{n:,.1f}" for n in (self.usual, self.cpu))
        return (f"{self.value:,.2f} {self.unit}", usual, cpu, *self._judged())

    def _judged(self) -> tuple[str, str]:
        if self.at_most is not None:
            goal, is_met = f"≤ {self.at_most:,}", self.value <= self.at_most
        elif self.at_least is not None:
            goal, is_met = f"≥ {self.at_least:,}", self.value >= self.at_least
        else:
            return "", ""
        return goal, "met" if is_met else "missed"


@dataclass(frozen=True, slots=True)
class Run:
    """How many milliseconds a run took, and how many of them this process computed."""

    wall: float
    cpu: float


async def timed(work: Work) -> Run:
    """Do some work by the clock."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return Run((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


async def timed_often(work: Work, times: int) -> list[Run]:
    """Do the same work several times; nothing of what came before is left to be collected."""
    gc.collect()
    return [await timed(work) for _ in range(times)]


def fastest(what: str, runs: Sequence[Run], *, at_most: float | None = None) -> Figure:
    """Give the figure of several runs."""
    walls = [run.wall for run in runs]
    return Figure(
        what=what,
        value=min(walls),
        unit="ms",
        usual=median(walls),
        cpu=min(run.cpu for run in runs),
        at_most=at_most,
    )


async def megabytes(work: Work) -> float:
    """Give how much the result of the work holds, without what made it."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = await work()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del kept
    return held / 1_000_000


async def longest_wait(work: Work) -> float:
    """Give for how many milliseconds at a time somebody else waited for the event loop."""
    waits = [0.0]

    async def somebody_else() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0)
            waits.append(time.perf_counter() - began)

    other = asyncio.create_task(somebody_else())
    await asyncio.sleep(0)
    await work()
    await asyncio.sleep(0)
    other.cancel()
    return max(waits) * 1000
