"""What is wrong with an atlas file, and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a value: names of fields and positions (from 0) in lists."""


@dataclass(frozen=True, slots=True, order=True)
class FileProblem:
    """One problem; `line` and `column` count from 1, as editors do."""

    line: int
    column: int
    path: Path
    message: str
    legal: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The path as people write it: `objectives[0].key_results[2].metric`."""
        steps = (f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)
        return "".join(steps).lstrip(".")

    def __str__(self) -> str:
        """Say where and what, in one line."""
        where = f"{self.line}:{self.column}"
        return f"{where} {self.place}: {self.message}" if self.path else f"{where} {self.message}"


class InvalidAtlasFile(Exception):
    """An atlas file can't be imported; `problems` has all that was found, in order of place."""

    code = "INVALID_ATLAS_FILE"

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        """Keep the problems in the order of the file."""
        self.problems = in_order(problems)
        count = len(self.problems)
        super().__init__(f"The atlas file has {count} problem{'s' if count > 1 else ''}.")


def in_order(problems: Iterable[FileProblem]) -> Sequence[FileProblem]:
    """Sort by line and column, each problem once."""
    return sorted(set(problems), key=lambda p: (p.line, p.column, p.message))
