"""The example operations of `examples/queries/`, as the first page shows them."""

from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

FIRST = "golden-thread"
"""The example that a new visitor finds open."""

_PLACES = ("examples/queries", "journey_atlas_queries")
"""Where they lie beside our packages: in a clone, and in an installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One operation: `name` is its file's, `description` the comment at its top."""

    name: str
    title: str
    description: str
    query: str


def example_operations() -> list[Example]:
    """Read all examples, the first one first, then by name."""
    root = Path(__file__).resolve().parents[2]
    files = [file for place in _PLACES for file in (root / place).glob("*.graphql")]
    return [_read(file) for file in sorted(files, key=lambda file: (file.stem != FIRST, file.stem))]


def _read(file: Path) -> Example:
    query = file.read_text(encoding="utf-8")
    comment = takewhile(lambda line: line.startswith("#"), query.splitlines())
    return Example(
        name=file.stem,
        title=file.stem.replace("-", " ").capitalize(),
        description=" ".join(line.strip("# ") for line in comment),
        query=query,
    )
