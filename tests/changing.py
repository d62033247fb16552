"""Random changes to an atlas: records made, edited, renamed, archived; links made and undone."""

import random
from collections.abc import Callable
from dataclasses import replace

from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.links import Link, Relation
from domain.node import Kind, Node
from tests.builders import (
    NOW,
    a_connection,
    a_cycle,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_source,
    an_objective,
    an_organization,
    id_of,
)

FOUNDATION: tuple[Node, ...] = (
    *(a_cycle(key) for key in ("FY26", "FY27")),
    *(a_connection(key) for key in ("csv", "manual")),
    *(a_metric(f"MT-{number}") for number in range(3)),
    *(a_goal(f"G{number}") for number in range(4)),
    *(an_objective(f"O{number}") for number in range(4)),
    *(a_journey(f"J{number:02}") for number in range(30)),
)
"""Enough of a kind that a change is small beside the rest, and few enough to meet again."""


def foundation() -> Changes:
    return Changes(organization=an_organization(), base_revision=0, nodes=FOUNDATION)


def random_changes(atlas: Atlas, chance: random.Random) -> Changes:
    """Do one to four things at once to different records and links."""
    nodes: dict[str, Node] = {}
    links: dict[tuple[str, str], Link] = {}
    unlinked: dict[tuple[str, str], Link] = {}
    for _ in range(chance.randrange(1, 5)):
        node, link = chance.choice(RECORDS)(atlas, chance), _a_link(chance)
        if chance.random() < 0.5:
            nodes.setdefault(node.id, node)
        elif (link.source, link.target) not in links.keys() | unlinked.keys():
            into = unlinked if _is_there(atlas, link) and chance.random() < 0.5 else links
            into[link.source, link.target] = link
    return Changes(
        organization=replace(atlas.organization, title=f"Norrhavn {chance.randrange(3)}"),
        base_revision=atlas.revision,
        nodes=_with_keys_of_their_own(atlas, list(nodes.values())),
        links=list(links.values()),
        unlinked=list(unlinked.values()),
    )


def _is_there(atlas: Atlas, link: Link) -> bool:
    return any(each.target == link.target for each in atlas.links_from(link.source, link.relation))


def _with_keys_of_their_own(atlas: Atlas, nodes: list[Node]) -> list[Node]:
    """Leave out a record whose key another one has, before or in the same changes."""
    kept: dict[str, Node] = {}
    for node in nodes:
        if atlas.by_key.get(node.key, node.id) == node.id:
            kept.setdefault(node.key, node)
    return list(kept.values())


def _new(_: Atlas, chance: random.Random) -> Node:
    return a_journey(f"N{chance.randrange(1000)}")


def _a_source(_: Atlas, chance: random.Random) -> Node:
    metric, connection = f"MT-{chance.randrange(3)}", chance.choice(("csv", "manual"))
    return a_source(metric, connection, precedence=chance.randrange(3))


def _a_key_result(_: Atlas, chance: random.Random) -> Node:
    key = f"O{chance.randrange(4)}-KR{chance.randrange(4)}"
    return a_key_result(key, metric="MT-1", position=chance.randrange(3))


def _an_objective(_: Atlas, chance: random.Random) -> Node:
    number = chance.randrange(4)
    before = id_of(f"O{number - 1}") if number and chance.random() < 0.5 else None
    return an_objective(f"O{number}", chance.choice(("FY26", "FY27")), predecessor=before)


def _edited(atlas: Atlas, chance: random.Random) -> Node:
    node = _any_journey(atlas, chance)
    return replace(node, title=f"title {chance.randrange(9)}", version=node.version + 1)


def _renamed(atlas: Atlas, chance: random.Random) -> Node:
    return replace(_any_journey(atlas, chance), key=f"R{chance.randrange(1000)}")


def _archived(atlas: Atlas, chance: random.Random) -> Node:
    node = _any_journey(atlas, chance)
    return replace(node, archived_at=None if node.archived_at else NOW)


def _any_journey(atlas: Atlas, chance: random.Random) -> Node:
    return chance.choice(atlas.by_kind[Kind.JOURNEY])


def _a_link(chance: random.Random) -> Link:
    goal, journey = f"G{chance.randrange(4)}", f"J{chance.randrange(30):02}"
    if chance.random() < 0.5:
        return a_link(goal, Relation.SERVED_BY, journey, position=chance.randrange(4))
    return a_link(f"MT-{chance.randrange(3)}", Relation.MEASURES, journey)


RECORDS: tuple[Callable[[Atlas, random.Random], Node], ...] = (
    _new,
    _a_source,
    _a_key_result,
    _an_objective,
    _edited,
    _renamed,
    _archived,
)
