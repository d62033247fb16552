"""The next revision's Atlas out of an older one: all that didn't change is shared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.actions.changes import Changes
from domain.atlas import (
    BY_KIND,
    KEY_RESULTS,
    OBJECTIVES,
    SOURCES,
    SUCCESSORS,
    Atlas,
    LinkIndex,
    incoming_links,
    of_kind,
    outgoing_links,
)
from domain.grouping import Grouping, grouped, regrouped
from domain.links import Link, Relation
from domain.node import Node, NodeId
from domain.okr import KeyResult, Objective
from domain.source import MetricSource

Identity = tuple[Relation, NodeId, NodeId]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What leaves an index, as the very objects that it holds, and what comes into it."""

    nodes: tuple[list[Node], list[Node]]
    links: tuple[list[Link], list[Link]]


def refreshed(held: Atlas, changes: Changes, revision: int) -> Atlas:
    """Give the Atlas of a later revision, equal to one that is built from all its records.

    `changes` are all records and links that were written since the held revision, as they are now.
    What they don't touch is the held Atlas's own: records, and whole indexes.
    """
    exchange = _exchange(held, changes)
    before, after = exchange.nodes
    nodes = {**held.nodes, **{node.id: node for node in after}} if after else held.nodes
    key_results = of_kind(before, KeyResult), of_kind(after, KeyResult)
    objectives = of_kind(before, Objective), of_kind(after, Objective)
    sources = of_kind(before, MetricSource), of_kind(after, MetricSource)
    return Atlas(
        organization=changes.organization,
        revision=revision,
        nodes=nodes,
        by_key=_by_key(held, before, after),
        by_kind=regrouped(held.by_kind, before, after, BY_KIND),
        outgoing=_links(held.outgoing, exchange, outgoing_links(nodes), outgoing_links(held.nodes)),
        incoming=_links(held.incoming, exchange, incoming_links(nodes), incoming_links(held.nodes)),
        key_results_by_objective=regrouped(
            held.key_results_by_objective, *key_results, KEY_RESULTS
        ),
        objectives_by_cycle=regrouped(held.objectives_by_cycle, *objectives, OBJECTIVES),
        successors=regrouped(held.successors, *objectives, SUCCESSORS),
        sources_by_metric=regrouped(held.sources_by_metric, *sources, SOURCES),
    )


def _exchange(held: Atlas, changes: Changes) -> Exchange:
    after = list({node.id: node for node in changes.nodes}.values())
    before = [held.nodes[node.id] for node in after if node.id in held.nodes]
    keys = {node.id: node.key for node in after}
    renamed = [node.id for node in before if keys[node.id] != node.key]
    return Exchange((before, after), _moved_links(held, changes, renamed))


def _moved_links(
    held: Atlas, changes: Changes, renamed: Iterable[NodeId]
) -> tuple[list[Link], list[Link]]:
    """Give the links that leave their places and those that take one.

    Links are in order of their ends' keys: those of a node that has another key move, too.
    """
    come = {_identity(link): link for link in changes.links}
    touched = come.keys() | {_identity(link) for link in changes.unlinked}
    gone = {
        identity: link
        for relation, source in {identity[:2] for identity in touched}
        for link in held.links_from(source, relation)
        if (identity := _identity(link)) in touched
    }
    for node in renamed:
        for link in _links_at(held, node):
            gone[_identity(link)] = link
            if _identity(link) not in touched:
                come[_identity(link)] = link
    return list(gone.values()), list(come.values())


def _links_at(held: Atlas, node: NodeId) -> Iterable[Link]:
    for relation in Relation:
        yield from held.links_from(node, relation)
        yield from held.links_to(node, relation)


def _identity(link: Link) -> Identity:
    return link.relation, link.source, link.target


def _by_key(held: Atlas, before: Iterable[Node], after: Iterable[Node]) -> Mapping[str, NodeId]:
    present = {node.key: node.id for node in after}
    if all(held.by_key.get(key) == node for key, node in present.items()):
        return held.by_key
    by_key = {**held.by_key, **present}
    for key in {node.key for node in before} - present.keys():
        del by_key[key]
    return by_key


def _links(
    index: LinkIndex,
    exchange: Exchange,
    by: Grouping[NodeId, Link],
    before: Grouping[NodeId, Link],
) -> LinkIndex:
    of_relation: Grouping[Relation, Link] = Grouping(lambda link: link.relation, lambda _: 0)
    gone, come = (grouped(links, of_relation) for links in exchange.links)
    touched = gone.keys() | come.keys()
    if not touched:
        return index
    changed = {
        relation: regrouped(
            index[relation],
            gone.get(relation, ()),
            come.get(relation, ()),
            by,
            order_before=before.order,
        )
        for relation in touched
    }
    return {**index, **changed}
