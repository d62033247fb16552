"""How long an atlas takes to load, to refresh and to fill: `python -m benchmarks.atlas`.

Everything runs on an embedded server in a temporary home, and is thrown away.
"""

import argparse
import asyncio
import gc
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.company import NOW, Company
from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.journey import Journey
from domain.metric import Observation
from storage.atlases import StoredAtlases
from storage.cache import AtlasCache
from storage.embedded import acquire
from storage.embedded.databases import ensure_database
from storage.engine import create_engine
from storage.migrate import upgrade
from storage.observations import StoredObservations
from storage.recording import ROWS_AT_ONCE

LARGE = 43
"""The size that has 101,483 nodes."""

REPEATS = 5
WRITES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement: the fastest run, for whoever else uses the machine only adds to it.

    `usual` is the median of all runs, None: there was one. `goal` is the most that the fastest
    should take, None: there is none.
    """

    what: str
    value: float
    unit: str
    usual: float | None = None
    goal: float | None = None

    def cells(self) -> list[str]:
        """Give the figure as a row of the table."""
        usual = "" if self.usual is None else f"{self.usual:,.1f}"
        row = [self.what, f"{self.value:,.1f} {self.unit}", usual]
        if self.goal is None:
            return row
        verdict = "met" if self.value <= self.goal else "missed"
        return [*row, f"≤ {self.goal:,.0f}", f"{self.value / self.goal:.2f}", verdict]


async def measure(url: str, *, size: int, rows: int) -> list[Figure]:
    """Measure a small and a large organization in an empty database."""
    engine = create_engine(url)
    try:
        return [
            *await _organization(engine, 1, load_goal_ms=30, rows=rows),
            *await _organization(engine, size, load_goal_ms=2_000, rows=0),
        ]
    finally:
        await engine.dispose()


async def _organization(
    engine: AsyncEngine, size: int, *, load_goal_ms: float, rows: int
) -> list[Figure]:
    company, atlases = Company(size), StoredAtlases(engine)
    key, nodes = company.organization.key, len(company.nodes)
    written = await _milliseconds(lambda: atlases.apply(company.changes(), now=NOW))
    figures = [
        Figure(what=f"{nodes:,} nodes: write", value=written, unit="ms"),
        *await _loads(atlases, key, nodes, goal=load_goal_ms),
        *await _refreshes(atlases, key, nodes),
    ]
    return [*figures, *(await _recording(engine, company, rows) if rows else [])]


async def _loads(atlases: StoredAtlases, key: str, nodes: int, *, goal: float) -> list[Figure]:
    taken = [await _milliseconds(lambda: atlases.load(key)) for _ in range(REPEATS)]
    kept = await _megabytes(lambda: atlases.load(key))
    return [
        _fastest(f"{nodes:,} nodes: load, cold", taken, goal=goal),
        Figure(what=f"{nodes:,} nodes: memory", value=kept, unit="MB", goal=150),
    ]


async def _refreshes(atlases: StoredAtlases, key: str, nodes: int) -> list[Figure]:
    cache = AtlasCache(atlases)
    atlas = await cache.current(key)
    await cache.view(key, now=NOW)
    same = [await _milliseconds(lambda: cache.current(key)) for _ in range(WRITES)]
    taken: list[float] = []
    for number in range(WRITES):
        await atlases.apply(_a_new_title(atlas, number), now=NOW)
        taken.append(await _milliseconds(lambda: cache.current(key)))
        atlas = await cache.current(key)
    return [
        _fastest(f"{nodes:,} nodes: nothing changed", same),
        _fastest(f"{nodes:,} nodes: refresh after a write", taken, goal=5),
    ]


def _fastest(what: str, taken: Sequence[float], *, goal: float | None = None) -> Figure:
    return Figure(what=what, value=min(taken), unit="ms", usual=median(taken), goal=goal)


def _a_new_title(atlas: Atlas, number: int) -> Changes:
    journey = next(atlas.all(Journey))
    return Changes(
        organization=atlas.organization,
        base_revision=atlas.revision,
        nodes=[replace(journey, title=f"Title {number}")],
    )


async def _recording(engine: AsyncEngine, company: Company, rows: int) -> list[Figure]:
    """Record new observations, then the same ones again, which changes nothing."""
    store, organization = StoredObservations(engine), company.organization.id
    given = list(company.observations(rows))

    async def record() -> None:
        batches = iter(given)
        while batch := list[Observation](islice(batches, ROWS_AT_ONCE)):
            await store.record(organization, batch, now=NOW)

    speeds = [rows / await _milliseconds(record) for _ in range(2)]
    return [
        Figure(what=f"{rows:,} observations: record", value=speeds[0], unit="thousand/s"),
        Figure(what=f"{rows:,} observations: repeat", value=speeds[1], unit="thousand/s"),
    ]


async def _milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    gc.collect()
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def _megabytes(work: Callable[[], Awaitable[object]]) -> float:
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


def show(figures: list[Figure]) -> None:
    """Print the figures beside their goals."""
    table = Table("", "fastest", "median", "goal", "fastest / goal", "")
    for figure in figures:
        table.add_row(*figure.cells())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    console = Console(width=110)
    console.print(table)
    console.print(f"Python {sys.version.split()[0]}; most memory of the process: {peak:,.0f} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.atlas", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the size")
    short: bool = parser.parse_args().short
    with tempfile.TemporaryDirectory(prefix="atlas-benchmark-") as folder:
        Path(folder).chmod(0o755)  # root's server runs as somebody else, who must enter it
        with acquire(Path(folder) / "postgresql") as lease:

            async def run() -> list[Figure]:
                await ensure_database(lease, "benchmark")
                await upgrade(lease.url("benchmark"))
                size, rows = (LARGE // 10, 20_000) if short else (LARGE, 200_000)
                return await measure(lease.url("benchmark"), size=size, rows=rows)

            figures = asyncio.run(run())
    show(figures)


if __name__ == "__main__":
    main()
