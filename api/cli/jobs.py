"""`atlas job …` and `atlas backfill`: what is to be done, what is held and why, and what to do."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from rich.console import Console

from api.app import open_product
from api.cli.marks import words
from api.cli.output import Json, show, table
from api.cli.running import day_of_flag
from api.errors import SettingsError
from api.settings import Settings
from domain.atlas import Atlas
from domain.metric import Metric
from domain.source import Connection, MetricSource
from domain.view import start_of
from ingest.sync import connections_of
from storage.jobs.records import Job, JobId, JobState, Wanted

NOT_OVER: Final = (JobState.QUEUED, JobState.RUNNING, JobState.HELD)


async def list_jobs(settings: Settings, state: str | None, *, as_json: bool) -> int:
    """List an organization's jobs of a state, newest first; None: those that aren't over."""
    states = NOT_OVER if state is None else (_state(state),)
    async with open_product(settings) as product:
        atlas = await product.atlas()
        found = await product.kept.jobs.listed(atlas.organization.id, Wanted(states=states))
    return _show(atlas, found, as_json=as_json)


async def resume(settings: Settings, job: str, *, as_json: bool) -> int:
    """Let a held job go on."""
    async with open_product(settings) as product:
        atlas, now = await product.atlas(), product.now()
        changed = await product.kept.jobs.resume(atlas.organization.id, _id(job), now=now)
    return _show(atlas, [changed], as_json=as_json)


async def cancel(settings: Settings, job: str, *, as_json: bool) -> int:
    """End a job before its time."""
    async with open_product(settings) as product:
        atlas, now = await product.atlas(), product.now()
        changed = await product.kept.jobs.cancel(atlas.organization.id, _id(job), now=now)
    return _show(atlas, [changed], as_json=as_json)


async def backfill(
    settings: Settings, connections: Sequence[str], since: str, *, as_json: bool
) -> int:
    """Order a backfill of every source of some connections."""
    day = day_of_flag("--since", since)
    async with open_product(settings) as product:
        atlas = await product.atlas()
        wanted = {each.id for each in connections_of(atlas, connections)}
        start = start_of(day, atlas) if day else product.clock()
        sources = [each for each in atlas.all(MetricSource) if each.connection in wanted]
        ids = await product.orders.backfill(atlas, sources, start)
        found = (
            await product.kept.jobs.listed(atlas.organization.id, Wanted(ids=ids)) if ids else []
        )
    return _show(atlas, found, as_json=as_json)


def _state(given: str) -> JobState:
    try:
        return JobState(given.upper())
    except ValueError:
        legal = ", ".join(words(state) for state in JobState)
        message = f"--state is one of {legal}; got {given!r}."
        raise SettingsError(message) from None


def _id(given: str) -> JobId:
    try:
        return JobId(str(UUID(given)))
    except ValueError:
        message = f"{given!r} is no id of a job; `atlas job list` shows them."
        raise SettingsError(message) from None


def _show(atlas: Atlas, jobs: Sequence[Job], *, as_json: bool) -> int:
    data = [_as_data(atlas, job) for job in jobs]
    show({"jobs": data}, as_json=as_json, people=lambda console: _print(console, data))
    return 0


def _as_data(atlas: Atlas, job: Job) -> Json:
    connection, metric = _about(atlas, job)
    return {
        "id": job.id,
        "kind": job.kind,
        "connection": connection,
        "metric": metric,
        "state": job.state,
        "progress": job.progress,
        "createdAt": job.created_at,
        "runAt": job.run_at,
        "failures": job.failures,
        "reason": job.reason,
    }


def _about(atlas: Atlas, job: Job) -> tuple[str | None, str | None]:
    """Give the keys of the connection and the metric that a job is about; None: it isn't there."""
    source = atlas.nodes.get(job.subject) if job.subject else None
    if not isinstance(source, MetricSource):
        return None, None
    return atlas.get(source.connection, Connection).key, atlas.get(source.metric, Metric).key


def _print(console: Console, jobs: Sequence[Json]) -> None:
    shown = table("Jobs", "Id", "Kind", "Connection", "Metric", "State", "Done", "Why")
    for job in jobs:
        done = "" if job["progress"] is None else f"{job['progress']:.0%}"
        what = (job["kind"], job["connection"] or "", job["metric"] or "")
        shown.add_row(job["id"], *what, words(job["state"]), done, job["reason"] or "")
    console.print(shown)
