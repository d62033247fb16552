"""The use case: an atlas file becomes changes to the stored atlas, all of them or none."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from api.atlas_file.complaints import complaints
from api.atlas_file.draft import draft_of
from api.atlas_file.events import MOST_BYTES
from api.atlas_file.format import FORMAT, AtlasFile
from api.atlas_file.problems import FileProblem, InvalidAtlasFile
from api.atlas_file.reading import Document, Marks, read_document
from domain.actions.changes import Atlases
from domain.actions.drafts import AtlasDraft
from domain.actions.import_atlas import ImportReport, plan_import
from domain.errors import Conflict, DomainError


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that keeps the format: what it asks for, and where it says so."""

    draft: AtlasDraft
    marks: Marks


async def import_atlas_file(
    path: Path, atlases: Atlases, *, now: datetime, new_id: Callable[[], str]
) -> ImportReport:
    """Read, check and import a file; what is there already is left alone.

    InvalidAtlasFile has all that is wrong with it, OSError where it can't be read. Where someone
    else writes meanwhile, it is planned once more on the newer atlas; a second Conflict is raised.
    """
    parsed = await asyncio.to_thread(_read_and_parse, path)
    try:
        return await import_parsed(parsed, atlases, now=now, new_id=new_id)
    except Conflict:
        return await import_parsed(parsed, atlases, now=now, new_id=new_id)


def parse_atlas_file(content: bytes, *, folder: Path) -> ParsedFile:
    """Check a file against the format alone; InvalidAtlasFile has all that it refuses.

    `folder` is where relative things of the file lie: `${folder}` in its settings.
    """
    document = read_document(content)
    if not document.is_whole:
        raise InvalidAtlasFile(document.problems)
    _require_version(document)
    try:
        file = AtlasFile.model_validate(document.value)
    except ValidationError as error:
        found = complaints(error, document.marks)
        raise InvalidAtlasFile([*document.problems, *_unrefused(found, document)]) from error
    if document.problems:
        raise InvalidAtlasFile(document.problems)
    return ParsedFile(draft_of(file, folder=folder), document.marks)


async def import_parsed(
    parsed: ParsedFile, atlases: Atlases, *, now: datetime, new_id: Callable[[], str]
) -> ImportReport:
    """Plan a parsed file on the present atlas and write it; InvalidAtlasFile, Conflict."""
    atlas = await atlases.load(parsed.draft.organization_key)
    plan = plan_import(atlas, parsed.draft, now=now, new_id=new_id)
    if plan.problems:
        raise InvalidAtlasFile(_placed(problem, parsed.marks) for problem in plan.problems)
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
    return marks.problem(problem.path, problem.message, legal=problem.legal)
