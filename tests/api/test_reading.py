"""Reading the sample bank: every link both ways, look-ups, lists, ways through the atlas."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from domain.atlas import build_atlas
from domain.links import RULES, Link, Relation
from domain.node import Kind, NodeId
from tests.api.asking import Api, Json, an_api
from tests.api.norrhavn import norrhavn
from tests.builders import NOW


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


LISTS = {
    Kind.GOAL: "goals",
    Kind.JOURNEY: "journeys",
    Kind.STEP: "steps",
    Kind.INSIGHT: "insights",
    Kind.OPPORTUNITY: "opportunities",
    Kind.SOLUTION: "solutions",
    Kind.METRIC: "metrics",
    Kind.OBJECTIVE: "objectives",
    Kind.KEY_RESULT: "keyResults",
    Kind.TEAM: "teams",
}

FORWARDS = [
    (Relation.HAS_SUB_GOAL, Kind.GOAL, Kind.GOAL, "children { nodes { key } }"),
    (Relation.SERVED_BY, Kind.GOAL, Kind.JOURNEY, "journeys { nodes { key } }"),
    (Relation.HAS_MICRO_JOURNEY, Kind.JOURNEY, Kind.JOURNEY, "microJourneys { nodes { key } }"),
    (Relation.HAS_STEP, Kind.JOURNEY, Kind.STEP, "steps { key }"),
    (Relation.IMPROVES, Kind.OPPORTUNITY, Kind.JOURNEY, "journeys { nodes { key } }"),
    (Relation.IMPROVES, Kind.OPPORTUNITY, Kind.STEP, "steps { nodes { key } }"),
    (Relation.ADDRESSES, Kind.SOLUTION, Kind.OPPORTUNITY, "opportunities { nodes { key } }"),
    (Relation.ANCHORED_ON, Kind.OBJECTIVE, None, "anchor { ... on AtlasNode { key } }"),
    (Relation.SEEN_IN, Kind.INSIGHT, Kind.JOURNEY, "journeys { nodes { key } }"),
    (Relation.SEEN_IN, Kind.INSIGHT, Kind.STEP, "steps { nodes { key } }"),
    (Relation.SUPPORTS, Kind.INSIGHT, Kind.OPPORTUNITY, "opportunities { nodes { key } }"),
    (Relation.SUPPORTS, Kind.INSIGHT, Kind.OBJECTIVE, "objectives { nodes { key } }"),
    (Relation.MEASURES, Kind.METRIC, None, "measures { node { key } }"),
    (Relation.DRIVES, Kind.KEY_RESULT, Kind.METRIC, "drives { key }"),
    (Relation.ALIGNED_WITH, Kind.OBJECTIVE, Kind.OBJECTIVE, "alignedWith { nodes { key } }"),
    (Relation.OWNS, Kind.TEAM, Kind.OBJECTIVE, "objectives { objective { key } }"),
    (
        Relation.CONTRIBUTES_TO,
        Kind.OBJECTIVE,
        Kind.OBJECTIVE,
        "contributesTo { objective { key } }",
    ),
]

BACKWARDS = [
    (Relation.HAS_SUB_GOAL, Kind.GOAL, "parent { key }"),
    (Relation.SERVED_BY, Kind.JOURNEY, "goals { nodes { key } }"),
    (Relation.HAS_MICRO_JOURNEY, Kind.JOURNEY, "parents { key }"),
    (Relation.HAS_STEP, Kind.STEP, "journey { key }"),
    (Relation.IMPROVES, Kind.JOURNEY, "opportunities { nodes { key } }"),
    (Relation.IMPROVES, Kind.STEP, "opportunities { nodes { key } }"),
    (Relation.ADDRESSES, Kind.OPPORTUNITY, "solutions { nodes { key } }"),
    (Relation.ANCHORED_ON, Kind.GOAL, "objectives { nodes { key } }"),
    (Relation.ANCHORED_ON, Kind.JOURNEY, "objectives { nodes { key } }"),
    (Relation.ANCHORED_ON, Kind.OPPORTUNITY, "objectives { nodes { key } }"),
    (Relation.ANCHORED_ON, Kind.SOLUTION, "objectives { nodes { key } }"),
    (Relation.SEEN_IN, Kind.JOURNEY, "insights { nodes { key } }"),
    (Relation.SEEN_IN, Kind.STEP, "insights { nodes { key } }"),
    (Relation.SUPPORTS, Kind.OPPORTUNITY, "insights { nodes { key } }"),
    (Relation.SUPPORTS, Kind.OBJECTIVE, "insights { nodes { key } }"),
    (Relation.MEASURES, Kind.GOAL, "metrics { nodes { key } }"),
    (Relation.MEASURES, Kind.JOURNEY, "metrics { nodes { key } }"),
    (Relation.MEASURES, Kind.STEP, "metrics { nodes { key } }"),
    (Relation.MEASURES, Kind.OPPORTUNITY, "metrics { nodes { key } }"),
    (Relation.MEASURES, Kind.SOLUTION, "metrics { nodes { key } }"),
    (Relation.DRIVES, Kind.METRIC, "drivenBy { nodes { key } }"),
    (Relation.ALIGNED_WITH, Kind.OBJECTIVE, "alignedFrom { nodes { key } }"),
    (Relation.OWNS, Kind.OBJECTIVE, "owners { team { key } }"),
    (Relation.CONTRIBUTES_TO, Kind.OBJECTIVE, "children { nodes { key } }"),
]


def keys_in(answer: Json) -> set[str]:
    """Gather every key anywhere in an answer."""
    return set(re.findall(r'"key": "([^"]*)"', json.dumps(answer)))


def links_of(relation: Relation) -> Iterable[Link]:
    return (link for links in norrhavn().atlas.outgoing[relation].values() for link in links)


def key_of(node: NodeId) -> str:
    return norrhavn().atlas.nodes[node].key


async def followed(api: Api, kind: Kind, field: str) -> dict[str, set[str]]:
    """Follow a field from every node of a kind; give the keys found by the node's key."""
    nodes = f"{LISTS[kind]}(first: 200) {{ nodes {{ node: key {field} }} }}"
    data = await api.ask(f"{{ atlas {{ {nodes} }} }}")
    return {each.pop("node"): keys_in(each) for each in data["atlas"][LISTS[kind]]["nodes"]}


@pytest.mark.parametrize(("relation", "source", "target", "field"), FORWARDS)
async def test_every_link_is_followed_to_its_target(
    api: Api, relation: Relation, source: Kind, target: Kind | None, field: str
) -> None:
    found = await followed(api, source, field)

    wanted: dict[str, set[str]] = {key: set() for key in found}
    for link in links_of(relation):
        if target in (None, norrhavn().atlas.nodes[link.target].kind):
            wanted[key_of(link.source)].add(key_of(link.target))
    assert found == wanted


@pytest.mark.parametrize(("relation", "target", "field"), BACKWARDS)
async def test_every_link_is_followed_back_to_its_source(
    api: Api, relation: Relation, target: Kind, field: str
) -> None:
    found = await followed(api, target, field)

    wanted: dict[str, set[str]] = {key: set() for key in found}
    for link in links_of(relation):
        if norrhavn().atlas.nodes[link.target].kind is target:
            wanted[key_of(link.target)].add(key_of(link.source))
    assert found == wanted


def test_no_legal_link_is_left_out_of_these_tables() -> None:
    forwards = {(relation, source) for relation, source, _, _ in FORWARDS}
    backwards = {(relation, target) for relation, target, _ in BACKWARDS}

    assert forwards == {(r, source) for r, rule in RULES.items() for source in rule.sources}
    assert backwards == {(r, target) for r, rule in RULES.items() for target in rule.targets}


@pytest.mark.parametrize(
    ("field", "key", "title"),
    [
        ("goal", "BG1", "Be the most trusted partner in personal financial management"),
        ("journey", "MJ1", "Securing a mortgage"),
        ("insight", "I3", "You already have my salary, why ask"),
        ("metric", "MT-TRUST", "Trust index"),
        ("objective", "O2", "A mortgage without suspense"),
        ("cycle", "Q4-26", "Fourth quarter 2026"),
        ("team", "home-lending", "Home Lending"),
        ("member", "ingrid-solberg", "Ingrid Solberg"),
        ("persona", "remortgager", "Remortgager"),
        ("connection", "slow", "A source that answers after 8 seconds"),
    ],
)
async def test_a_node_is_looked_up_by_its_key(api: Api, field: str, key: str, title: str) -> None:
    data = await api.ask(
        f"""query($key: String!) {{ atlas {{
        found: {field}(key: $key) {{ __typename key title }}
        other: {field}(key: "nobody") {{ key }} }} }}""",
        key=key,
    )

    typename = field.capitalize()
    found = {"__typename": typename, "key": key, "title": title}
    assert data == {"atlas": {"found": found, "other": None}}


async def test_a_key_of_another_kind_finds_nothing(api: Api) -> None:
    assert await api.ask('{ atlas { goal(key: "MJ1") { key } } }') == {"atlas": {"goal": None}}


async def test_the_roots_say_whose_atlas_it_is(api: Api) -> None:
    data = await api.ask(
        """{ viewer { isAnonymous organization { key } }
        organization { key title timeZone currency statusPolicy statusParameters { name } }
        atlas { revision asOf knownAt cycleAsked { key } } }"""
    )

    assert data == {
        "viewer": {"isAnonymous": True, "organization": {"key": "norrhavn"}},
        "organization": {
            "key": "norrhavn",
            "title": "Norrhavn Bank",
            "timeZone": "Europe/Oslo",
            "currency": "NOK",
            "statusPolicy": "pace-ratio",
            "statusParameters": [],
        },
        "atlas": {"revision": 1, "asOf": "2026-11-22", "knownAt": None, "cycleAsked": None},
    }


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        pytest.param("businessGoals", ["BG1", "BG2", "BG3"], id="the North Stars"),
        pytest.param("journeys(level: MACRO)", ["MJ1", "MJ2", "MJ3", "MJ4", "MJ5"], id="macro"),
        pytest.param(
            "insights(kind: GAIN)", ["I10", "I5"], id="what helps (keys are in order of text)"
        ),
        pytest.param("solutions(kind: POLICY)", ["S3"], id="policies"),
        pytest.param('objectives(cycle: "Q3-26")', ["O8"], id="of a quarter"),
        pytest.param('keyResults(cycle: "Q3-26")', ["O8-KR1"], id="key results of a quarter"),
    ],
)
async def test_a_list_may_be_narrowed(api: Api, field: str, keys: list[str]) -> None:
    data = await api.ask(f"{{ atlas {{ found: {field} {{ nodes {{ key }} }} }} }}")

    assert [node["key"] for node in data["atlas"]["found"]["nodes"]] == keys


async def test_a_year_holds_the_objectives_of_its_quarters(api: Api) -> None:
    document = """query($inside: Boolean!) { atlas { cycle(key: "FY26") {
        children { key } objectives(includeInside: $inside) { nodes { key } } } } }"""

    whole = (await api.ask(document, inside=True))["atlas"]["cycle"]
    own = (await api.ask(document, inside=False))["atlas"]["cycle"]

    assert {"O1", "O3", "O8"} <= keys_in(whole["objectives"])
    assert keys_in(own["objectives"]) == {"O1", "O2", "O7"}
    assert keys_in(own["children"]) == {"Q3-26", "Q4-26"}


async def test_the_atlass_cycle_carries_to_everything_beneath_it(api: Api) -> None:
    data = await api.ask(
        """{ atlas(cycle: "Q3-26") { cycleAsked { key } objectives { nodes { key } }
        opportunity(key: "OP1") { objectives { nodes { key } } progress { own { value } }
        outcome { value } now: progress(cycle: "Q4-26") { own { objectives { key } } } } } }"""
    )

    assert data == {
        "atlas": {
            "cycleAsked": {"key": "Q3-26"},
            "objectives": {"nodes": [{"key": "O8"}]},
            "opportunity": {
                "objectives": {"nodes": [{"key": "O8"}]},
                "progress": {"own": {"value": 0.7}},
                "outcome": {"value": 0.7},
                "now": {"own": {"objectives": [{"key": "O3"}]}},
            },
        }
    }


async def test_each_root_field_reads_the_atlas_that_it_asked_for(api: Api) -> None:
    data = await api.ask(
        """{ then: atlas(asOf: "2026-10-31") { ...A } now: atlas { ...A } }
        fragment A on Atlas { asOf objective(key: "O10") { keyResults { value { value } } } }"""
    )

    assert data["then"]["asOf"] == "2026-10-31"
    assert data["now"]["objective"] == {"keyResults": [{"value": {"value": 24.7}}]}
    assert data["then"]["objective"] != data["now"]["objective"]


async def test_the_root_fields_of_one_operation_read_a_day_once(api: Api) -> None:
    await api.ask(
        """{ a: atlas { revision } b: atlas { revision } c: atlas(asOf: "2026-10-31") { revision }
        organization { key } node(id: "x") { id } }"""
    )

    assert api.views.opened == [(None, None), (date(2026, 10, 31), None)]


async def test_a_shared_micro_journey_has_two_parents_and_a_place_under_each(api: Api) -> None:
    data = await api.ask(
        """{ atlas { journeys(level: MACRO) { nodes { microJourneys { edges {
        parent { key } position node { title } } } } } } }"""
    )

    places = [
        (edge["parent"]["key"], edge["position"])
        for journey in data["atlas"]["journeys"]["nodes"]
        for edge in journey["microJourneys"]["edges"]
        if edge["node"]["title"] == "Proving who I am"
    ]
    assert places == [("MJ1", 5), ("MJ4", 1)]


async def test_what_lies_beneath_a_journey_comes_when_asked_for(api: Api) -> None:
    data = await api.ask(
        """{ atlas { journey(key: "MJ1") {
        own: insights { nodes { key } } all: insights(includeBeneath: true) { nodes { key } }
        mine: opportunities { nodes { key } }
        every: opportunities(includeBeneath: true) { nodes { key } } } } }"""
    )

    journey = data["atlas"]["journey"]
    assert keys_in(journey["own"]) == {"I4", "I10"}
    assert keys_in(journey["all"]) >= {"I1", "I4", "I6", "I10", "I11"}
    assert keys_in(journey["mine"]) == {"OP4"}
    assert keys_in(journey["every"]) == {"OP1", "OP2", "OP3", "OP4", "OP5", "OP9"}


async def test_an_archived_node_is_hidden_from_lists_and_shown_by_its_key() -> None:
    bank = norrhavn()
    node = bank.atlas.nodes[bank.atlas.by_key["BG3"]]
    archived = replace(node, archived_at=NOW)
    atlas = build_atlas(
        bank.atlas.organization,
        2,
        [archived if each is node else each for each in bank.atlas.nodes.values()],
        [link for relation in Relation for link in links_of(relation)],
    )

    data = await an_api(atlas, bank.observations).ask(
        """{ atlas { businessGoals { nodes { key } }
        all: goals(includeArchived: true, kind: BUSINESS, first: 3) { nodes { key } }
        journey(key: "MJ3") { goals(kind: BUSINESS) { nodes { key } } }
        goal(key: "BG3") { archivedAt } } }"""
    )

    assert keys_in(data["atlas"]["businessGoals"]) == {"BG1", "BG2"}
    assert keys_in(data["atlas"]["all"]) == {"BG1", "BG2", "BG3"}
    assert "BG3" not in keys_in(data["atlas"]["journey"])
    assert data["atlas"]["goal"] == {"archivedAt": "2026-11-22T12:00:00+00:00"}


async def test_an_insights_evidence_comes_whole(api: Api) -> None:
    data = await api.ask(
        """{ atlas { insight(key: "I1") { kind aspects importance personas { key }
        evidence { source quote url date sampleSize } journeys { nodes { key } } } } }"""
    )

    assert data == {
        "atlas": {
            "insight": {
                "kind": "PAIN",
                "aspects": ["PERCEPTION", "EMOTION"],
                "importance": 4,
                "personas": [{"key": "self-employed"}],
                "evidence": [
                    {
                        "source": "CUSTOMER_RESEARCH",
                        "quote": "I have eleven folders and not one is called proof of income.",
                        "url": None,
                        "date": "2026-05-19",
                        "sampleSize": 14,
                    },
                    {
                        "source": "VOICE_OF_CUSTOMER",
                        "quote": "Which year do you mean? You ask for three and show two boxes.",
                        "url": None,
                        "date": "2026-07-03",
                        "sampleSize": 212,
                    },
                ],
                "journeys": {"nodes": [{"key": "INCOME"}]},
            }
        }
    }


async def test_who_answers_for_a_node(api: Api) -> None:
    data = await api.ask(
        """{ atlas { metric(key: "MT-TRUST") { owner { key members { key } }
        accountable { title team { key } } contributors { key } labels customFields version
        createdAt updatedAt archivedAt url } } }"""
    )

    assert data["atlas"]["metric"] == {
        "owner": {"key": "data-insight", "members": [{"key": "linh-tran"}]},
        "accountable": {"title": "Linh Tran", "team": {"key": "data-insight"}},
        "contributors": [],
        "labels": [],
        "customFields": {},
        "version": 1,
        "createdAt": "2026-11-22T12:00:00+00:00",
        "updatedAt": "2026-11-22T12:00:00+00:00",
        "archivedAt": None,
        "url": "https://atlas.test/MT-TRUST",
    }


async def test_shares_weigh_what_a_teams_objectives_come_to(api: Api) -> None:
    data = await api.ask(
        """{ atlas { team(key: "identity-documents") {
        objectives { share given objective { key unallocatedShare progress { value } } }
        progress(cycle: "Q4-26") { value dataCoverage explain { weights { weight } } } } } }"""
    )

    team = data["atlas"]["team"]
    owned = {each["objective"]["key"]: each for each in team["objectives"]}
    assert owned["O3"]["share"] == owned["O3"]["given"] == 0.4
    assert owned["O3"]["objective"]["unallocatedShare"] == 0
    quarter = [each for key, each in owned.items() if key in ("O3", "O4", "O5", "O10", "O11")]
    weighted = sum(each["share"] * each["objective"]["progress"]["value"] for each in quarter)
    assert team["progress"]["value"] == pytest.approx(
        weighted / sum(each["share"] for each in quarter)
    )


async def test_connections_name_their_connectors_and_sources_their_faults(api: Api) -> None:
    data = await api.ask(
        """{ connectors { key version error { reason } }
        atlas { connection(key: "broken") { connectorKey connector { key }
        sources { key state askedAt error { code fault message } metric { key } } } } }"""
    )

    assert {"csv", "rehearsal"} <= {each["key"] for each in data["connectors"]}
    connection = data["atlas"]["connection"]
    assert connection["connectorKey"] == connection["connector"]["key"] == "rehearsal"
    assert [(each["state"], each["askedAt"], each["error"]) for each in connection["sources"]] == [
        (
            "FAILING",
            None,
            {"code": "TRANSIENT_ERROR", "fault": "vendor", "message": "It timed out."},
        )
    ]
