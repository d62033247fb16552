"""Given lists of links become links to write and to remove; the law decides which are legal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import Self

from domain.actions.directory import Directory, Entry, look_up
from domain.actions.drafts import InputPath, LinkDraft, LinkListDraft
from domain.actions.merging import seconds_per_display_unit
from domain.actions.wording import with_article
from domain.atlas import Atlas
from domain.errors import DomainError, InvalidRecord, LinkCycle, Refused
from domain.goal import Goal, GoalScope
from domain.links import RULES, Link, Relation, find_cycle, require_legal
from domain.metric import Metric
from domain.node import Kind, Node, NodeId

Identity = tuple[Relation, NodeId, NodeId]


@dataclass(slots=True)
class LinkPlan:
    """What given lists of links come to.

    `links` are all links that the atlas will have, `written` those that are new or carry other
    attributes than before (`changed` counts the latter), `removed` the stored ones that a given
    list no longer names. `paths` says where in the input a link stands.
    """

    links: dict[Identity, Link] = field(default_factory=dict[Identity, Link])
    written: list[Link] = field(default_factory=list[Link])
    removed: list[Link] = field(default_factory=list[Link])
    changed: int = 0
    paths: dict[Identity, InputPath] = field(default_factory=dict[Identity, InputPath])
    problems: list[DomainError] = field(default_factory=list[DomainError])


def plan_links(
    atlas: Atlas | None,
    lists: Sequence[LinkListDraft],
    directory: Directory,
    records: Mapping[NodeId, Node],
) -> LinkPlan:
    """Replace stored links by the given lists and hold the outcome against the law.

    `records` are all records as they will be, for the units of metrics and the scopes of goals.
    """
    stored = {_identity(link): link for link in _all_links(atlas)}
    plan = LinkPlan(links=dict(stored))
    first_lists: dict[tuple[str, Relation], LinkListDraft] = {}
    for given in lists:
        first_lists.setdefault((given.node.key, given.relation), given)
    for given in first_lists.values():
        _remove_stored(plan, atlas, given, directory[given.node.key])
        _add_given(plan, given, directory)
    _scale_targets(plan, records)
    _compare(plan, stored)
    named = {entry.id: _Named.of(key, entry) for key, entry in directory.items()}
    plan.problems += _multiplicity_problems(plan, named)
    plan.problems += _circle_problems(plan, named)
    plan.problems += _goal_problems(plan, records)
    plan.problems += _attribute_problems(plan, named)
    plan.problems += _share_problems(plan)
    return plan


@dataclass(frozen=True, slots=True)
class _Named:
    """A node's key, as people may read it, and kind; known of those whose record is wrong too."""

    key: str
    kind: Kind

    @classmethod
    def of(cls, key: str, entry: Entry) -> Self:
        return cls(key if entry.is_named else "?", entry.kind)


def _all_links(atlas: Atlas | None) -> Iterator[Link]:
    by_relation = atlas.outgoing.values() if atlas else ()
    return (link for by_source in by_relation for links in by_source.values() for link in links)


def _identity(link: Link) -> Identity:
    return link.relation, link.source, link.target


def _remove_stored(plan: LinkPlan, atlas: Atlas | None, given: LinkListDraft, node: Entry) -> None:
    if atlas is None:
        return
    links_at = atlas.links_from if given.outgoing else atlas.links_to
    for link in links_at(node.id, given.relation):
        del plan.links[_identity(link)]


def _add_given(plan: LinkPlan, given: LinkListDraft, directory: Directory) -> None:
    node = directory[given.node.key]
    for position, draft in enumerate(given.links):
        end = look_up(directory, draft.end, *_far_kinds(given))
        if isinstance(end, DomainError):
            plan.problems.append(_explained(given, draft, node, directory) or end)
            continue
        link = _link(given, draft, (node.id, end.id), position)
        identity = _identity(link)
        if identity in plan.paths:
            message = f"{draft.end.key} is listed twice."
            plan.problems.append(InvalidRecord(message, path=draft.end.path))
        plan.links[identity] = link
        plan.paths[identity] = draft.end.path


def _far_kinds(given: LinkListDraft) -> tuple[Kind, ...]:
    rule = RULES[given.relation]
    return rule.targets if given.outgoing else rule.sources


def _explained(
    given: LinkListDraft, draft: LinkDraft, node: Entry, directory: Directory
) -> Refused | None:
    """Give the law's own words where the end exists and is of the wrong kind."""
    end = directory.get(draft.end.key)
    if end is None:
        return None
    source, target = (node, end) if given.outgoing else (end, node)
    try:
        require_legal(given.relation, source.kind, target.kind)
    except Refused as refused:
        message = f"{draft.end.key} is a {end.kind}: {refused.message}"
        return type(refused)(message, path=draft.end.path, legal=refused.legal)
    return None


def _link(
    given: LinkListDraft, draft: LinkDraft, near_far: tuple[NodeId, NodeId], position: int
) -> Link:
    source, target = near_far if given.outgoing else near_far[::-1]
    ordered = RULES[given.relation].ordered and given.outgoing
    return Link(
        source=source,
        relation=given.relation,
        target=target,
        position=position if ordered else None,
        weight=draft.weight,
        share=draft.share,
        dimension=draft.dimension,
        long_term_target=draft.long_term_target,
    )


def _scale_targets(plan: LinkPlan, records: Mapping[NodeId, Node]) -> None:
    """Turn given long-term targets from a metric's display unit into its own."""
    for identity in plan.paths:
        link = plan.links[identity]
        metric = records.get(link.source)
        if link.long_term_target is None or not isinstance(metric, Metric):
            continue
        target = link.long_term_target * seconds_per_display_unit(metric)
        plan.links[identity] = replace(link, long_term_target=target)


def _compare(plan: LinkPlan, stored: Mapping[Identity, Link]) -> None:
    plan.written = [link for key, link in plan.links.items() if stored.get(key) != link]
    plan.changed = sum(_identity(link) in stored for link in plan.written)
    plan.removed = [link for key, link in stored.items() if key not in plan.links]


def _multiplicity_problems(
    plan: LinkPlan, named: Mapping[NodeId, _Named]
) -> Iterator[InvalidRecord]:
    """Refuse a second parent, home or anchor where the law allows one; named at the given link."""
    by_source = Counter((relation, source) for relation, source, _ in plan.links)
    by_target = Counter((relation, target) for relation, _, target in plan.links)
    for (relation, source, target), path in plan.paths.items():
        rule = RULES[relation]
        if rule.one_source and by_target[relation, target] > 1:
            others = _keys(
                (s for r, s, t in plan.links if (r, t) == (relation, target) and s != source),
                named,
            )
            message = (
                f"{with_article(_kind_name(target, named), 'A')} is at the end of one {relation} "
                f"at most, and here it comes from {others} too; give that one's list without it."
            )
            yield InvalidRecord(message, path=path)
        if rule.one_target and by_source[relation, source] > 1:
            message = f"{with_article(_kind_name(source, named), 'A')} has one {relation} at most."
            yield InvalidRecord(message, path=path)


def _circle_problems(plan: LinkPlan, named: Mapping[NodeId, _Named]) -> Iterator[LinkCycle]:
    for relation in (r for r, rule in RULES.items() if rule.acyclic):
        edges: dict[NodeId, list[NodeId]] = defaultdict(list)
        for found, source, target in plan.links:
            if found is relation:
                edges[source].append(target)
        while circle := find_cycle(edges):
            steps = list(pairwise(circle))
            source, target = next(
                (step for step in steps if (relation, *step) in plan.paths), steps[0]
            )
            message = f"{relation} would close a circle: {_keys(circle, named, ' → ')}."
            yield LinkCycle(message, path=plan.paths.get((relation, source, target), ()))
            edges[source].remove(target)


def _goal_problems(plan: LinkPlan, records: Mapping[NodeId, Node]) -> Iterator[InvalidRecord]:
    """Refuse a JOURNEY goal on two journeys: it is tied to one."""
    served = Counter(s for relation, s, _ in plan.links if relation is Relation.SERVED_BY)
    for (relation, source, _), path in plan.paths.items():
        goal = records.get(source)
        tied = isinstance(goal, Goal) and goal.scope is GoalScope.JOURNEY
        if tied and relation is Relation.SERVED_BY and served[source] > 1:
            message = "A goal of scope JOURNEY is tied to one journey, and served by that one only."
            yield InvalidRecord(message, path=path[:-1])


def _attribute_problems(plan: LinkPlan, named: Mapping[NodeId, _Named]) -> Iterator[InvalidRecord]:
    for identity, path in plan.paths.items():
        link = plan.links[identity]
        at = path[:-1]
        if link.share is not None and not 0 <= link.share <= 1:
            message = f"A share is from 0 to 1; this is {link.share}."
            yield InvalidRecord(message, path=(*at, "share"))
        if link.weight is not None and link.weight < 0:
            message = f"A weight is 0 or more; this is {link.weight}."
            yield InvalidRecord(message, path=(*at, "weight"))
        if link.relation is Relation.MEASURES:
            yield from _measure_problems(link, at, _kind(link.target, named))


def _measure_problems(link: Link, at: InputPath, measured: Kind | None) -> Iterator[InvalidRecord]:
    if measured is Kind.JOURNEY and link.dimension is None:
        message = "A metric measures a journey in a dimension, as its success measure."
        legal = ("EFFECTIVENESS", "EFFICIENCY")
        yield InvalidRecord(message, path=at, legal=legal)
    if measured in (Kind.JOURNEY, None):
        return
    for name in ("dimension", "long_term_target"):
        if getattr(link, name) is not None:
            message = f"Only a journey's measure has a {name}; this is {with_article(measured)}."
            yield InvalidRecord(message, path=(*at, name))


def _share_problems(plan: LinkPlan) -> Iterator[InvalidRecord]:
    """Refuse owners whose shares come to more than the whole; less is legal, and a finding."""
    given: dict[NodeId, list[InputPath]] = defaultdict(list)
    total: dict[NodeId, Decimal] = defaultdict(Decimal)
    for identity, link in plan.links.items():
        if link.relation is Relation.OWNS:
            total[link.target] += link.share or 0
            given[link.target] += [plan.paths[identity]] if identity in plan.paths else []
    for target, paths in given.items():
        if paths and total[target] > 1:
            message = f"The owners' shares come to {total[target]}, which is more than 1."
            yield InvalidRecord(message, path=paths[0][:-2])


def _kind(node_id: NodeId, named: Mapping[NodeId, _Named]) -> Kind | None:
    """Give a node's kind; None where it could not be read."""
    return named[node_id].kind if node_id in named else None


def _kind_name(node_id: NodeId, named: Mapping[NodeId, _Named]) -> str:
    return _kind(node_id, named) or "node"


def _keys(ids: Iterable[NodeId], named: Mapping[NodeId, _Named], between: str = ", ") -> str:
    return between.join(named[i].key if i in named else "?" for i in ids)
