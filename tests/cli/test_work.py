"""Bars move on with the work that is done, and never change what is written."""

import io
from datetime import datetime

from rich.console import Console
from rich.progress import Progress, TextColumn

from api.cli import importing, syncing
from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.source import RunState
from ingest.reading import SyncResult
from storage.readings import NotNow, Unread
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
from tests.storage.series import a_run


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


def test_a_connections_bar_moves_on_with_each_source_and_says_how_it_went() -> None:
    source = a_source("MT-1", "csv")
    atlas = an_atlas(a_connection("csv"), a_metric("MT-1"), source)
    progress = a_progress()
    task = progress.add_task("csv", total=2, said="")
    bars = syncing.Bars(progress, atlas, {id_of("csv"): task})

    bars.move(source, SyncResult(source=source, run=a_run(state=RunState.FAILING)))
    first = progress.tasks[0].fields["said"]
    bars.move(source, Unread(NotNow.WORKS, NOW))

    assert progress.tasks[0].completed == 2
    assert (first, progress.tasks[0].fields["said"]) == ("MT-1 failing", "MT-1 waiting")


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
