"""Bring a draft of an atlas in: add what is new, change what differs, leave the rest alone.

The plan is pure: it compares the draft with the stored Atlas, holds the outcome against all rules
at once, and says what to write. Importing the same draft again comes to nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from domain.actions.changes import Changes
from domain.actions.directory import Directory, directory_of
from domain.actions.drafts import AtlasDraft, InputPath, LinkListDraft, NodeDraft, Ref
from domain.actions.graph_rules import problems_of_nodes
from domain.actions.linking import LinkPlan, plan_links
from domain.actions.merging import in_seconds, merge
from domain.actions.record_rules import problems_of_organization
from domain.atlas import Atlas
from domain.errors import DomainError, InvalidRecord
from domain.metric import Metric
from domain.node import Kind, Node, NodeId, OrganizationId
from domain.okr import KeyResult
from domain.organization import Organization


class Outcome(StrEnum):
    """What an import does to one record."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or will do: records counted by kind, links in all.

    `revision` is the atlas's after the import. Stored records that the draft doesn't mention are
    not counted. `relinked` links were there and carry other attributes now (a position, a share).
    """

    organization: Outcome
    revision: int
    created: Mapping[Kind, int] = field(default_factory=dict[Kind, int])
    updated: Mapping[Kind, int] = field(default_factory=dict[Kind, int])
    unchanged: Mapping[Kind, int] = field(default_factory=dict[Kind, int])
    linked: int = 0
    relinked: int = 0
    unlinked: int = 0

    @property
    def changes_nothing(self) -> bool:
        """Whether everything was there already."""
        links = self.linked + self.relinked + self.unlinked
        touched = self.created or self.updated or links
        return self.organization is Outcome.UNCHANGED and not touched


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What to write and what will be said of it; with problems, nothing may be written.

    A problem's path is the draft's path of the thing it is about. `records` are all records as they
    will be; those with problems of their own are missing.
    """

    changes: Changes
    report: ImportReport
    records: Mapping[NodeId, Node]
    problems: tuple[DomainError, ...] = ()


def plan_import(
    atlas: Atlas | None, draft: AtlasDraft, *, now: datetime, new_id: Callable[[], str]
) -> ImportPlan:
    """Compare a draft with an Atlas (None: the organization doesn't exist yet)."""
    directory, key_problems = directory_of(atlas, draft, new_id=new_id)
    organization, organization_problems = _organization(atlas, draft, new_id)
    records, record_problems = _merged(atlas, _unambiguous(draft, directory), directory, now)
    links = plan_links(atlas, _known_lists(draft, directory), directory, records)
    paths = {directory[d.key].id: d.path for d in reversed(draft.nodes)}
    node_problems = problems_of_nodes(atlas, records, paths, directory)
    found = (
        *key_problems,
        *organization_problems,
        *record_problems,
        *node_problems,
        *links.problems,
    )
    revision = atlas.revision if atlas else 0
    if found:
        nothing = Changes(organization=organization, base_revision=revision)
        report = ImportReport(organization=Outcome.UNCHANGED, revision=revision)
        return ImportPlan(nothing, report, records, found)
    changes = _changes(atlas, organization, records, links)
    return ImportPlan(changes, _report(atlas, draft, changes, links), records)


# Any: an organization's fields, each typed by the record.
def _organization(
    atlas: Atlas | None, draft: AtlasDraft, new_id: Callable[[], str]
) -> tuple[Organization, list[DomainError]]:
    given: dict[str, Any] = {k: v for k, v in draft.organization_fields.items() if v is not None}
    if atlas is not None:
        organization = replace(atlas.organization, **given)
    else:
        new = Organization(id=OrganizationId(new_id()), key=draft.organization_key, title="")
        organization = replace(new, **{"title": draft.organization_key, **given})
    at = draft.organization_path
    return organization, [_moved(p, at) for p in problems_of_organization(organization)]


def _unambiguous(draft: AtlasDraft, directory: Directory) -> list[NodeDraft]:
    """Give the drafts whose key means this one thing; metrics before what needs their units."""
    first: dict[str, NodeDraft] = {}
    for node in draft.nodes:
        first.setdefault(node.key, node)
    clear = [node for node in first.values() if directory[node.key].kind is node.kind]
    return sorted(clear, key=lambda node: node.kind is Kind.KEY_RESULT)


def _merged(
    atlas: Atlas | None, drafts: Sequence[NodeDraft], directory: Directory, now: datetime
) -> tuple[dict[NodeId, Node], list[DomainError]]:
    """Give all records as they will be; those with problems of their own are missing."""
    records = dict(atlas.nodes) if atlas else {}
    problems: list[DomainError] = []
    for draft in drafts:
        node_id = directory[draft.key].id
        if draft.kind is Kind.KEY_RESULT:
            metric = _metric_of(draft, directory, records)
            draft = in_seconds(draft, metric)  # noqa: PLW2901 -- the same draft in another unit
        merged = merge(draft, directory, now=now)
        problems += merged.problems
        if merged.record is not None:
            records[node_id] = merged.record
        else:
            records.pop(node_id, None)
    return records, problems


def _metric_of(
    draft: NodeDraft, directory: Directory, records: Mapping[NodeId, Node]
) -> Metric | None:
    """Give the metric of a key result: the draft's, else the stored one's."""
    stored = directory[draft.key].stored
    metric_id = stored.metric if isinstance(stored, KeyResult) else None
    given = draft.fields.get("metric")
    if isinstance(given, Ref) and given.key in directory:
        metric_id = directory[given.key].id
    metric = records.get(metric_id or NodeId(""))
    return metric if isinstance(metric, Metric) else None


def _known_lists(draft: AtlasDraft, directory: Directory) -> list[LinkListDraft]:
    """Leave out the lists of nodes whose key belongs to something else."""
    kinds = {node.key: node.kind for node in reversed(draft.nodes)}
    return [
        given
        for given in draft.link_lists
        if directory[given.node.key].kind is kinds[given.node.key]
    ]


def _changes(
    atlas: Atlas | None,
    organization: Organization,
    records: Mapping[NodeId, Node],
    links: LinkPlan,
) -> Changes:
    stored: Mapping[NodeId, Node] = atlas.nodes if atlas else {}
    return Changes(
        organization=organization,
        base_revision=atlas.revision if atlas else 0,
        nodes=[node for node_id, node in records.items() if stored.get(node_id) is not node],
        links=links.written,
        unlinked=links.removed,
    )


def _report(
    atlas: Atlas | None, draft: AtlasDraft, changes: Changes, links: LinkPlan
) -> ImportReport:
    """Count what the changes do; the revision goes up by one where they do anything."""
    new = [node.kind for node in changes.nodes if node.version == 1]
    old = [node.kind for node in changes.nodes if node.version > 1]
    unchanged = Counter(node.kind for node in draft.nodes)
    unchanged.subtract(chain(new, old))
    report = ImportReport(
        organization=_organization_outcome(atlas, changes.organization),
        revision=changes.base_revision,
        created=_counted(new),
        updated=_counted(old),
        unchanged={kind: count for kind, count in unchanged.items() if count > 0},
        linked=len(links.written) - links.changed,
        relinked=links.changed,
        unlinked=len(links.removed),
    )
    if report.changes_nothing:
        return report
    return replace(report, revision=changes.base_revision + 1)


def _organization_outcome(atlas: Atlas | None, organization: Organization) -> Outcome:
    if atlas is None:
        return Outcome.CREATED
    return Outcome.UNCHANGED if atlas.organization == organization else Outcome.UPDATED


def _counted(kinds: Iterable[Kind]) -> dict[Kind, int]:
    return dict(sorted(Counter(kinds).items()))


def _moved(problem: InvalidRecord, at: InputPath) -> InvalidRecord:
    return InvalidRecord(problem.message, path=(*at, *problem.path), legal=problem.legal)
