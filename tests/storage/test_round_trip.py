"""What is written comes back the same, field by field."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.atlas import Atlas
from domain.journey import Journey
from domain.links import Relation
from domain.node import Kind
from domain.okr import KeyResult
from storage.atlases import StoredAtlases
from storage.rows import OWN
from tests.builders import (
    NOW,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_solution,
    a_source,
    an_objective,
    an_organization,
    id_of,
)
from tests.storage.records import EVERY_RECORD, LINKS, WORK, changes


async def written_and_loaded(atlases: StoredAtlases) -> Atlas:
    await atlases.apply(changes(*EVERY_RECORD, links=LINKS), now=NOW)
    loaded = await atlases.load("norrhavn")
    assert loaded is not None
    return loaded


async def test_every_record_comes_back_as_it_was_written(atlases: StoredAtlases) -> None:
    loaded = await written_and_loaded(atlases)

    for record in EVERY_RECORD:
        assert loaded.nodes[record.id] == record
    assert len(loaded.nodes) == len(EVERY_RECORD)


async def test_every_link_comes_back_with_what_it_carries(atlases: StoredAtlases) -> None:
    loaded = await written_and_loaded(atlases)

    for link in LINKS:
        assert loaded.links_from(link.source, link.relation) == (link,)
        assert link in loaded.links_to(link.target, link.relation)


async def test_an_organization_comes_back_with_its_exact_parameters(atlases: StoredAtlases) -> None:
    organization = an_organization(
        title="Norrhavn Bank",
        status_policy="pace-gap",
        status_parameters={"at_risk": Decimal("0.10"), "off_track": Decimal("0.25")},
    )

    await atlases.apply(changes(organization=organization), now=NOW)

    loaded = await atlases.load("norrhavn")
    assert loaded is not None
    assert loaded.organization == organization
    assert loaded.revision == 1


async def test_decimals_keep_the_digits_they_were_written_with(atlases: StoredAtlases) -> None:
    loaded = await written_and_loaded(atlases)

    key_result = loaded.get(id_of("O1-KR1"), KeyResult)
    assert key_result.baseline is not None
    assert str(key_result.baseline.value) == "-12.50"
    assert key_result.curve is not None
    assert str(key_result.curve.points[0].progress) == "0.10"


async def test_the_types_of_custom_fields_are_kept(atlases: StoredAtlases) -> None:
    loaded = await written_and_loaded(atlases)

    fields = loaded.get(id_of("MJ1"), Journey).custom_fields
    assert {name: type(value).__name__ for name, value in fields.items()} == {
        "text": "str",
        "whole": "int",
        "real": "float",
        "yes": "bool",
        "none": "NoneType",
    }


async def test_equal_ids_are_one_object_however_often_they_were_read(
    atlases: StoredAtlases,
) -> None:
    first = await written_and_loaded(atlases)
    second = await atlases.load("norrhavn")

    assert second is not None
    key_result = second.get(id_of("O1-KR1"), KeyResult)
    ids = {node.id: id(node.id) for node in first.nodes.values()}
    assert key_result.metric is not None
    assert id(key_result.metric) == ids[key_result.metric]


async def test_an_unknown_organization_has_no_atlas(atlases: StoredAtlases) -> None:
    assert await atlases.load("nobody") is None
    assert await atlases.revision("nobody") is None


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_among_the_records_that_are_tried(kind: Kind) -> None:
    assert kind in {record.kind for record in EVERY_RECORD}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_column_of_a_kind_belongs_to_a_field(kind: Kind) -> None:
    shape = OWN[kind]

    assert {"tenant_id", "kind", *shape.columns} == set(shape.table.c.keys())


async def test_a_record_can_lose_what_it_had(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(*EVERY_RECORD), now=NOW)
    bare = [a_journey(), a_solution(), an_objective(), a_key_result(metric=None), a_source()]

    await atlases.apply(changes(*bare, base=1), now=NOW)

    loaded = await atlases.load("norrhavn")
    assert loaded is not None
    assert [loaded.nodes[record.id] for record in bare] == bare


async def test_a_shorter_list_of_nodes_replaces_the_longer_one(atlases: StoredAtlases) -> None:
    before = next(record for record in WORK if isinstance(record, Journey))
    await atlases.apply(changes(*EVERY_RECORD), now=NOW)
    after = replace(before, personas=(), contributors=(id_of("bo"),))

    await atlases.apply(changes(after, base=1), now=NOW)

    loaded = await atlases.load("norrhavn")
    assert loaded is not None
    assert loaded.nodes[before.id] == after


async def test_links_come_in_the_order_of_their_positions(atlases: StoredAtlases) -> None:
    journeys = [a_journey(key) for key in ("A", "B", "C")]
    links = [
        a_link("BG1", Relation.SERVED_BY, key, position=position)
        for key, position in (("A", 2), ("B", 0), ("C", 1))
    ]

    await atlases.apply(changes(a_goal(), *journeys, links=links), now=NOW)

    loaded = await atlases.load("norrhavn")
    assert loaded is not None
    served = loaded.targets(id_of("BG1"), Relation.SERVED_BY, Journey)
    assert [journey.key for journey in served] == ["B", "C", "A"]
