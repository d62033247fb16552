"""Bars move on with the work that is done, and never change what is written."""

import io
from collections.abc import Iterable
from datetime import datetime

from rich.console import Console
from rich.progress import Progress, TextColumn

from api.cli import importing, syncing
from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.metric import Observation
from domain.node import OrganizationId
from domain.source import SourceState
from storage.recording import RecordResult
from storage.sync_runs import SyncRun
from tests.builders import (
    NOW,
    a_connection,
    a_goal,
    a_metric,
    a_source,
    an_atlas,
    an_organization,
    id_of,
)

RESULT = RecordResult(new=3, revised=1, unchanged=0)


class KeptRecords:
    async def record(
        self,
        organization: OrganizationId,
        observations: Iterable[Observation],
        *,
        now: datetime,
        run: SyncRun | None = None,
    ) -> RecordResult:
        del organization, observations, now, run
        return RESULT


class KeptChanges:
    def __init__(self) -> None:
        self.applied: list[Changes] = []

    async def load(self, organization_key: str) -> Atlas | None:
        del organization_key
        return None

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        del now
        self.applied.append(changes)
        return 1


def a_progress() -> Progress:
    return Progress(TextColumn("{task.fields[said]}"), console=Console(file=io.StringIO()))


def a_run(source: str) -> SyncRun:
    return SyncRun(
        id=id_of("run-1"),
        source=id_of(source),
        connector="csv",
        connector_version="1",
        reason="SCHEDULED",
        window_start=NOW,
        window_end=NOW,
        started_at=NOW,
        finished_at=NOW,
        state=SourceState.FAILING,
    )


async def test_a_connections_bar_moves_on_with_each_source_and_says_how_it_went() -> None:
    atlas = an_atlas(a_connection("csv"), a_metric("MT-1"), a_source("MT-1", "csv"))
    progress = a_progress()
    task = progress.add_task("csv", total=1, said="")
    shown = syncing.Shown(KeptRecords(), progress, atlas, {id_of("csv"): task})

    result = await shown.record(atlas.organization.id, [], now=NOW, run=a_run("MT-1:csv"))

    assert result == RESULT
    assert progress.tasks[0].completed == 1
    assert progress.tasks[0].fields["said"] == "MT-1 failing"


async def test_an_imports_bar_names_each_step_before_it_is_done() -> None:
    progress, store = a_progress(), KeptChanges()
    shown = importing.Shown(store, progress, progress.add_task("a.yaml", total=3, said=""))
    changes = Changes(organization=an_organization(), base_revision=0, nodes=(a_goal(),))

    await shown.load("norrhavn")
    compared = progress.tasks[0].fields["said"]
    revision = await shown.apply(changes, now=NOW)

    assert compared == "comparing with what is there"
    assert progress.tasks[0].fields["said"] == "writing 1 nodes and 0 links"
    assert (revision, store.applied) == (1, [changes])
