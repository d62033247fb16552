"""The Atlas: one organization's whole graph at one revision, frozen, with an index of its links."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import NotFound
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
    field hold their records in order of position or key.
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


def build_atlas(
    organization: Organization, revision: int, nodes: Iterable[Node], links: Iterable[Link]
) -> Atlas:
    """Index records and links; the links' ends must be among the nodes (storage guarantees it)."""
    by_id = {node.id: node for node in nodes}
    in_order = sorted(by_id.values(), key=lambda node: node.key)
    key_results = sorted(_of(in_order, KeyResult), key=lambda kr: (kr.position, kr.key))
    objectives = _of(in_order, Objective)
    sources = sorted(_of(in_order, MetricSource), key=lambda s: (s.precedence, s.key))
    kept = list(links)
    return Atlas(
        organization=organization,
        revision=revision,
        nodes=by_id,
        by_key={node.key: node.id for node in in_order},
        by_kind=_grouped(in_order, lambda node: node.kind),
        outgoing=_index(kept, lambda x: x.source, lambda x: (x.position or 0, by_id[x.target].key)),
        incoming=_index(kept, lambda x: x.target, lambda x: (0, by_id[x.source].key)),
        key_results_by_objective=_grouped(key_results, lambda kr: kr.objective),
        objectives_by_cycle=_grouped(objectives, lambda objective: objective.cycle),
        successors=_grouped(
            (o for o in objectives if o.predecessor), lambda o: o.predecessor or NodeId("")
        ),
        sources_by_metric=_grouped(sources, lambda source: source.metric),
    )


K = TypeVar("K")
V = TypeVar("V")


def _of(nodes: Iterable[Node], kind: type[N]) -> list[N]:
    return [node for node in nodes if isinstance(node, kind)]


def _grouped(items: Iterable[V], key: Callable[[V], K]) -> dict[K, tuple[V, ...]]:
    groups: dict[K, list[V]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in groups.items()}


def _index(
    links: Iterable[Link],
    end: Callable[[Link], NodeId],
    order: Callable[[Link], tuple[int, str]],
) -> LinkIndex:
    by_relation = _grouped(sorted(links, key=order), lambda link: link.relation)
    return {relation: _grouped(by_relation.get(relation, ()), end) for relation in Relation}
