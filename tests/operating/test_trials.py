"""Connections are tried out, listed and looked at, and nothing of it is kept."""

import asyncio
from datetime import timedelta

import pytest

from api.execution.limits import Limits
from journey_atlas_sdk import AuthError, MetricSpec, RateLimited
from tests.api.asking import Api, Json
from tests.operating.test_connections import ARCHIVE
from tests.operating.world import (
    CANARY,
    World,
    a_connection_of,
    a_world,
    an_api_of,
    done,
    refused,
    told,
)

TEST = """
mutation ($input: TestConnectionInput!) {
  testConnection(input: $input) {
    check { ok seconds error { code fault message advice retryAt } } ...Told
  }
}
"""
DISCOVER = """
mutation ($input: DiscoverMetricsInput!) {
  discoverMetrics(input: $input) {
    metrics {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { key title unit aggregation grains dimensions minimum parametersSchema }
    }
    ...Told
  }
}
"""
PREVIEW = """
mutation ($input: PreviewMetricInput!) {
  previewMetric(input: $input) {
    preview {
      spec { key unit } start end isCut
      observations { start end value sampleSize state dimensions { name value } }
    }
    ...Told
  }
}
"""
NEW = {
    "connector": "surveys",
    "settings": {"url": "https://surveys.test"},
    "secrets": [{"name": "token", "source": {"value": CANARY}}],
}


@pytest.fixture
def world() -> World:
    return a_world()[0]


@pytest.fixture
def api(world: World) -> Api:
    return an_api_of(world)


async def refuses(token: str) -> None:
    message = f"The source doesn't know {'us' if token else 'anybody'}."
    raise AuthError(message)


async def test_settings_are_tried_before_they_are_stored(world: World, api: Api) -> None:
    seen: list[str] = []

    async def listen(token: str) -> None:
        seen.append(token)

    world.script = listen
    payload = await done(api, TEST, **NEW)

    assert payload["check"]["ok"] is True
    assert payload["check"]["error"] is None
    assert seen == [CANARY]
    assert (payload["revision"], world.atlases.applied) == (1, [])


async def test_a_stored_connection_is_tried_as_it_is_or_with_another_secret(
    world: World, api: Api
) -> None:
    seen: list[str] = []

    async def listen(token: str) -> None:
        seen.append(token)

    made, world.script = await a_connection_of(api), listen

    await done(api, TEST, id=made["id"])
    await done(api, TEST, id=made["id"], secrets=[{"name": "token", "source": {"value": "other"}}])
    await done(api, TEST, id=made["id"])

    assert seen == [CANARY, "other", CANARY]


async def test_a_stored_secret_is_not_tried_at_another_place(api: Api) -> None:
    made = await a_connection_of(api)
    elsewhere = {"url": "https://thief.test"}

    errors = await refused(api, TEST, id=made["id"], settings=elsewhere)

    assert errors == [("SECRETS_NEEDED", ["secrets"])]


async def test_a_failure_tells_whose_fault_it_is_and_what_to_do(world: World, api: Api) -> None:
    world.script = refuses

    payload = await done(api, TEST, **NEW)

    assert payload["check"]["ok"] is False
    assert payload["check"]["error"] == {
        "code": "AUTH_ERROR",
        "fault": "CUSTOMER",
        "message": "The source doesn't know us.",
        "advice": "Give the connection credentials that the source accepts.",
        "retryAt": None,
    }


async def test_a_source_that_wants_to_be_left_alone_says_until_when(world: World, api: Api) -> None:
    async def later(token: str) -> None:
        del token
        raise RateLimited(retry_after=timedelta(minutes=1))

    world.script = later

    error = (await done(api, TEST, **NEW))["check"]["error"]

    assert (error["code"], error["fault"]) == ("RATE_LIMITED", "VENDOR")
    assert error["retryAt"] == "2026-11-22T12:01:00+00:00"


async def test_a_source_that_keeps_silent_is_waited_for_no_longer_than_the_operation(
    world: World,
) -> None:
    async def silent(token: str) -> None:
        del token
        await asyncio.Event().wait()

    world.script = silent

    payload = await done(an_api_of(world, limits=Limits(operation_seconds=0.2)), TEST, **NEW)

    assert payload["check"]["error"]["code"] == "TRANSIENT_ERROR"
    assert 0.1 < payload["check"]["seconds"] < 0.2


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        pytest.param({}, [("INVALID_RECORD", ["id"])], id="neither stored nor new"),
        pytest.param({**NEW, "id": "7"}, [("INVALID_RECORD", ["id"])], id="both"),
        pytest.param({"id": "7"}, [("NOT_FOUND", ["id"])], id="no such connection"),
        pytest.param(
            {**NEW, "settings": {}}, [("INVALID_RECORD", ["settings", "url"])], id="settings"
        ),
    ],
)
async def test_what_can_not_be_tried_is_told(api: Api, given: Json, errors: Json) -> None:
    assert await refused(api, TEST, **given) == errors


async def test_what_a_source_offers_is_listed_with_all_that_a_binding_needs(api: Api) -> None:
    made = await a_connection_of(api)

    metrics = (await done(api, DISCOVER, connection=made["id"]))["metrics"]

    assert metrics["totalCount"] == 2
    assert metrics["nodes"][0] == {
        "key": "trust",
        "title": "Trust",
        "unit": "RATIO",
        "aggregation": "MEAN",
        "grains": ["MONTH"],
        "dimensions": ["channel"],
        "minimum": None,
        "parametersSchema": None,
    }


async def test_a_long_list_comes_in_pages_and_is_asked_for_once(world: World, api: Api) -> None:
    made = await a_connection_of(api)
    world.specs = [MetricSpec(key=f"m{number:03}", title="M") for number in range(120)]
    keys, pages, after = list[str](), list[Json](), None

    for _ in range(3):
        page = (await done(api, DISCOVER, connection=made["id"], first=50, after=after))["metrics"]
        keys += [node["key"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        pages.append(page)

    assert keys == [spec.key for spec in world.specs]
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, True, False]
    assert world.listed == 1


@pytest.mark.parametrize("document", [DISCOVER, PREVIEW], ids=["list", "look"])
async def test_the_source_of_an_archived_connection_is_asked_nothing(
    world: World, api: Api, document: str
) -> None:
    made = await a_connection_of(api)
    await done(api, ARCHIVE, id=made["id"], version=1)
    more = {} if document == DISCOVER else {"remoteMetric": "trust", "grain": "MONTH"}

    errors = await refused(api, document, connection=made["id"], **more)

    assert errors == [("ARCHIVED", ["connection"])]
    assert (world.asked, world.listed) == ([], 0)


async def test_a_list_can_be_searched(api: Api) -> None:
    made = await a_connection_of(api)

    found = (await done(api, DISCOVER, connection=made["id"], text="BRANCH"))["metrics"]

    assert [node["key"] for node in found["nodes"]] == ["visits"]


async def test_a_list_that_can_not_be_had_is_told_by_its_failure(world: World, api: Api) -> None:
    made, world.script = await a_connection_of(api), refuses

    payload = await told(api, DISCOVER, connection=made["id"])

    assert payload["metrics"] is None
    assert [error["code"] for error in payload["userErrors"]] == ["AUTH_ERROR"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"connection": "7"}, "NOT_FOUND", id="no such connection"),
        pytest.param({"first": 201}, "BAD_USER_INPUT", id="too large a page"),
        pytest.param({"after": "x"}, "BAD_USER_INPUT", id="no cursor of this list"),
    ],
)
async def test_a_list_that_makes_no_sense_is_refused(api: Api, given: Json, code: str) -> None:
    made = await a_connection_of(api)

    errors = await refused(api, DISCOVER, **{"connection": made["id"], **given})

    assert [error[0] for error in errors] == [code]


async def test_a_metric_is_looked_at_in_the_source_s_own_unit(world: World, api: Api) -> None:
    made = await a_connection_of(api)
    stretch = {"from": "2026-09-01", "to": "2026-10-31"}

    preview = (
        await done(
            api,
            PREVIEW,
            connection=made["id"],
            remoteMetric="trust",
            grain="MONTH",
            breakdown=["channel"],
            **stretch,
        )
    )["preview"]

    assert preview["spec"] == {"key": "trust", "unit": "RATIO"}
    assert preview["isCut"] is False
    assert preview["observations"][0] == {
        "start": "2026-08-31T22:00:00+00:00",
        "end": "2026-09-30T22:00:00+00:00",
        "value": "0.01",
        "sampleSize": 1,
        "state": "FINAL",
        "dimensions": [{"name": "channel", "value": "online"}],
    }
    assert [request.reason for request in world.asked] == ["CHECK"]
    assert (world.atlas.revision, len(world.atlases.applied)) == (2, 1)


async def test_a_metric_of_the_atlas_lends_its_unit(api: Api) -> None:
    made = await a_connection_of(api)
    metric = (await api.ask('{ atlas { metric(key: "MT-TRUST") { id } } }'))["atlas"]["metric"]
    asked = {"connection": made["id"], "remoteMetric": "trust", "grain": "MONTH"}

    preview = (await done(api, PREVIEW, **asked, metric=metric["id"]))["preview"]

    assert preview["observations"][0]["value"] == "1.00"  # a ratio of 0.01, in percent


async def test_a_look_shows_no_more_than_the_newest_hundred(api: Api) -> None:
    made = await a_connection_of(api)
    asked = {"connection": made["id"], "remoteMetric": "visits", "grain": "DAY"}

    preview = (await done(api, PREVIEW, **asked, **{"from": "2026-01-01"}))["preview"]

    assert preview["isCut"] is True
    assert len(preview["observations"]) == 100
    assert preview["observations"][-1]["end"] == "2026-11-22T23:00:00+00:00"


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        pytest.param({"connection": "7"}, "NOT_FOUND", ["connection"], id="no connection"),
        pytest.param({"metric": "7"}, "NOT_FOUND", ["metric"], id="no metric"),
        pytest.param({"grain": "FORTNIGHT"}, "INVALID_RECORD", ["grain"], id="no grain"),
        pytest.param(
            {"parameters": [1]}, "INVALID_RECORD", ["parameters"], id="parameters no object"
        ),
        pytest.param(
            {"from": "2026-11-02", "to": "2026-11-01"}, "INVALID_RECORD", ["from"], id="backwards"
        ),
        pytest.param(
            {"from": "2030-01-01", "to": "2030-02-01"}, "INVALID_RECORD", ["from"], id="to come"
        ),
        pytest.param({"remoteMetric": "trsut"}, "UNKNOWN_METRIC", [], id="no such metric"),
    ],
)
async def test_what_can_not_be_looked_at_is_told(
    api: Api, given: Json, code: str, path: list[str]
) -> None:
    made = await a_connection_of(api)
    asked = {"connection": made["id"], "remoteMetric": "trust", "grain": "MONTH", **given}

    assert await refused(api, PREVIEW, **asked) == [(code, path)]
