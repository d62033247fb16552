"""`atlas import`: an atlas file, all of it or nothing."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from api.app import open_product
from api.atlas_file.connections import settings_check
from api.atlas_file.importing import import_atlas_file
from api.atlas_file.problems import FileProblem, InvalidAtlasFile
from api.cli.output import Json, bars, number_columns, show, table, tell, write_json
from api.clock import real_clock
from api.errors import CommandError
from api.ids import new_id
from api.settings import Settings
from domain.actions.changes import Atlases, Changes
from domain.actions.import_atlas import ImportReport
from domain.atlas import Atlas


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A store that is read, and written to in words only: the report is the same."""

    atlases: Atlases

    async def load(self, organization_key: str) -> Atlas | None:
        """Give the stored Atlas."""
        return await self.atlases.load(organization_key)

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        """Write nothing; give the revision that would follow."""
        del now
        return changes.base_revision + 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A store that moves the import's bar on: the file is read when it is asked for the atlas."""

    atlases: Atlases
    progress: Progress
    task: TaskID

    async def load(self, organization_key: str) -> Atlas | None:
        """Give the stored Atlas, with which the file is then compared."""
        self.progress.update(self.task, completed=1, said="comparing with what is there")
        return await self.atlases.load(organization_key)

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        """Let the store write, and say how much that is."""
        said = f"writing {len(changes.nodes)} nodes and {len(changes.links)} links"
        self.progress.update(self.task, completed=2, said=said)
        return await self.atlases.apply(changes, now=now)


STEPS = 3
"""Reading and checking, comparing, writing."""


async def import_file(settings: Settings, file: Path, *, dry_run: bool, as_json: bool) -> int:
    """Import and report; exit code 1, and nothing written, where the file has problems."""
    async with open_product(settings) as product:
        store = Rehearsed(product.kept.atlases) if dry_run else product.kept.atlases
        try:
            with bars() as progress:
                task = progress.add_task(file.name, total=STEPS, said="reading and checking")
                atlases = Shown(store, progress, task)
                report = await import_atlas_file(
                    file,
                    atlases,
                    now=real_clock(),
                    new_id=new_id,
                    check_connection=settings_check(product.registry),
                )
        except InvalidAtlasFile as invalid:
            _tell_problems(file, invalid, as_json=as_json)
            return 1
        except OSError as error:
            message = f"{file} can't be read: {error.strerror}."
            raise CommandError(message) from error
    data = {"file": str(file), "dryRun": dry_run, **_as_data(report)}
    show(data, as_json=as_json, people=lambda console: _print(console, report, dry_run=dry_run))
    return 0


def _tell_problems(file: Path, invalid: InvalidAtlasFile, *, as_json: bool) -> None:
    if as_json:
        problems = [_problem(problem) for problem in invalid.problems]
        error = {"code": invalid.code, "message": str(invalid), "problems": problems}
        write_json({"error": error})
        return
    for problem in invalid.problems:
        tell(f"{file}:{problem}")
    tell(f"atlas: {invalid} Nothing was written.")


def _problem(problem: FileProblem) -> Json:
    return {
        "line": problem.line,
        "column": problem.column,
        "path": problem.place,
        "message": problem.message,
        "legal": list(problem.legal),
    }


def _as_data(report: ImportReport) -> Json:
    return {
        "organization": report.organization,
        "revision": report.revision,
        "created": dict(report.created),
        "updated": dict(report.updated),
        "unchanged": dict(report.unchanged),
        "linked": report.linked,
        "relinked": report.relinked,
        "unlinked": report.unlinked,
    }


def _print(console: Console, report: ImportReport, *, dry_run: bool) -> None:
    title = "What an import would do" if dry_run else f"Imported, revision {report.revision}"
    if report.changes_nothing:
        title = f"Everything was there already, revision {report.revision}"
    shown = table(title, "Kind", "Created", "Updated", "Unchanged")
    number_columns(shown, "Created", "Updated", "Unchanged")
    counts = (report.created, report.updated, report.unchanged)
    for kind in sorted({kind for count in counts for kind in count}):
        shown.add_row(kind.lower().replace("_", " "), *(str(c.get(kind, 0)) for c in counts))
    console.print(shown)
    linked = f"{report.linked} linked, {report.relinked} relinked, {report.unlinked} unlinked"
    console.print(f"Links: {linked}.")
