"""The use case: an atlas file becomes changes to the stored atlas, all of them or none."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from api.atlas_file.complaints import complaints
from api.atlas_file.connections import CheckConnection, connection_problems
from api.atlas_file.draft import draft_of
from api.atlas_file.events import MOST_BYTES
from api.atlas_file.format import FORMAT, AtlasFile
from api.atlas_file.problems import FileProblem, InvalidAtlasFile
from api.atlas_file.reading import Document, Marks, read_document
from api.atlas_file.salvage import salvage
from domain.actions.changes import Atlases
from domain.actions.drafts import AtlasDraft
from domain.actions.import_atlas import ImportReport, plan_import
from domain.errors import Conflict, DomainError
from domain.okr import HowMuchKind


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a file asks for, where it says so, and what the format refuses of it.

    With problems, the draft has what is left, to be judged and not to be written.
    """

    draft: AtlasDraft
    marks: Marks
    problems: Sequence[FileProblem] = ()


async def import_atlas_file(
    path: Path,
    atlases: Atlases,
    *,
    now: datetime,
    new_id: Callable[[], str],
    check_connection: CheckConnection | None = None,
) -> ImportReport:
    """Read, check and import a file; what is there already is left alone.

    `check_connection` None: no settings are checked. InvalidAtlasFile has all that is wrong with
    it, OSError where it can't be read. Where someone else writes meanwhile, it is planned once more
    on the newer atlas; a second Conflict is raised.
    """
    parsed = await asyncio.to_thread(_read_and_parse, path)
    imported = partial(
        import_parsed, parsed, atlases, now=now, new_id=new_id, check_connection=check_connection
    )
    try:
        return await imported()
    except Conflict:
        return await imported()


def parse_atlas_file(content: bytes, *, folder: Path) -> ParsedFile:
    """Check a file against the format alone; InvalidAtlasFile where nothing more can be said of it.

    `folder` is where relative things of the file lie: `${folder}` in its settings.
    """
    document = read_document(content)
    if not document.is_whole:
        raise InvalidAtlasFile(document.problems)
    _require_version(document)
    problems = list(document.problems)
    try:
        file = AtlasFile.model_validate(document.value)
    except ValidationError as error:
        problems += _unrefused(complaints(error, document.marks), document)
    else:
        if not problems:
            return ParsedFile(draft_of(file, folder=folder), document.marks)
    left = salvage(document, folder=folder)
    if left is None:
        raise InvalidAtlasFile(problems)
    return ParsedFile(*left, problems)


async def import_parsed(
    parsed: ParsedFile,
    atlases: Atlases,
    *,
    now: datetime,
    new_id: Callable[[], str],
    check_connection: CheckConnection | None = None,
) -> ImportReport:
    """Plan a parsed file on the present atlas and write it; InvalidAtlasFile, Conflict."""
    atlas = await atlases.load(parsed.draft.organization_key)
    plan = plan_import(atlas, parsed.draft, now=now, new_id=new_id)
    found = list(plan.problems)
    if check_connection is not None:
        found += connection_problems(parsed.draft, plan, check_connection)
    if parsed.problems or found:
        placed = (_placed(problem, parsed.marks) for problem in found)
        raise InvalidAtlasFile([*parsed.problems, *placed])
    if not plan.report.changes_nothing:
        await atlases.apply(plan.changes, now=now)
    return plan.report


def _read_and_parse(path: Path) -> ParsedFile:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    return parse_atlas_file(content, folder=path.parent)


def _require_version(document: Document) -> None:
    """Judge the version before anything else: of another one, nothing else can be said."""
    match document.value:
        case {"format": seen} if seen != FORMAT:
            message = f"The version {seen} of the format is not known; legal is {FORMAT}."
            problem = document.marks.problem(("format",), message, legal=(FORMAT,))
            raise InvalidAtlasFile([problem])
        case {**_fields}:
            return
        case _:
            message = f"A file begins with its version and organization: format: {FORMAT}."
            problem = document.marks.problem((), message)
            raise InvalidAtlasFile([*document.problems, problem])


def _unrefused(found: Iterable[FileProblem], document: Document) -> list[FileProblem]:
    """Leave out what is only wrong because the reader could not take a value."""
    return [problem for problem in found if problem.path not in document.refused]


def _placed(problem: DomainError, marks: Marks) -> FileProblem:
    legal = tuple(v.lower() if isinstance(v, HowMuchKind) else v for v in problem.legal)
    return marks.problem(problem.path, problem.message, legal=legal)
