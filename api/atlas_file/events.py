"""A YAML text as a stream of events, each with its place: what ruamel finds, typed and in one form.

Events and not ruamel's tree: its composer recurses, so that deep nesting would exhaust the stack.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from api.atlas_file.problems import FileProblem

MOST_BYTES = 4_000_000
"""About 15,000 nodes; read in seconds."""


class EventKind(StrEnum):
    """What begins, stands or ends at a place."""

    DOCUMENT = "DocumentStartEvent"
    MAPPING = "MappingStartEvent"
    LIST = "SequenceStartEvent"
    SCALAR = "ScalarEvent"
    ALIAS = "AliasEvent"
    MAPPING_END = "MappingEndEvent"
    LIST_END = "SequenceEndEvent"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `text` and `is_plain` (written without quotes) belong to scalars."""

    kind: EventKind
    mark: Mark
    text: str
    is_plain: bool
    anchor: str | None
    tag: str | None


class UnreadableError(Exception):
    """Reading can't go on after this problem."""

    def __init__(self, mark: Mark, message: str) -> None:
        """Say where reading ended, and why."""
        super().__init__(message)
        self.problem = FileProblem(mark.line, mark.column, (), message)


def events_of(content: bytes) -> Iterator[Event]:
    """Walk a file's events; UnreadableError where it is too long, or no YAML in UTF-8."""
    text = _decoded(content)
    try:
        # Any: ruamel's events are not typed.
        reader: Any = YAML(typ="safe", pure=True)
        for seen in reader.parse(text):
            if type(seen).__name__ in _KINDS:
                yield _event(seen)
    except MarkedYAMLError as error:
        # Any: ruamel's errors are not typed.
        marked: Any = error
        raise UnreadableError(*_told(marked)) from error
    except ReaderError as error:
        found: Any = error
        message = f"The character U+{found.character:04X} is not legal in YAML."
        raise UnreadableError(_mark_at(text, found.position), message) from error
    except (YAMLError, ValueError, OverflowError, AssertionError) as error:
        # The last three are ruamel's own slips: escapes beyond Unicode, an odd %YAML version.
        message = f"This is not YAML: {error}."
        raise UnreadableError(Mark(1, 1), message) from error


_KINDS = frozenset(EventKind)


def _event(seen: Any) -> Event:  # noqa: ANN401 -- ruamel's events are not typed
    return Event(
        kind=EventKind(type(seen).__name__),
        mark=Mark(seen.start_mark.line + 1, seen.start_mark.column + 1),
        text=getattr(seen, "value", ""),
        is_plain=getattr(seen, "style", None) is None,
        anchor=getattr(seen, "anchor", None),
        tag=getattr(seen, "tag", None),
    )


def _told(error: Any) -> tuple[Mark, str]:  # noqa: ANN401 -- ruamel's errors are not typed
    mark = error.problem_mark or error.context_mark
    said = "; ".join(part for part in (error.context, error.problem) if part)
    place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
    return place, f"This is not YAML: {said}."


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        message = f"The file has {len(content):,} bytes; at most {MOST_BYTES:,} are read."
        raise UnreadableError(Mark(1, 1), message)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", errors="replace")
        message = "The file is not written in UTF-8."
        raise UnreadableError(_mark_at(before, len(before)), message) from error


def _mark_at(text: str, index: int) -> Mark:
    line = text.count("\n", 0, index) + 1
    return Mark(line, index - text.rfind("\n", 0, index))
