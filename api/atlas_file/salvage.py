"""What the format leaves of a file, so that the rules judge it in the same round.

Refused values are left out, and what they may have said is held against nobody: the draft names
the fields and kinds of which something is unread. It is there to be judged, never to be written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from api.atlas_file.complaints import type_at
from api.atlas_file.draft import LINKS, NESTED, SECTIONS, draft_of, record_name
from api.atlas_file.format import AtlasFile
from api.atlas_file.problems import Path
from api.atlas_file.reading import Document, Marks
from domain.actions.drafts import AtlasDraft, LinkListDraft, NodeDraft, Ref
from domain.node import Kind


def salvage(document: Document, *, folder: FilePath) -> tuple[AtlasDraft, Marks] | None:
    """Give what can be judged, and where it stands; None where even the organization is unread."""
    lost = set(document.refused)
    while True:
        marks = Marks(document.marks.values, document.marks.names, _gaps(lost))
        try:
            file = AtlasFile.model_validate(_left(document.value, lost))
        except ValidationError as error:
            found = {_culprit(details, marks) for details in error.errors(include_url=False)}
            if () in found or found <= lost:
                return None
            lost |= found
        else:
            return _marked(draft_of(file, folder=folder), lost, marks), marks


def _gaps(lost: Iterable[Path]) -> dict[Path, list[int]]:
    gaps: dict[Path, list[int]] = defaultdict(list)
    for path in lost:
        if isinstance(path[-1], int):
            gaps[path[:-1]].append(path[-1])
    return {path: sorted(positions) for path, positions in gaps.items()}


def _culprit(details: ErrorDetails, marks: Marks) -> Path:
    """Give what has to be left out: the value, or the group that can't be without it."""
    path = marks.in_file(details["loc"])
    if _is_key(path):
        return path
    culprit = marks.nearest(path[:-1] if details["type"] == "missing" else path)
    is_measure = culprit[2:3] == ("measures",)
    return culprit[:4] if is_measure else culprit  # a measure can't be judged without its dimension


def _is_key(path: Path) -> bool:
    """Whether a path is that of an entry's key; the organization's has no stand-in."""
    match path:
        case (*_, int(), "key"):
            return True
        case _:
            return False


def _left(value: Any, lost: set[Path], path: Path = ()) -> Any:  # noqa: ANN401 -- see Document.value
    """Give a value without what is lost in it; an entry whose key is lost gets a stand-in."""
    match value:
        case {**fields}:
            kept = {
                name: _left(below, lost, (*path, str(name)))
                for name, below in fields.items()
                if (*path, name) not in lost
            }
            key = (*path, "key")
            if key in lost and _is_key(key):
                kept["key"] = f"unread:{'/'.join(map(str, path))}"
            return kept
        case [*items]:
            return [
                _left(item, lost, (*path, index))
                for index, item in enumerate(items)
                if (*path, index) not in lost
            ]
        case _:
            return value


def _marked(draft: AtlasDraft, lost: set[Path], marks: Marks) -> AtlasDraft:
    """Say of a draft what of it is unread."""
    names_by_entry: dict[Path, set[str]] = defaultdict(set)
    for path in lost:
        for depth in (1, 2, 4):  # the organization, an entry of a section, one inside an entry
            if len(path) > depth:
                names_by_entry[path[:depth]].add(str(path[depth]))
    nodes: list[NodeDraft] = []
    emptied: list[LinkListDraft] = []
    for node in draft.nodes:
        at = marks.in_file(node.path)
        is_named = (*at, "key") in marks.values and (*at, "key") not in lost
        names = _suspects(at, names_by_entry.get(at, set()), is_named=is_named)
        nodes.append(replace(node, unread=_fields(node.kind, names)))
        emptied += _emptied(node, names)
    return replace(
        draft,
        organization_fields=_sure(draft, names_by_entry.get(draft.organization_path, set())),
        nodes=nodes,
        link_lists=[*draft.link_lists, *emptied],
        unread=frozenset(kind for path in lost for kind in _kinds(path)),
    )


def _suspects(entry: Path, lost: set[str], *, is_named: bool) -> set[str]:
    """Give the fields of which something is unread: any, where a name or the key is unknown."""
    fields = set(type_at(entry).model_fields)
    if lost <= fields - {"key"}:
        return lost
    return fields - {"key"} if is_named else fields


def _fields(kind: Kind, names: set[str]) -> frozenset[str]:
    others = {name for held, name in (*LINKS, *NESTED) if held is kind}
    return frozenset(record_name(kind, name) for name in names - others)


def _emptied(node: NodeDraft, names: set[str]) -> Iterator[LinkListDraft]:
    """Take lists of links that are unread as empty: all that links are refused for is too many.

    Of one that was read in part, what was read comes before and counts.
    """
    for (kind, name), (relation, outgoing) in LINKS.items():
        if kind is node.kind and name in names:
            here = Ref(key=node.key, path=node.path)
            yield LinkListDraft(node=here, relation=relation, outgoing=outgoing, path=node.path)


_ALONE = frozenset({"title", "time_zone", "currency"})


def _sure(draft: AtlasDraft, lost: set[str]) -> Mapping[str, object]:
    """Give the organization's fields; without its status policy where half of that is unread."""
    if lost <= _ALONE:
        return draft.organization_fields
    return {name: value for name, value in draft.organization_fields.items() if name in _ALONE}


def _kinds(lost: Path) -> Sequence[Kind]:
    """Give the kinds of which an entry, or an entry's key, may stand in what is lost."""
    section, *below = lost
    if section == "organization":
        return ()
    kind = SECTIONS.get(str(section))
    if kind is None:
        return tuple(Kind)
    nested = tuple(inner for (holder, _), inner in NESTED.items() if holder is kind)
    match below:
        case [] | [_]:
            return (kind, *nested)
        case [_, "key"]:
            return (kind,)
        case [_, str(name), *rest] if _may_hold_entries(kind, name) and rest[1:] in ([], ["key"]):
            return nested
        case _:
            return ()


def _may_hold_entries(kind: Kind, name: str) -> bool:
    """Whether a field of a section's entries holds entries, or is unknown and was to hold them."""
    section = next(section for section, held in SECTIONS.items() if held is kind)
    return (kind, name) in NESTED or name not in type_at((section, 0)).model_fields
