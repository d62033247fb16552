"""How long an atlas takes to load, to refresh and to fill: `python -m benchmarks.atlas`.

Everything runs on an embedded server in a temporary home, and is thrown away.
"""

import argparse
import gc
import resource
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

import uvloop
from rich.console import Console
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import OBJECTS_UNTIL_COLLECTION
from api.execution.beside import TURN_SECONDS
from benchmarks.company import NOW, Company
from benchmarks.measuring import (
    Figure,
    Run,
    fastest,
    longest_wait,
    megabytes,
    timed,
    timed_often,
)
from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.journey import Journey
from domain.metric import Observation
from storage.atlases import StoredAtlases
from storage.bulk import arrays, upsert
from storage.cache import AtlasCache
from storage.embedded import acquire
from storage.embedded.databases import ensure_database
from storage.engine import create_engine
from storage.migrate import upgrade
from storage.observations import StoredObservations
from storage.recording import COLUMNS, ROWS_AT_ONCE, cells_of
from storage.tables import observations

LARGE = 43
"""The size that has 101,483 nodes."""

REPEATS = 5
WRITES = 20

LOAD_SMALL_MS, LOAD_LARGE_MS = 30, 2_000
MEMORY_MB = 150
REFRESH_MS = 5
WAIT_MS = 1_000
SHARE_OF_BARE = 0.9

Figures = AsyncGenerator[Figure | str]
"""Figures as they come; a text says what is going on until the next."""


async def measure(url: str, *, size: int, rows: int) -> Figures:
    """Measure a small and a large organization in an empty database."""
    engine = create_engine(url)
    try:
        for each, load_ms in ((1, LOAD_SMALL_MS), (size, LOAD_LARGE_MS)):
            company, atlases = Company(each), StoredAtlases(engine)
            for figures in (
                _writing(atlases, company),
                _loads(atlases, company, load_ms),
                _refreshes(atlases, company),
            ):
                async for figure in figures:
                    yield figure
        async for figure in _recording(engine, Company(1), rows):
            yield figure
    finally:
        await engine.dispose()


def _of(company: Company, what: str) -> str:
    return f"{len(company.nodes):,} nodes: {what}"


async def _writing(atlases: StoredAtlases, company: Company) -> Figures:
    runs = list[Run]()
    for changes in company.imports():
        yield _of(company, f"write, part {len(runs) + 1}")
        runs.append(await timed(partial(atlases.apply, changes, now=NOW)))
    wall, cpu = sum(run.wall for run in runs), sum(run.cpu for run in runs)
    yield Figure(what=_of(company, "write"), value=wall, unit="ms", cpu=cpu)


async def _loads(atlases: StoredAtlases, company: Company, load_ms: float) -> Figures:
    key = company.organization.key
    yield _of(company, "load")
    runs = await timed_often(lambda: atlases.load(key), REPEATS)
    yield fastest(_of(company, "load, cold"), runs, at_most=load_ms)
    waits = [await longest_wait(lambda: atlases.load(key)) for _ in range(REPEATS)]
    what = _of(company, "longest wait of others beside it")
    yield Figure(what=what, value=min(waits), unit="ms", at_most=WAIT_MS)
    held = await megabytes(lambda: atlases.load(key))
    yield Figure(what=_of(company, "memory"), value=held, unit="MB", at_most=MEMORY_MB)


async def _refreshes(atlases: StoredAtlases, company: Company) -> Figures:
    cache, key = AtlasCache(atlases), company.organization.key
    yield _of(company, "refresh")
    view = await cache.view(key, now=NOW)
    same = await timed_often(lambda: cache.current(key), WRITES)
    yield fastest(_of(company, "nothing changed"), same)
    refreshes, values = list[Run](), list[Run]()
    for number in range(WRITES):
        await atlases.apply(_a_new_title(view.atlas, number), now=NOW)
        refreshes.append(await timed(lambda: cache.current(key)))
        values.append(await timed(lambda: cache.view(key, now=NOW)))
        view = await cache.view(key, now=NOW)
    yield fastest(_of(company, "refresh after a write"), refreshes, at_most=REFRESH_MS)
    yield fastest(_of(company, "the day's values after it"), values)


def _a_new_title(atlas: Atlas, number: int) -> Changes:
    journey = next(atlas.all(Journey))
    return Changes(
        organization=atlas.organization,
        base_revision=atlas.revision,
        nodes=[replace(journey, title=f"Title {number}")],
    )


async def _recording(engine: AsyncEngine, company: Company, rows: int) -> Figures:
    """Record new observations, the same ones again, which changes nothing, and without our care."""
    company.organization = replace(company.organization, key="recording")
    for changes in company.imports():
        await StoredAtlases(engine).apply(changes, now=NOW)
    store, organization = StoredObservations(engine), company.organization.id
    yield f"{rows:,} observations"
    given = list(company.observations(rows))
    batches = [given[start : start + ROWS_AT_ONCE] for start in range(0, rows, ROWS_AT_ONCE)]

    async def record() -> None:
        for batch in batches:
            await store.record(organization, batch, now=NOW)

    new, again = await timed(record), await timed(record)
    bare = await _bare(engine, company, batches)
    yield _speed(f"{rows:,} observations: record", rows, new)
    yield _speed(f"{rows:,} observations: repeat", rows, again)
    yield _speed(f"{rows:,} observations: bare upsert", rows, bare)
    share = bare.wall / new.wall
    yield Figure(what="record / bare upsert", value=share, unit="", at_least=SHARE_OF_BARE)


async def _bare(
    engine: AsyncEngine, company: Company, batches: Sequence[Sequence[Observation]]
) -> Run:
    """Write the same rows by nothing but one upsert a batch, into a table of their own."""
    table = observations.to_metadata(MetaData(), name="bare_observations")
    same = {"tenant_id": company.organization.id, "version": 1, "revision": 1}
    statement = upsert(table, COLUMNS, same=same)
    prepared = [arrays(COLUMNS, map(cells_of, batch)) for batch in batches]

    async def write() -> None:
        for parameters in prepared:
            async with engine.begin() as connection:
                await connection.execute(statement, parameters)

    async with engine.begin() as connection:
        await connection.execute(text(f"CREATE TABLE {table} (LIKE observations INCLUDING ALL)"))
    return await timed(write)


def _speed(what: str, rows: int, run: Run) -> Figure:
    return Figure(what=what, value=rows / run.wall, unit="thousand/s", cpu=run.cpu)


async def show(console: Console, figures: Figures) -> None:
    """Print each figure beside its goal as soon as it is there."""
    console.print(_line("", "fastest", "median", "CPU, ms", "goal", ""), style="bold")
    with console.status("") as status:
        async with aclosing(figures):
            async for each in figures:
                if isinstance(each, str):
                    status.update(each)
                else:
                    console.print(_line(each.what, *each.cells))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    python = sys.version.split()[0]
    console.print(f"Python {python}; most memory of the process: {peak:,.0f} MB")


def _line(what: str, *cells: str) -> str:
    return what.ljust(46) + "".join(map(str.rjust, cells, (18, 11, 11, 9, 8)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.atlas", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the size")
    short: bool = parser.parse_args().short
    # Dying of the signal would leave the database running.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # As a server runs.
    gc.set_threshold(OBJECTS_UNTIL_COLLECTION)
    sys.setswitchinterval(TURN_SECONDS)
    with tempfile.TemporaryDirectory(prefix="atlas-benchmark-") as folder:
        Path(folder).chmod(0o755)  # root's server runs as somebody else, who must enter it
        with acquire(Path(folder) / "postgresql") as lease:

            async def run() -> None:
                await ensure_database(lease, "benchmark")
                await upgrade(lease.url("benchmark"))
                size, rows = (LARGE // 10, 20_000) if short else (LARGE, 200_000)
                figures = measure(lease.url("benchmark"), size=size, rows=rows)
                await show(Console(width=110, highlight=False), figures)

            uvloop.run(run())


if __name__ == "__main__":
    main()
