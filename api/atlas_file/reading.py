"""YAML 1.2 to plain values, with the line and column of each.

Only what a file needs is accepted: one document of mappings, lists and scalars; no anchors,
aliases, tags or repeated names. Numbers become exact Decimals of their text; `NO`, `yes` and dates
stay text.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from api.atlas_file.events import Event, EventKind, Mark, UnreadableError, events_of
from api.atlas_file.problems import FileProblem, Path
from journey_atlas_sdk.texts import is_text

DEEPEST = 30
"""Levels of nesting; the format itself needs 8, settings of connectors may need some more."""

MOST_DIGITS = 20
"""Digits of a number, and the most that an exponent may shift it."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


@dataclass(slots=True)
class Marks:
    """Where values, and the names of fields, stand in the file.

    `gaps` are the positions, in order, of what was left out of lists since: paths count without.
    """

    values: dict[Path, Mark] = field(default_factory=dict[Path, Mark])
    names: dict[Path, Mark] = field(default_factory=dict[Path, Mark])
    gaps: dict[Path, list[int]] = field(default_factory=dict[Path, list[int]])

    def problem(
        self, path: Path, message: str, *, legal: tuple[str, ...] = (), at_name: bool = False
    ) -> FileProblem:
        """Place a problem at a path, or at the nearest thing above it that stands in the file.

        `at_name`: where the field's name stands, and not its value.
        """
        path = self.nearest(self.in_file(path))
        mark = self.values.get(path, Mark(1, 1))
        if at_name:
            mark = self.names.get(path, mark)
        return FileProblem(mark.line, mark.column, path, message, legal)

    def in_file(self, path: Path) -> Path:
        """Give a path as it is in the whole file, with what was left out of its lists."""
        found: Path = ()
        for step in path:
            position = step
            if isinstance(position, int):
                for gap in self.gaps.get(found, ()):
                    position += gap <= position
            found = (*found, position)
        return found

    def nearest(self, path: Path) -> Path:
        """Give a path of the file, or that of the nearest thing above it that stands there."""
        while path and path not in self.values:
            path = path[:-1]
        return path


@dataclass(slots=True)
class Document:
    """A file's values (mappings, lists, text, Decimal, bool, None), its marks and its problems.

    `refused` are the paths whose values could not be taken and stand as None, or are given twice.
    """

    value: Any = None  # Any: whatever the file says, until the format has judged it
    marks: Marks = field(default_factory=Marks)
    problems: list[FileProblem] = field(default_factory=list[FileProblem])
    refused: set[Path] = field(default_factory=set[Path])
    is_whole: bool = True


def read_document(content: bytes) -> Document:
    """Read a file; where it breaks off it isn't whole, and the last problem says where and why."""
    tree = _Tree()
    try:
        for event in events_of(content):
            tree.take(event)
    except UnreadableError as unreadable:
        tree.document.is_whole = False
        tree.document.problems.append(unreadable.problem)
    return tree.document


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being filled; `name` is the field that waits for its value."""

    container: dict[str, Any] | list[Any]  # Any: see Document.value
    path: Path
    name: str | None = None

    @property
    def awaits_name(self) -> bool:
        return isinstance(self.container, dict) and self.name is None

    @property
    def next_path(self) -> Path:
        return (*self.path, len(self.container) if self.name is None else self.name)

    def put(self, value: Any) -> None:  # noqa: ANN401 -- see Document.value
        if isinstance(self.container, list):
            self.container.append(value)
        elif self.name is not None:
            self.container[self.name] = value
            self.name = None


@dataclass(slots=True)
class _Tree:
    """The document as far as it is read."""

    document: Document = field(default_factory=Document)
    open: list[_Frame] = field(default_factory=list[_Frame])
    has_begun: bool = False

    def take(self, event: Event) -> None:
        """Add what one event says."""
        if event.kind is EventKind.DOCUMENT:
            self._begin(event.mark)
        elif event.kind in (EventKind.MAPPING_END, EventKind.LIST_END):
            self.open.pop()
        elif self.open and self.open[-1].awaits_name:
            self._name(self.open[-1], event)
        else:
            self._value(event, self.open[-1].next_path if self.open else ())

    def _begin(self, mark: Mark) -> None:
        if self.has_begun:
            message = "A second document begins here; a file holds one."
            raise UnreadableError(mark, message)
        self.has_begun = True

    def _name(self, frame: _Frame, event: Event) -> None:
        if event.kind is not EventKind.SCALAR or not is_text(event.text):
            message = "The name of a field is plain text."
            raise UnreadableError(event.mark, message)
        path, names = (*frame.path, event.text), self.document.marks.names
        if path in names and not self._is_within_refused(path):
            message = f"{event.text} is given twice; first on line {names[path].line}."
            self.document.refused.add(path)
            self._report(event, path, message)
        names[path] = event.mark
        self._refuse_extras(event, path)
        frame.name = event.text

    def _is_within_refused(self, path: Path) -> bool:
        """Whether a group above is given twice: its fields may be too, and the group is told."""
        return any(path[:depth] in self.document.refused for depth in range(1, len(path)))

    def _value(self, event: Event, path: Path) -> None:
        self.document.marks.values[path] = event.mark
        self._refuse_extras(event, path)
        if event.kind is EventKind.MAPPING:
            self._enter({}, event, path)
        elif event.kind is EventKind.LIST:
            self._enter([], event, path)
        else:
            self._put(self._scalar(event, path))

    def _enter(self, container: dict[str, Any] | list[Any], event: Event, path: Path) -> None:
        if len(self.open) >= DEEPEST:
            message = f"More than {DEEPEST} levels are nested here."
            raise UnreadableError(event.mark, message)
        self._put(container)
        self.open.append(_Frame(container, path))

    def _put(self, value: Any) -> None:  # noqa: ANN401 -- see Document.value
        if self.open:
            self.open[-1].put(value)
        else:
            self.document.value = value

    def _scalar(self, event: Event, path: Path) -> str | Decimal | bool | None:
        problem = _scalar_problem(event)
        if problem is not None:
            self.document.refused.add(path)
            self._report(event, path, problem)
            return None
        return _resolved(event.text) if event.is_plain else event.text

    def _refuse_extras(self, event: Event, path: Path) -> None:
        if event.anchor is not None and event.kind is not EventKind.ALIAS:
            message = f"Anchors (&{event.anchor}) aren't read; write the value where it is needed."
            self._report(event, path, message)
        if event.tag is not None:
            self._report(event, path, f"Tags ({event.tag}) aren't read; leave it out.")

    def _report(self, event: Event, path: Path, message: str) -> None:
        line, column = event.mark.line, event.mark.column
        self.document.problems.append(FileProblem(line, column, path, message))


def _scalar_problem(event: Event) -> str | None:
    if event.kind is EventKind.ALIAS:
        return f"Aliases (*{event.anchor}) aren't read; write the value out."
    if not is_text(event.text):
        return "This text has a character that can't be stored (NUL, or half of a pair)."
    if event.is_plain and _NUMBER.fullmatch(event.text) and not _is_moderate(event.text):
        return f"A number has at most {MOST_DIGITS} digits."
    return None


def _is_moderate(number: str) -> bool:
    """Whether a number can be computed with exactly; no exponent is turned into zeros before."""
    digits, _, exponent = number.lower().partition("e")
    shift = exponent.lstrip("+-").lstrip("0")
    counted = sum(character.isdigit() for character in digits)
    return counted <= MOST_DIGITS and len(shift) <= 2 and int(shift or 0) <= MOST_DIGITS  # noqa: PLR2004 -- digits of MOST_DIGITS


def _resolved(text: str) -> str | Decimal | bool | None:
    """Give the value of a plain scalar, by YAML 1.2's core schema without hex and octal."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return Decimal(text) if _NUMBER.fullmatch(text) else text
