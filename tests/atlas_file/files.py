"""Atlas files as text: a header before what a test is about, and what comes of importing them."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from textwrap import dedent

from api.atlas_file.importing import import_parsed, parse_atlas_file
from api.atlas_file.problems import FileProblem, InvalidAtlasFile, in_order
from domain.actions.import_atlas import ImportReport
from domain.atlas import Atlas
from tests.fakes import FakeAtlases

HEADER = "format: journey-atlas/1\norganization: {key: bank, title: Bank}\n"
"""Two lines: what a test writes begins on the third."""

FIRST = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ids(prefix: str = "id") -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{prefix}-{next(numbers)}"


class Bank:
    """A store into which files of one organization are imported, one after the other."""

    def __init__(self) -> None:
        self.atlases = FakeAtlases()
        self._new_id = ids()

    async def takes(
        self, body: str, *, now: datetime = FIRST, header: str = HEADER
    ) -> ImportReport:
        parsed = parse_atlas_file((header + dedent(body)).encode(), folder=Path("/bank"))
        return await import_parsed(parsed, self.atlases, now=now, new_id=self._new_id)

    async def refuses(self, body: str, *, header: str = HEADER) -> list[FileProblem]:
        try:
            await self.takes(body, header=header)
        except InvalidAtlasFile as invalid:
            return list(invalid.problems)
        return []

    @property
    def atlas(self) -> Atlas:
        return self.atlases.stored["bank"]


def format_problems(text: str) -> list[FileProblem]:
    """Give what the format refuses, whatever the rules say."""
    content = text.encode("utf-8", errors="surrogatepass")
    try:
        problems = parse_atlas_file(content, folder=Path("/bank")).problems
    except InvalidAtlasFile as invalid:
        problems = invalid.problems
    return list(in_order(problems))


def places(problems: list[FileProblem]) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.place) for problem in problems]
