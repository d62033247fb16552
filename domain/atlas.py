"""The Atlas: one organization's whole graph at one revision, frozen, with an index of its links."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import NotFound
from domain.grouping import Grouping, grouped
from domain.links import Link, Relation
from domain.node import Kind, Node, NodeId
from domain.okr import KeyResult, Objective
from domain.organization import Organization
from domain.source import MetricSource

N = TypeVar("N", bound=Node)
LinkIndex = Mapping[Relation, Mapping[NodeId, tuple[Link, ...]]]


@dataclass(frozen=True, slots=True)
class Atlas:
    """The graph. Records don't hold each other: they are looked up by id, so that the next
    revision's Atlas shares every record that did not change.

    `outgoing[relation][source]` is in order of position, then of the target's key,
    `incoming[relation][target]` in order of the source's key. The other indexes by
    field hold their records in order of position or key. The mappings themselves are in no order.
    """

    organization: Organization
    revision: int
    nodes: Mapping[NodeId, Node]
    by_key: Mapping[str, NodeId]
    by_kind: Mapping[Kind, tuple[Node, ...]]
    outgoing: LinkIndex
    incoming: LinkIndex
    key_results_by_objective: Mapping[NodeId, tuple[KeyResult, ...]]
    objectives_by_cycle: Mapping[NodeId, tuple[Objective, ...]]
    successors: Mapping[NodeId, tuple[Objective, ...]]
    sources_by_metric: Mapping[NodeId, tuple[MetricSource, ...]]

    def get(self, node_id: NodeId, kind: type[N]) -> N:
        """Give the record with that id; NotFound where it isn't there or of another kind."""
        node = self.nodes.get(node_id)
        if not isinstance(node, kind):
            message = f"No {kind.__name__} has the id {node_id}."
            raise NotFound(message)
        return node

    def find(self, key: str, kind: type[N]) -> N | None:
        """Give the record with that external key, None where no such kind has it."""
        node = self.nodes.get(self.by_key.get(key, NodeId("")))
        return node if isinstance(node, kind) else None

    def all(self, kind: type[N], *, archived: bool = False) -> Iterator[N]:
        """Walk all records of a kind in order of key; hidden ones too if `archived`."""
        for node in self.by_kind.get(kind.kind, ()):
            if isinstance(node, kind) and (archived or node.archived_at is None):
                yield node

    def links_from(self, source: NodeId, relation: Relation) -> tuple[Link, ...]:
        """Give the links of a relation that start at a node."""
        return self.outgoing[relation].get(source, ())

    def links_to(self, target: NodeId, relation: Relation) -> tuple[Link, ...]:
        """Give the links of a relation that end at a node."""
        return self.incoming[relation].get(target, ())

    def targets(self, source: NodeId, relation: Relation, kind: type[N]) -> list[N]:
        """Give the visible nodes that a relation leads to, in the links' order."""
        return self._visible((link.target for link in self.links_from(source, relation)), kind)

    def sources(self, target: NodeId, relation: Relation, kind: type[N]) -> list[N]:
        """Give the visible nodes that a relation comes from, in the links' order."""
        return self._visible((link.source for link in self.links_to(target, relation)), kind)

    def _visible(self, ids: Iterable[NodeId], kind: type[N]) -> list[N]:
        found = (self.nodes[node_id] for node_id in ids)
        return [n for n in found if isinstance(n, kind) and n.archived_at is None]


BY_KIND: Grouping[Kind, Node] = Grouping(lambda node: node.kind, lambda node: node.key)
KEY_RESULTS: Grouping[NodeId, KeyResult] = Grouping(
    lambda kr: kr.objective, lambda kr: (kr.position, kr.key)
)
OBJECTIVES: Grouping[NodeId, Objective] = Grouping(lambda each: each.cycle, lambda each: each.key)
SUCCESSORS: Grouping[NodeId, Objective] = Grouping(
    lambda each: each.predecessor, lambda each: each.key
)
SOURCES: Grouping[NodeId, MetricSource] = Grouping(
    lambda s: s.metric, lambda s: (s.precedence, s.key)
)


def outgoing_links(nodes: Mapping[NodeId, Node]) -> Grouping[NodeId, Link]:
    """Group links by where they start, in order of position, then of the target's key."""
    return Grouping(
        lambda link: link.source, lambda link: (link.position or 0, nodes[link.target].key)
    )


def incoming_links(nodes: Mapping[NodeId, Node]) -> Grouping[NodeId, Link]:
    """Group links by where they end, in order of the source's key."""
    return Grouping(lambda link: link.target, lambda link: nodes[link.source].key)


def build_atlas(
    organization: Organization, revision: int, nodes: Iterable[Node], links: Iterable[Link]
) -> Atlas:
    """Index records and links; the links' ends must be among the nodes (storage guarantees it)."""
    by_id = {node.id: node for node in nodes}
    by_relation = _by_relation(links)
    objectives = of_kind(by_id.values(), Objective)
    return Atlas(
        organization=organization,
        revision=revision,
        nodes=by_id,
        by_key={node.key: node.id for node in by_id.values()},
        by_kind=grouped(by_id.values(), BY_KIND),
        outgoing=_index(by_relation, outgoing_links(by_id)),
        incoming=_index(by_relation, incoming_links(by_id)),
        key_results_by_objective=grouped(of_kind(by_id.values(), KeyResult), KEY_RESULTS),
        objectives_by_cycle=grouped(objectives, OBJECTIVES),
        successors=grouped(objectives, SUCCESSORS),
        sources_by_metric=grouped(of_kind(by_id.values(), MetricSource), SOURCES),
    )


def of_kind(nodes: Iterable[Node], kind: type[N]) -> list[N]:
    """Give those records that are of a kind, in their order."""
    return [node for node in nodes if isinstance(node, kind)]


def _by_relation(links: Iterable[Link]) -> Mapping[Relation, Sequence[Link]]:
    found: dict[Relation, list[Link]] = {relation: [] for relation in Relation}
    for link in links:
        found[link.relation].append(link)
    return found


def _index(links: Mapping[Relation, Sequence[Link]], by: Grouping[NodeId, Link]) -> LinkIndex:
    return {relation: grouped(same, by) for relation, same in links.items()}
