"""Sync runs are read with the atlas: pages of them, one by its id, and what each came to."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from api.execution.limits import Limits
from api.relay import GlobalId, encode_id
from api.run_store import NoRuns
from domain.node import NodeId, OrganizationId
from domain.source import RunState, SourceError
from ingest.watching import RunWatch
from storage.recording import RecordResult
from storage.run_pages import RunsAsked, RunSlice
from storage.sync_runs import ALL_RUNS, SyncRun, WantedRuns
from tests.api.asking import Api, Json, an_api, codes
from tests.builders import NOW, a_connection, a_metric, a_source, an_atlas, id_of
from tests.storage.series import a_run

ERROR = SourceError(code="AUTH_ERROR", fault="CUSTOMER", message="It doesn't know us.", at=NOW)
RUNS = [
    a_run(
        id=id_of(f"run {number}"),
        started_at=NOW - timedelta(minutes=number),
        finished_at=NOW - timedelta(minutes=number) + timedelta(seconds=30),
    )
    for number in range(5)
]
RUNS[0] = replace(RUNS[0], state=RunState.RUNNING, finished_at=None, progress=0.25, job=None)
RUNS[1] = replace(
    RUNS[1],
    state=RunState.NEEDS_ATTENTION,
    error=ERROR,
    reason="BACKFILL",
    recorded=RecordResult(new=2, revised=1, unchanged=3),
    skipped=4,
)


@dataclass
class FakeRuns(NoRuns):
    """Runs in memory, newest first; it counts its statements."""

    runs: Sequence[SyncRun] = ()
    statements: list[str] = field(default_factory=list[str])

    async def slices(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> list[RunSlice]:
        del organization
        self.statements.append("slices")
        return [self.slice(each) for each in asked]

    def slice(self, asked: RunsAsked) -> RunSlice:
        own = [run for run in self.runs if run.source in asked.sources]
        if asked.after is not None:
            own = [run for run in own if (run.started_at, run.id) < asked.after]
        if asked.before is not None:
            own = [run for run in own if (run.started_at, run.id) > asked.before]
        kept = own[-asked.size :] if asked.from_end else own[: asked.size]
        return RunSlice(runs=kept, has_more=len(own) > asked.size)

    async def counts(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> dict[NodeId, int]:
        del organization
        self.statements.append("counts")
        return {
            owner: sum(run.source in own for run in self.runs) for owner, own in sources.items()
        }

    async def find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        del organization
        return next((each for each in self.runs if each.id == run), None)


def an_api_with(runs: FakeRuns, *, connections: int = 1, **given: Json) -> Api:
    keys = ["csv", *(f"c{number}" for number in range(1, connections))]
    sources = [a_source("MT-1", key) for key in keys]
    atlas = an_atlas(a_metric("MT-1"), *(a_connection(key) for key in keys), *sources)
    return an_api(atlas, runs=runs, **given)


ALL = """
{ atlas { connection(key: "csv") { syncRuns { nodes {
  state reason progress connectorKey connectorVersion startedAt finishedAt durationSeconds
  newCount revisedCount unchangedCount skippedCount job { state }
  source { key } connection { key } error { code fault advice }
} } } } }
"""
PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  atlas { connection(key: "csv") {
    syncRuns(first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { startedAt } edges { cursor node { startedAt } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  } }
}
"""


async def page(api: Api, **asked: Json) -> Json:
    return (await api.ask(PAGE, **asked))["atlas"]["connection"]["syncRuns"]


async def test_a_run_tells_what_it_came_to() -> None:
    data = await an_api_with(FakeRuns(RUNS)).ask(ALL)

    running, failed, *_ = data["atlas"]["connection"]["syncRuns"]["nodes"]
    assert (running["state"], running["progress"], running["finishedAt"]) == ("RUNNING", 0.25, None)
    assert failed == {
        "state": "NEEDS_ATTENTION",
        "reason": "BACKFILL",
        "progress": None,
        "connectorKey": "csv",
        "connectorVersion": "1.0",
        "startedAt": "2026-11-22T11:59:00+00:00",
        "finishedAt": "2026-11-22T11:59:30+00:00",
        "durationSeconds": 30,
        "newCount": 2,
        "revisedCount": 1,
        "unchangedCount": 3,
        "skippedCount": 4,
        "job": None,
        "source": {"key": "MT-1:csv"},
        "connection": {"key": "csv"},
        "error": {
            "code": "AUTH_ERROR",
            "fault": "CUSTOMER",
            "advice": "Give the connection credentials that the source accepts.",
        },
    }


@dataclass
class OverByNow:
    """Where every run that was under way is over when it is looked for."""

    runs: Sequence[SyncRun]

    async def listed(
        self,
        organization: OrganizationId,
        wanted: WantedRuns = ALL_RUNS,
        *,
        first: int = 200,
        before: tuple[datetime, str] | None = None,
    ) -> list[SyncRun]:
        del organization, first, before
        if wanted.states:
            return []
        return [replace(run, state=RunState.OK, finished_at=NOW) for run in self.runs]


PROGRESS = """
subscription ($run: ID) { syncRunProgressed(run: $run) { syncRun { state } } }
"""


async def test_a_run_that_ends_before_it_is_looked_for_is_told_and_then_nothing_more() -> None:
    watch = RunWatch(OverByNow(RUNS))
    api = an_api_with(FakeRuns(RUNS), watch=watch, now=lambda: NOW + timedelta(minutes=1))
    run = encode_id(GlobalId("SyncRun", OrganizationId(id_of("norrhavn")), NodeId(RUNS[0].id)))

    async with asyncio.timeout(5):
        told = await api.client.post(
            "/graphql",
            json={"query": PROGRESS, "variables": {"run": run}},
            headers={"accept": "text/event-stream"},
        )

    assert told.text == (
        ":\n\n"
        'event: next\ndata: {"data":{"syncRunProgressed":{"syncRun":{"state":"OK"}}}}\n\n'
        "event: complete\ndata:\n\n"
    )


async def test_pages_lead_on_to_the_oldest_and_back() -> None:
    api = an_api_with(FakeRuns(RUNS))

    first = await page(api, first=2)
    second = await page(api, first=2, after=first["pageInfo"]["endCursor"])
    back = await page(api, last=2, before=second["pageInfo"]["startCursor"])

    began = [run.started_at.isoformat() for run in RUNS]
    assert [node["startedAt"] for node in first["nodes"] + second["nodes"]] == began[:4]
    assert first["totalCount"] == second["totalCount"] == 5
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["pageInfo"]["hasPreviousPage"] is False
    assert second["pageInfo"]["hasPreviousPage"] is True
    assert back["nodes"] == first["nodes"]
    assert [edge["node"] for edge in first["edges"]] == first["nodes"]


@pytest.mark.parametrize(
    "asked",
    [
        {"first": 201},
        {"first": 1, "last": 1},
        {"after": "x"},
        {"after": "WyIxIiwia2V5IiwiYSIsImIiXQ"},
    ],
    ids=["too many", "both", "no cursor", "a cursor of another list"],
)
async def test_a_page_that_makes_no_sense_is_refused(asked: Json) -> None:
    errors = await an_api_with(FakeRuns(RUNS)).errors(PAGE, **asked)

    assert codes(errors) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("connections", [1, 10])
async def test_however_many_connections_ask_the_database_is_asked_once(connections: int) -> None:
    runs = FakeRuns(RUNS)
    api = an_api_with(runs, connections=connections)

    data = await api.ask(
        "{ atlas { connections { nodes { syncRuns(first: 1) { nodes { id } totalCount } } } } }"
    )

    assert len(data["atlas"]["connections"]["nodes"]) == connections
    assert sorted(runs.statements) == ["counts", "slices"]


async def test_what_nobody_counts_is_not_counted() -> None:
    runs = FakeRuns(RUNS)

    await an_api_with(runs).ask(ALL)

    assert runs.statements == ["slices"]


async def test_a_source_has_runs_of_its_own() -> None:
    api = an_api_with(FakeRuns(RUNS))

    own = "sources { syncRuns(last: 1) { nodes { startedAt } } }"
    data = await api.ask(f'{{ atlas {{ metric(key: "MT-1") {{ {own} }} }} }}')

    [source] = data["atlas"]["metric"]["sources"]
    assert source["syncRuns"]["nodes"] == [{"startedAt": RUNS[-1].started_at.isoformat()}]


async def test_a_run_is_found_by_its_id_and_whatever_else_is_null() -> None:
    api = an_api_with(FakeRuns(RUNS))
    data = await api.ask('{ atlas { connection(key: "csv") { id syncRuns { nodes { id } } } } }')
    connection = data["atlas"]["connection"]
    one = "query ($id: ID!) { syncRun(id: $id) { startedAt } }"

    found = await api.ask(one, id=connection["syncRuns"]["nodes"][2]["id"])

    assert found["syncRun"] == {"startedAt": RUNS[2].started_at.isoformat()}
    for other in (connection["id"], "7", ""):
        assert (await api.ask(one, id=other))["syncRun"] is None


async def test_runs_are_read_beside_the_loop_as_well() -> None:
    here, beside = [
        await an_api_with(FakeRuns(RUNS), limits=Limits(costly=costly)).ask(ALL)
        for costly in (10**6, 1)
    ]

    assert here == beside
