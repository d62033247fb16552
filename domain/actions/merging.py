"""One draft and what is stored of it become one record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from domain.actions.directory import Directory, look_up
from domain.actions.drafts import BoundsDraft, ManualProgressDraft, NodeDraft, Ref
from domain.actions.wording import with_article
from domain.cycle import Cycle
from domain.errors import DomainError, InvalidRecord
from domain.goal import Goal
from domain.insight import Insight
from domain.journey import Journey, Step
from domain.metric import SECONDS_PER, Metric, UnitKind
from domain.node import Kind, Node, NodeId
from domain.okr import (
    Baseline,
    Bounds,
    ByHowMuch,
    HowMuchKind,
    KeyResult,
    Ladder,
    ManualProgress,
    Objective,
)
from domain.opportunity import Opportunity
from domain.solution import Solution
from domain.source import Connection, MetricSource
from domain.team import Member, Persona, Team

RECORDS: Mapping[Kind, type[Node]] = MappingProxyType(
    {
        record.kind: record
        for record in (
            Goal,
            Journey,
            Step,
            Insight,
            Opportunity,
            Solution,
            Metric,
            Objective,
            KeyResult,
            Cycle,
            Team,
            Member,
            Persona,
            Connection,
            MetricSource,
        )
    }
)
"""The record of every kind."""

REFERENCES: Mapping[str, Kind] = MappingProxyType(
    {
        "owner": Kind.TEAM,
        "accountable": Kind.MEMBER,
        "contributors": Kind.MEMBER,
        "team": Kind.TEAM,
        "personas": Kind.PERSONA,
        "persona": Kind.PERSONA,
        "cycle": Kind.CYCLE,
        "predecessor": Kind.OBJECTIVE,
        "objective": Kind.OBJECTIVE,
        "metric": Kind.METRIC,
        "connection": Kind.CONNECTION,
    }
)
"""The kind that a field of a record names; a `parent` is of the record's own kind."""

_SET_BY_ALL = frozenset({"id", "key", "version", "created_at", "updated_at", "archived_at"})


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged record; None where its problems leave nothing to store."""

    record: Node | None
    problems: tuple[DomainError, ...] = ()


def merge(draft: NodeDraft, directory: Directory, *, now: datetime) -> Merged:
    """Lay a draft's fields over the stored record, or over a new one's defaults.

    A changed record gets the next version; an unchanged one comes back as it is stored. What could
    be read of a draft with unread fields is judged, and makes no record.
    """
    entry = directory[draft.key]
    record = RECORDS[draft.kind]
    stored = entry.stored if isinstance(entry.stored, record) else None
    values, problems = _resolved(draft, stored, directory)
    values, cleared = _with_defaults(record, values)
    _add_title(draft, stored, values)
    problems += [_emptied(draft, name) for name in cleared if draft.fields[name] is None]
    told = {*cleared, *draft.unread}
    missing = [] if stored else [n for n in _missing(record, values) if n not in told]
    if missing:
        problems.append(_incomplete(draft, missing))
    if problems or draft.unread:
        return Merged(None, tuple(problems))
    if stored is None:
        values |= {"id": entry.id, "key": draft.key, "created_at": now, "updated_at": now}
        archived_at = now if draft.archived else None
        return Merged(record(**values, archived_at=archived_at))
    changed = replace(stored, **values, archived_at=_archived_at(draft, stored, now))
    if changed == stored:
        return Merged(stored)
    return Merged(replace(changed, version=stored.version + 1, updated_at=now))


def name_in_input(record_field: str) -> str:
    """Give the name under which a record's field is written: a `goal_kind` is a `kind`."""
    if record_field == "remote_metric":
        return "metric"
    return "kind" if record_field.endswith("_kind") else record_field


def in_seconds(draft: NodeDraft, metric: Metric | None) -> NodeDraft:
    """Turn a key result's given numbers from a duration metric's display unit into seconds."""
    factor = seconds_per_display_unit(metric)
    scaled = {name: _scaled(value, factor) for name, value in draft.fields.items()}
    return replace(draft, fields=scaled)


def seconds_per_display_unit(metric: Metric | None) -> Decimal:
    """Give what one of a metric's numbers is in seconds; 1 where it isn't a duration."""
    if metric is None or metric.unit.kind is not UnitKind.DURATION or not metric.unit.display:
        return Decimal(1)
    return Decimal(SECONDS_PER[metric.unit.display])


# Any in what follows: the fields of all records pass through, each typed by its own record.
def _resolved(
    draft: NodeDraft, stored: Node | None, directory: Directory
) -> tuple[dict[str, Any], list[DomainError]]:
    """Put ids in the place of references, and complete what is given in part."""
    problems: list[DomainError] = []

    def id_of(ref: Ref, kind: Kind) -> NodeId | None:
        entry = look_up(directory, ref, kind)
        if isinstance(entry, DomainError):
            problems.append(entry)
            return None
        return entry.id

    def resolve(name: str, value: Any) -> object:  # noqa: ANN401 -- see above
        kind = draft.kind if name == "parent" else REFERENCES.get(name)
        match value:
            case Ref() if kind:
                return id_of(value, kind)
            case [*refs] if kind:
                problems.extend(_repeated(refs))
                return tuple(id_of(ref, kind) for ref in refs)
            case ManualProgressDraft():
                by = id_of(value.by, Kind.MEMBER) if value.by else None
                return ManualProgress(value=value.value, by=by, at=value.at, reason=value.reason)
            case BoundsDraft():
                return _bounds(value, stored)
            case _:
                return value

    return {name: resolve(name, value) for name, value in draft.fields.items()}, problems


def _repeated(refs: Sequence[Ref]) -> Iterator[InvalidRecord]:
    seen: set[str] = set()
    for ref in refs:
        if ref.key in seen:
            yield InvalidRecord(f"{ref.key} is listed twice.", path=ref.path)
        seen.add(ref.key)


def _bounds(draft: BoundsDraft, stored: Node | None) -> Bounds | None:
    before = stored.bounds if isinstance(stored, KeyResult) else None
    bounds = replace(before or Bounds(), **draft.sides)
    return None if bounds == Bounds() else bounds


def _with_defaults(record: type[Node], values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Put a field's default where None was given; name those that can't be empty."""
    known = {field.name: field for field in fields(record)}
    cleared = [name for name, value in values.items() if value is None and _needed(known[name])]
    filled = {
        name: _default(known[name]) if value is None else value
        for name, value in values.items()
        if name not in cleared
    }
    return filled, cleared


def _add_title(draft: NodeDraft, stored: Node | None, values: dict[str, Any]) -> None:
    """Name a new key result after what it does; follow that text while nobody chose a title."""
    if "title" in draft.fields:
        return
    if stored is None and draft.fallback_title is not None:
        values["title"] = draft.fallback_title
    if isinstance(stored, KeyResult) and stored.title == stored.does_what:
        values["title"] = values.get("does_what", stored.title)


def _missing(record: type[Node], values: Mapping[str, object]) -> list[str]:
    """Name what a new record lacks; a key result gets its title from what is done."""
    others = {*values, *_SET_BY_ALL, *(["title"] if record is KeyResult else [])}
    return [field.name for field in fields(record) if _needed(field) and field.name not in others]


def _needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _emptied(draft: NodeDraft, record_field: str) -> InvalidRecord:
    name = name_in_input(record_field)
    message = f"{with_article(draft.kind, 'A')} needs {name}; it can't be empty."
    return InvalidRecord(message, path=(*draft.path, name))


def _incomplete(draft: NodeDraft, record_fields: list[str]) -> InvalidRecord:
    names = [name_in_input(name) for name in record_fields]
    message = f"A new {draft.kind} needs {', '.join(names)}, and {draft.key} isn't stored yet."
    return InvalidRecord(message, path=draft.path, legal=names)


def _archived_at(draft: NodeDraft, stored: Node, now: datetime) -> datetime | None:
    if draft.archived is None:
        return stored.archived_at
    return (stored.archived_at or now) if draft.archived else None


def _scaled(value: object, factor: Decimal) -> object:
    """Multiply the numbers of a key result's value object that are in its metric's unit."""
    match value:
        case Baseline():
            return replace(value, value=value.value * factor)
        case ByHowMuch(kind=HowMuchKind.TO | HowMuchKind.BY_AMOUNT):
            return replace(value, value=value.value * factor)
        case BoundsDraft():
            sides = value.sides.items()
            return BoundsDraft(sides={k: None if v is None else v * factor for k, v in sides})
        case Ladder():
            return Ladder(
                commit=value.commit * factor,
                target=value.target * factor,
                stretch=value.stretch * factor,
            )
        case _:
            return value
