"""An atlas file as the domain's draft: keys stay keys, and only what is given is carried over."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

from api.atlas_file.format import AtlasFile, PriorityEntry, StepEntry
from api.atlas_file.metric_entries import MeasureEntry, SourceEntry, WindowEntry
from api.atlas_file.okr_entries import (
    ByHowMuchEntry,
    ContributionEntry,
    CurveEntry,
    KeyResultEntry,
    ManualProgressEntry,
    OwnerEntry,
)
from api.atlas_file.problems import Path
from domain.actions.drafts import (
    AtlasDraft,
    BoundsDraft,
    LinkDraft,
    LinkListDraft,
    ManualProgressDraft,
    NodeDraft,
    Ref,
)
from domain.actions.merging import REFERENCES
from domain.insight import Evidence
from domain.links import Relation
from domain.metric import SeriesBreak, Unit, Window, WindowKind, dimensions_of
from domain.node import Kind
from domain.okr import (
    Baseline,
    ByHowMuch,
    CurvePoint,
    ExpectedCurve,
    HowMuchKind,
    Ladder,
    Milestone,
)
from domain.opportunity import Priority

FOLDER = "${folder}"
"""In settings: the folder in which the atlas file lies."""

SECTIONS: Mapping[str, Kind] = MappingProxyType(
    {
        "teams": Kind.TEAM,
        "members": Kind.MEMBER,
        "personas": Kind.PERSONA,
        "cycles": Kind.CYCLE,
        "goals": Kind.GOAL,
        "journeys": Kind.JOURNEY,
        "insights": Kind.INSIGHT,
        "opportunities": Kind.OPPORTUNITY,
        "solutions": Kind.SOLUTION,
        "connections": Kind.CONNECTION,
        "metrics": Kind.METRIC,
        "objectives": Kind.OBJECTIVE,
    }
)
"""What the entries of a section are."""

NESTED: Mapping[tuple[Kind, str], Kind] = MappingProxyType(
    {
        (Kind.JOURNEY, "steps"): Kind.STEP,
        (Kind.METRIC, "sources"): Kind.METRIC_SOURCE,
        (Kind.OBJECTIVE, "key_results"): Kind.KEY_RESULT,
    }
)
"""Which fields hold entries of their own."""

LINKS: Mapping[tuple[Kind, str], tuple[Relation, bool]] = MappingProxyType(
    {
        (Kind.GOAL, "parent"): (Relation.HAS_SUB_GOAL, False),
        (Kind.GOAL, "served_by"): (Relation.SERVED_BY, True),
        (Kind.JOURNEY, "micro_journeys"): (Relation.HAS_MICRO_JOURNEY, True),
        (Kind.JOURNEY, "steps"): (Relation.HAS_STEP, True),
        (Kind.INSIGHT, "seen_in"): (Relation.SEEN_IN, True),
        (Kind.INSIGHT, "supports"): (Relation.SUPPORTS, True),
        (Kind.OPPORTUNITY, "improves"): (Relation.IMPROVES, True),
        (Kind.SOLUTION, "addresses"): (Relation.ADDRESSES, True),
        (Kind.METRIC, "measures"): (Relation.MEASURES, True),
        (Kind.OBJECTIVE, "anchor"): (Relation.ANCHORED_ON, True),
        (Kind.OBJECTIVE, "owners"): (Relation.OWNS, False),
        (Kind.OBJECTIVE, "aligned_with"): (Relation.ALIGNED_WITH, True),
        (Kind.OBJECTIVE, "contributes_to"): (Relation.CONTRIBUTES_TO, True),
        (Kind.KEY_RESULT, "drives"): (Relation.DRIVES, True),
    }
)
"""Which fields are links: their relation, and whether they start at the entry (else they end)."""


def draft_of(file: AtlasFile, *, folder: FilePath) -> AtlasDraft:
    """Turn a whole file into a draft whose paths are those of the file.

    `folder` is where the file lies; `${folder}` in settings stands for it.
    """
    placed = [
        placed
        for section, kind in SECTIONS.items()
        for index, entry in enumerate(getattr(file, section) or ())
        for placed in _with_nested(_Placed(kind, entry, (section, index)))
    ]
    given = _given(file.organization)
    given.pop("key")
    return AtlasDraft(
        organization_key=file.organization.key,
        organization_path=("organization",),
        organization_fields=given,
        nodes=[_node(one, str(folder.resolve())) for one in placed],
        link_lists=[link_list for one in placed for link_list in _link_lists(one)],
    )


# Any: an entry of any section; its fields are asked for by name, through the tables above.
@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry, where it stands, and the entry that it stands in."""

    kind: Kind
    entry: Any
    path: Path
    holder: Any = None

    @property
    def key(self) -> str:
        if isinstance(self.entry, SourceEntry) and self.entry.key is None:
            return f"{self.holder.key}:{self.entry.connection}"
        return str(self.entry.key)


def _with_nested(outer: _Placed) -> Iterator[_Placed]:
    yield outer
    for (kind, name), nested in NESTED.items():
        if kind is outer.kind:
            for index, entry in enumerate(getattr(outer.entry, name) or ()):
                yield _Placed(nested, entry, (*outer.path, name, index), outer.entry)


def _given(entry: BaseModel) -> dict[str, Any]:
    """Give the fields that stand in the file, in the order of the format."""
    return {
        name: getattr(entry, name)
        for name in type(entry).model_fields
        if name in entry.model_fields_set
    }


def _node(placed: _Placed, folder: str) -> NodeDraft:
    given = _given(placed.entry)
    fields = {
        record_name(placed.kind, name): _field(placed, name, value)
        for name, value in given.items()
        if _is_field(placed.kind, name)
    }
    fields |= _fields_by_place(placed)
    if "settings" in fields:
        fields["settings"] = _in_folder(fields["settings"], folder)
    return NodeDraft(
        kind=placed.kind,
        key=placed.key,
        path=placed.path,
        fields=fields,
        archived=bool(given["archived"]) if "archived" in given else None,
        fallback_title=_fallback_title(placed),
    )


_RENAMED: Mapping[tuple[Kind, str], str] = MappingProxyType(
    {
        (Kind.GOAL, "kind"): "goal_kind",
        (Kind.INSIGHT, "kind"): "insight_kind",
        (Kind.SOLUTION, "kind"): "solution_kind",
        (Kind.KEY_RESULT, "kind"): "result_kind",
        (Kind.METRIC_SOURCE, "metric"): "remote_metric",
    }
)


def _is_field(kind: Kind, name: str) -> bool:
    elsewhere = ("key", "archived", "at_least", "at_most")
    return name not in elsewhere and (kind, name) not in LINKS and (kind, name) not in NESTED


def record_name(kind: Kind, name: str) -> str:
    """Give the name that a field of the file has in its record."""
    return _RENAMED.get((kind, name), name)


def _field(placed: _Placed, name: str, value: Any) -> object:  # noqa: ANN401 -- any field
    """Give a field's value as its record has it, with references for ids."""
    at, field = (*placed.path, name), record_name(placed.kind, name)
    if value is None:
        return None
    if isinstance(value, ManualProgressEntry):
        by = Ref(key=value.by, path=(*at, "by")) if value.by else None
        return ManualProgressDraft(value=value.value, by=by, at=value.at, reason=value.reason)
    if field in _CONVERTED:
        return _CONVERTED[field](value)
    if field not in REFERENCES and field != "parent":
        return value
    if isinstance(value, str):
        return Ref(key=value, path=at)
    return tuple(Ref(key=key, path=(*at, index)) for index, key in enumerate(value))


def _fields_by_place(placed: _Placed) -> dict[str, object]:
    """Give what the place of an entry says of it: whose it is, and its position there."""
    entry = placed.entry
    if isinstance(entry, SourceEntry):
        return {"metric": Ref(key=placed.holder.key, path=placed.path)}
    if not isinstance(entry, KeyResultEntry):
        return {}
    sides = {"lower": "at_least", "upper": "at_most"}
    given = {side: getattr(entry, name) for side, name in sides.items() if name in _given(entry)}
    fields: dict[str, object] = {
        "objective": Ref(key=placed.holder.key, path=placed.path),
        "position": placed.path[-1],
    }
    return {**fields, "bounds": BoundsDraft(sides=given)} if given else fields


def _fallback_title(placed: _Placed) -> str | None:
    if isinstance(placed.entry, KeyResultEntry):
        return placed.entry.does_what
    return placed.key if isinstance(placed.entry, SourceEntry) else None


def _in_folder(value: Any, folder: str) -> Any:  # noqa: ANN401 -- any JSON
    match value:
        case str():
            return value.replace(FOLDER, folder)
        case [*items]:
            return [_in_folder(item, folder) for item in items]
        case {**fields}:
            return {name: _in_folder(item, folder) for name, item in fields.items()}
        case _:
            return value


R = TypeVar("R")


def _made(record: type[R], entry: BaseModel, **others: object) -> R:
    """Make a value object of the fields of the same names; its defaults where they are empty."""
    fields: dict[str, Any] = {k: v for k, v in _given(entry).items() if v is not None}
    return record(**{**fields, **others})


def _all_made(record: type[R]) -> Callable[[tuple[BaseModel, ...]], tuple[R, ...]]:
    return lambda entries: tuple(_made(record, entry) for entry in entries)


def _priority(entry: PriorityEntry) -> Priority | None:
    """Give the scores; a group without any score is none."""
    scores = _made(Priority, entry)
    return None if scores == Priority() else scores


def _window(entry: WindowEntry) -> Window:
    return Window(kind=entry.kind or WindowKind.TRAILING, days=entry.trailing_days)


def _by_how_much(entry: ByHowMuchEntry) -> ByHowMuch:
    ways = {name: value for name, value in _given(entry).items() if value is not None}
    ((name, value),) = ways.items()
    return ByHowMuch(kind=HowMuchKind(name.upper()), value=value)


def _curve(entry: CurveEntry) -> ExpectedCurve:
    points = tuple(_made(CurvePoint, point) for point in entry.points or ())
    return ExpectedCurve(kind=entry.kind, points=points)


def _breakdowns(names: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(breakdown)) for breakdown in names)


# Any: each takes the entry of its own field.
_CONVERTED: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {
        "evidence": _all_made(Evidence),
        "priority": _priority,
        "unit": lambda entry: _made(Unit, entry),
        "window": _window,
        "series_breaks": _all_made(SeriesBreak),
        "breakdowns": _breakdowns,
        "dimensions": dimensions_of,
        "baseline": lambda entry: _made(Baseline, entry),
        "by_how_much": _by_how_much,
        "milestones": _all_made(Milestone),
        "ladder": lambda entry: _made(Ladder, entry),
        "curve": _curve,
    }
)


def _link_lists(placed: _Placed) -> Iterator[LinkListDraft]:
    for name, value in _given(placed.entry).items():
        if (placed.kind, name) not in LINKS:
            continue
        relation, outgoing = LINKS[placed.kind, name]
        at = (*placed.path, name)
        yield LinkListDraft(
            node=Ref(key=placed.key, path=placed.path),
            relation=relation,
            outgoing=outgoing,
            links=_links(value, at),
            path=at,
        )


def _links(value: Any, at: Path) -> list[LinkDraft]:  # noqa: ANN401 -- any link field
    """Give the links of a field: one key, a list of keys or entries, or nothing."""
    if isinstance(value, str):
        return [_link(value, at)]
    return [_link(entry, (*at, index)) for index, entry in enumerate(value or ())]


def _link(entry: Any, at: Path) -> LinkDraft:  # noqa: ANN401 -- any entry of a link field
    match entry:
        case OwnerEntry():
            return LinkDraft(end=Ref(key=entry.team, path=(*at, "team")), share=entry.share)
        case ContributionEntry():
            weight = Decimal(1) if entry.weight is None else entry.weight
            return LinkDraft(end=Ref(key=entry.objective, path=(*at, "objective")), weight=weight)
        case MeasureEntry():
            return LinkDraft(
                end=Ref(key=entry.node, path=(*at, "node")),
                dimension=entry.dimension,
                long_term_target=entry.long_term_target,
            )
        case StepEntry():
            return LinkDraft(end=Ref(key=entry.key, path=at))
        case _:
            return LinkDraft(end=Ref(key=entry, path=at))
