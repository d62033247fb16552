"""Metrics are bound to what connections deliver, if it fits, and unbound again."""

import pytest

from domain.metric import UnitKind
from domain.source import MetricSource
from journey_atlas_sdk import AuthError, MetricSpec
from tests.api.asking import Api, Json
from tests.builders import NOW, a_metric
from tests.operating.world import (
    TRUST,
    Wave,
    World,
    a_connection_of,
    a_world,
    an_api_of,
    done,
    refused,
    told,
)

BIND = """
mutation ($input: BindMetricInput!) { bindMetric(input: $input) { source { ...Source } ...Told } }
"""
UPDATE = """
mutation ($input: UpdateMetricSourceInput!) {
  updateMetricSource(input: $input) { source { ...Source } ...Told }
}
"""
UNBIND = """
mutation ($input: UnbindMetricInput!) {
  unbindMetric(input: $input) { source { ...Source } ...Told }
}
"""
REBIND = """
mutation ($input: RebindMetricInput!) {
  rebindMetric(input: $input) { source { ...Source } ...Told }
}
"""


@pytest.fixture
def world() -> World:
    derived = a_metric("MT-DERIVED", UnitKind.PERCENT, formula="{MT-TRUST} * 2")
    minutes = a_metric("MT-SCORE", UnitKind.SCORE)
    away = a_metric("MT-AWAY", UnitKind.PERCENT, archived_at=NOW)
    return a_world(derived, minutes, away)[0]


@pytest.fixture
def api(world: World) -> Api:
    return an_api_of(world)


async def a_binding(api: Api, of: str = "MT-TRUST", **given: Json) -> dict[str, Json]:
    """Give an input that binds trust, in months, to a metric."""
    listed = await api.ask("{ atlas { metrics(includeArchived: true) { nodes { id key } } } }")
    found = {node["key"]: node["id"] for node in listed["atlas"]["metrics"]["nodes"]}
    made = await a_connection_of(api)
    asked = {"metric": found[of], "connection": made["id"], "remoteMetric": "trust"}
    return {**asked, "grain": "MONTH", **given}


async def bound(api: Api, of: str = "MT-TRUST", **given: Json) -> Json:
    return (await done(api, BIND, **await a_binding(api, of, **given)))["source"]


async def test_a_metric_is_bound_to_what_fits_it(world: World, api: Api) -> None:
    source = await bound(api, breakdowns=[[], ["channel"]], precedence=2)

    assert source.pop("id")
    assert source == {
        "key": "MT-TRUST:our-surveys",
        "title": "Our surveys: trust",
        "description": None,
        "version": 1,
        "archivedAt": None,
        "remoteMetric": "trust",
        "parameters": {},
        "breakdowns": [[], ["channel"]],
        "grain": "MONTH",
        "precedence": 2,
        "state": "NEVER_SYNCED",
        "metric": {"key": "MT-TRUST"},
        "connection": {"key": "our-surveys"},
    }
    assert len(world.atlases.applied) == 2


async def test_a_binding_may_have_names_of_its_own_and_an_id_of_the_clients_making(
    api: Api,
) -> None:
    mine = "01934f3e-0000-7000-8000-000000000002"
    given = await a_binding(api, key="T", title="Trust", newId=mine)

    source = (await done(api, BIND, **given))["source"]
    again = await refused(api, BIND, **given)

    assert (source["key"], source["title"]) == ("T", "Trust")
    assert again == [("CONFLICT", ["newId"])]


async def test_a_unit_that_can_not_be_converted_exactly_is_refused_and_the_legal_ones_named(
    world: World, api: Api
) -> None:
    payload = await told(api, BIND, **await a_binding(api, "MT-SCORE"))

    [error] = payload["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_RECORD", ["metric"])
    assert error["legal"] == ["RATIO", "PERCENT"]
    assert error["message"] == (
        "The source delivers RATIO, the metric is SCORE. It can feed RATIO or PERCENT."
    )
    assert payload["source"] is None
    assert len(world.atlases.applied) == 1


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        pytest.param({"metric": "7"}, [("NOT_FOUND", ["metric"])], id="no such metric"),
        pytest.param({"connection": "7"}, [("NOT_FOUND", ["connection"])], id="no connection"),
        pytest.param({"grain": "WEEK"}, [("INVALID_RECORD", ["grain"])], id="another grain"),
        pytest.param(
            {"grain": "FORTNIGHT"},
            [("INVALID_RECORD", ["grain"]), ("INVALID_RECORD", ["grain"])],
            id="no grain at all",
        ),
        pytest.param(
            {"breakdowns": []}, [("INVALID_RECORD", ["breakdowns"])], id="nothing to read it by"
        ),
        pytest.param(
            {"breakdowns": [["region"]]}, [("INVALID_RECORD", ["breakdowns"])], id="no dimension"
        ),
        pytest.param(
            {"breakdowns": [["channel", "channel"]]},
            [("INVALID_RECORD", ["breakdowns", "0"])],
            id="a dimension twice",
        ),
        pytest.param(
            {"breakdowns": [[], ["channel"], ["channel"]]},
            [("INVALID_RECORD", ["breakdowns", "2"])],
            id="a breakdown twice",
        ),
        pytest.param({"parameters": 1}, [("INVALID_RECORD", ["parameters"])], id="no object"),
        pytest.param({"key": "MT-TRUST"}, [("CONFLICT", ["key"])], id="a key that is taken"),
        pytest.param({"newId": "x"}, [("INVALID_RECORD", ["newId"])], id="an id that is none"),
    ],
)
async def test_what_can_not_be_bound_is_told(
    world: World, api: Api, given: Json, errors: Json
) -> None:
    assert await refused(api, BIND, **await a_binding(api, **given)) == errors
    assert len(world.atlases.applied) == 1


@pytest.mark.parametrize(
    ("metric", "code"),
    [("MT-DERIVED", "INVALID_RECORD"), ("MT-AWAY", "ARCHIVED")],
    ids=["derived", "archived"],
)
async def test_some_metrics_take_no_source(api: Api, metric: str, code: str) -> None:
    assert await refused(api, BIND, **await a_binding(api, metric)) == [(code, ["metric"])]


async def test_parameters_are_held_against_what_the_metric_takes(world: World, api: Api) -> None:
    wave = MetricSpec(key="trust", title="Trust", unit=TRUST.unit, parameters=Wave)
    world.specs = [wave]

    errors = await refused(api, BIND, **await a_binding(api, parameters={"wave": "last", "x": 1}))

    assert errors == [
        ("INVALID_RECORD", ["parameters", "wave"]),
        ("INVALID_RECORD", ["parameters", "x"]),
    ]


async def test_what_the_source_can_not_tell_is_not_bound(world: World, api: Api) -> None:
    async def refuses(token: str) -> None:
        message = f"No {type(token).__name__}."
        raise AuthError(message)

    given = await a_binding(api)
    world.script = refuses

    assert await refused(api, BIND, **given) == [("AUTH_ERROR", [])]


async def test_a_metric_that_the_source_does_not_list_is_taken_as_it_comes(api: Api) -> None:
    source = await bound(api, "MT-SCORE", remoteMetric="unlisted")

    assert source["remoteMetric"] == "unlisted"


async def test_only_what_is_given_changes(api: Api) -> None:
    source = await bound(api)

    changed = await done(
        api, UPDATE, id=source["id"], version=1, precedence=3, breakdowns=[["channel"]]
    )

    assert changed["source"] == {
        **source,
        "precedence": 3,
        "breakdowns": [["channel"]],
        "version": 2,
    }


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        pytest.param({"title": None}, [("INVALID_RECORD", ["title"])], id="no title"),
        pytest.param({"key": "MT-TRUST"}, [("CONFLICT", ["key"])], id="a key that is taken"),
        pytest.param({"parameters": [1]}, [("INVALID_RECORD", ["parameters"])], id="no object"),
        pytest.param(
            {"breakdowns": [["region"]]}, [("INVALID_RECORD", ["breakdowns"])], id="no dimension"
        ),
        pytest.param({"id": "7"}, [("NOT_FOUND", ["id"])], id="no such source"),
        pytest.param({"version": 7}, [("STALE_VERSION", ["version"])], id="a stale version"),
    ],
)
async def test_a_change_that_can_not_be_is_told(api: Api, given: Json, errors: Json) -> None:
    source = await bound(api)

    assert await refused(api, UPDATE, **{"id": source["id"], "version": 1, **given}) == errors


async def test_a_source_is_unbound_and_bound_again(world: World, api: Api) -> None:
    source = await bound(api)
    sources = '{ atlas { connection(key: "our-surveys") { sources { key } } } }'

    away = await done(api, UNBIND, id=source["id"], version=1)
    hidden = await api.ask(sources)
    stale = await told(api, UNBIND, id=source["id"], version=1)
    back = await done(api, REBIND, id=source["id"], version=2)

    assert away["source"]["archivedAt"] == NOW.isoformat()
    assert hidden["atlas"]["connection"]["sources"] == []
    assert stale["userErrors"][0]["code"] == "STALE_VERSION"
    assert stale["source"] == away["source"]
    assert back["source"] == {**source, "version": 3}
    assert isinstance(world.atlas.nodes[world.atlas.by_key[source["key"]]], MetricSource)
