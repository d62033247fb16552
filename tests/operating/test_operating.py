"""Sources are read on order, observations are taken in, connectors switched off and on."""

from decimal import Decimal

import pytest

from domain.metric import UnitKind
from domain.source import MetricSource
from storage.jobs.records import JobState, Lane
from tests.api.asking import Api, Json
from tests.builders import NOW, a_connection, a_metric, a_source
from tests.operating.world import World, a_world, an_api_of, done, refused, told

SYNC = """
mutation ($input: SyncNowInput!) {
  syncNow(input: $input) { jobs { ...Job } ...Told }
}
"""
BACKFILL = """
mutation ($input: StartBackfillInput!) {
  startBackfill(input: $input) { jobs { ...Job } ...Told }
}
"""
CANCEL = """
mutation ($input: CancelBackfillInput!) {
  cancelBackfill(input: $input) { job { ...Job } ...Told }
}
"""
RECORD = """
mutation ($input: RecordObservationsInput!) {
  recordObservations(input: $input) {
    recorded { new revised unchanged wasKnown } source { key } ...Told
  }
}
"""
SWITCH = """
mutation ($input: SetConnectorEnabledInput!) {
  setConnectorEnabled(input: $input) { connector { key off { reason at } } ...Told }
}
"""
IDS = """
{ atlas { connections(includeArchived: true) { nodes { id key sources { id key } } }
          metric(key: "MT-OLD") { sources { id key } } } }
"""


@pytest.fixture
def world() -> World:
    surveys = a_connection("surveys", connector="surveys", settings={"url": "u"})
    inbox, away = (
        a_connection("inbox", connector="inbox"),
        a_connection("away", connector="surveys", archived_at=NOW),
    )
    empty = a_connection("empty", connector="surveys")
    metrics = [a_metric(key, UnitKind.PERCENT) for key in ("MT-1", "MT-2", "MT-OLD")]
    sources = [
        a_source("MT-1", "surveys"),
        a_source("MT-2", "surveys"),
        a_source("MT-1", "inbox"),
        a_source("MT-2", "away"),
        a_source("MT-OLD", "inbox", archived_at=NOW),
    ]
    return a_world(surveys, inbox, away, empty, *metrics, *sources)[0]


@pytest.fixture
def api(world: World) -> Api:
    return an_api_of(world)


async def ids(api: Api) -> dict[str, str]:
    data = (await api.ask(IDS))["atlas"]
    connections = data["connections"]["nodes"]
    nodes = [*connections, *(each for one in connections for each in one["sources"])]
    return {node["key"]: node["id"] for node in nodes}


async def test_a_connection_is_read_at_once_a_job_for_each_of_its_sources(
    world: World, api: Api
) -> None:
    connection = (await ids(api))["surveys"]

    jobs = (await done(api, SYNC, of={"connection": connection}))["jobs"]
    again = (await done(api, SYNC, of={"connection": connection}))["jobs"]

    assert [job.pop("id") for job in jobs] == [job.pop("id") for job in again]
    assert jobs[0] == {
        "kind": "SYNC",
        "state": "QUEUED",
        "source": {"key": "MT-1:surveys"},
        "progress": None,
        "reason": None,
        "isCancelled": False,
        "failures": 0,
        "createdAt": NOW.isoformat(),
        "startedAt": None,
        "finishedAt": None,
    }
    assert [job["source"]["key"] for job in jobs] == ["MT-1:surveys", "MT-2:surveys"]
    lanes = {job.lane for job in world.operated.jobs_made.jobs.values()}
    assert lanes == {Lane.INTERACTIVE}


async def test_one_source_is_read_alone_and_its_job_found_again(api: Api) -> None:
    source = (await ids(api))["MT-2:surveys"]

    [job] = (await done(api, SYNC, of={"source": source}))["jobs"]
    found = await api.ask("query ($id: ID!) { syncJob(id: $id) { id state } }", id=job["id"])

    assert job["source"] == {"key": "MT-2:surveys"}
    assert found["syncJob"] == {"id": job["id"], "state": "QUEUED"}
    for other in (source, "7"):
        none = await api.ask("query ($id: ID!) { syncJob(id: $id) { id } }", id=other)
        assert none["syncJob"] is None


@pytest.mark.parametrize("document", [SYNC, BACKFILL], ids=["sync", "backfill"])
@pytest.mark.parametrize(
    ("of", "error"),
    [
        pytest.param({"connection": "away"}, ("ARCHIVED", ["of", "connection"]), id="put away"),
        pytest.param({"source": "MT-2:away"}, ("ARCHIVED", ["of", "source"]), id="its source"),
        pytest.param(
            {"connection": "empty"}, ("INVALID_RECORD", ["of", "connection"]), id="feeds nothing"
        ),
        pytest.param({"connection": "7"}, ("NOT_FOUND", ["of", "connection"]), id="no connection"),
        pytest.param({"source": "7"}, ("NOT_FOUND", ["of", "source"]), id="no source"),
    ],
)
async def test_what_can_not_be_read_is_told(
    world: World, api: Api, document: str, of: dict[str, str], error: Json
) -> None:
    known = await ids(api)
    given: Json = {"of": {name: known.get(key, key) for name, key in of.items()}}
    more = {} if document == SYNC else {"since": "2026-01-01"}

    assert await refused(api, document, **given, **more) == [error]
    assert world.operated.jobs_made.jobs == {}


async def test_the_past_is_filled_in_and_that_can_be_ended(world: World, api: Api) -> None:
    source = (await ids(api))["MT-1:surveys"]

    [job] = (await done(api, BACKFILL, of={"source": source}, since="2025-01-01"))["jobs"]
    ended = (await done(api, CANCEL, job=job["id"]))["job"]

    [kept] = world.operated.jobs_made.jobs.values()
    assert (job["kind"], kept.lane) == ("BACKFILL", Lane.BACKFILL)
    assert kept.data["start"] == "2024-12-31T23:00:00+00:00"  # the day's beginning in Oslo
    assert (ended["state"], ended["isCancelled"]) == ("CANCELLED", True)
    assert kept.state is JobState.CANCELLED


async def test_a_backfill_that_makes_no_sense_is_refused(api: Api) -> None:
    known = await ids(api)
    surveys, inbox = {"source": known["MT-1:surveys"]}, {"source": known["MT-1:inbox"]}

    assert await refused(api, BACKFILL, of=surveys, since="2027-01-01") == [("REFUSED", ["since"])]
    assert await refused(api, BACKFILL, of=inbox, since="2026-01-01") == [("REFUSED", [])]


async def test_only_backfills_are_cancelled(api: Api) -> None:
    source = (await ids(api))["MT-1:surveys"]
    [job] = (await done(api, SYNC, of={"source": source}))["jobs"]

    assert await refused(api, CANCEL, job=job["id"]) == [("REFUSED", ["job"])]
    assert await refused(api, CANCEL, job=source) == [("NOT_FOUND", ["job"])]
    gone = job["id"][:-4] + ("AAAA" if not job["id"].endswith("AAAA") else "BBBB")
    assert [code for code, _ in await refused(api, CANCEL, job=gone)] == ["NOT_FOUND"]


ROWS: Json = {
    "start": ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"],
    "end": ["2026-11-01T00:00:00Z", "2026-11-15T00:00:00Z"],
    "value": ["41.5", None],
    "dimensions": [[], [{"name": "channel", "value": "online"}]],
    "sampleSize": [120, None],
}


async def test_observations_are_taken_in_by_column(world: World, api: Api) -> None:
    payload = await done(api, RECORD, source=(await ids(api))["MT-1:inbox"], **ROWS)

    assert payload["recorded"] == {"new": 2, "revised": 0, "unchanged": 0, "wasKnown": False}
    assert payload["source"] == {"key": "MT-1:inbox"}
    first, second = world.operated.recorder.observations
    assert (first.value, first.sample_size, first.dimensions) == (Decimal("41.5"), 120, ())
    assert (second.value, second.dimensions) == (None, (("channel", "online"),))
    assert isinstance(world.atlas.nodes[first.source], MetricSource)


async def test_the_same_rows_with_the_same_key_are_recorded_once(world: World, api: Api) -> None:
    given = {"source": (await ids(api))["MT-1:inbox"], "idempotencyKey": "k", **ROWS}

    first = await done(api, RECORD, **given)
    again = await done(api, RECORD, **given)
    other = await refused(api, RECORD, **{**given, "value": ["1", "2"]})

    assert first["recorded"]["wasKnown"] is False
    assert again["recorded"] == {**first["recorded"], "wasKnown": True}
    assert other == [("IDEMPOTENCY_KEY_REUSED", [])]
    assert len(world.operated.recorder.observations) == 2


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        pytest.param({"source": "7"}, [("NOT_FOUND", ["source"])], id="no source"),
        pytest.param(
            {"start": [], "end": [], "value": []}, [("INVALID_RECORD", ["start"])], id="none"
        ),
        pytest.param({"value": ["1"]}, [("INVALID_RECORD", ["value"])], id="a short column"),
        pytest.param(
            {"sampleSize": [-1, 3]}, [("OBSERVATIONS_REFUSED", ["0"])], id="a row that can't be"
        ),
        pytest.param(
            {"dimensions": [[], [{"name": "a", "value": "b"}, {"name": "a", "value": "c"}]]},
            [("INVALID_RECORD", ["dimensions", "1"])],
            id="a dimension twice",
        ),
        pytest.param(
            {"idempotencyKey": "a\0b"}, [("INVALID_RECORD", ["idempotencyKey"])], id="NUL"
        ),
        pytest.param(
            {"idempotencyKey": ""}, [("INVALID_RECORD", ["idempotencyKey"])], id="an empty key"
        ),
    ],
)
async def test_rows_that_can_not_be_recorded_are_told_and_none_is(
    world: World, api: Api, given: Json, errors: Json
) -> None:
    source = (await ids(api))["MT-1:inbox"]

    assert await refused(api, RECORD, **{"source": source, **ROWS, **given}) == errors
    assert world.operated.recorder.observations == []


async def test_an_archived_connection_takes_no_observations(world: World, api: Api) -> None:
    source = (await ids(api))["MT-2:away"]

    assert await refused(api, RECORD, source=source, **ROWS) == [("ARCHIVED", ["source"])]
    assert world.operated.recorder.observations == []


async def test_only_sources_that_are_pushed_take_observations(api: Api) -> None:
    payload = await told(api, RECORD, source=(await ids(api))["MT-1:surveys"], **ROWS)

    [error] = payload["userErrors"]
    assert (error["code"], error["legal"]) == ("REFUSED", ["inbox"])


async def test_a_connector_is_switched_off_with_a_reason_and_on_again(api: Api) -> None:
    listed = "{ connectors { key off { reason } } }"

    off = await done(api, SWITCH, connector="surveys", isEnabled=False, reason=" It is slow. ")
    seen = await api.ask(listed)
    shown = await api.ask('{ atlas { connection(key: "surveys") { connector { off { at } } } } }')
    on = await done(api, SWITCH, connector="surveys", isEnabled=True)

    assert off["connector"]["off"] == {"reason": "It is slow.", "at": NOW.isoformat()}
    assert seen["connectors"] == [
        {"key": "inbox", "off": None},
        {"key": "surveys", "off": {"reason": "It is slow."}},
    ]
    assert shown["atlas"]["connection"]["connector"]["off"] == {"at": NOW.isoformat()}
    assert on["connector"] == {"key": "surveys", "off": None}


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        pytest.param({"connector": "nobody"}, [("INVALID_RECORD", ["connector"])], id="unknown"),
        pytest.param({"reason": None}, [("INVALID_RECORD", ["reason"])], id="no reason"),
        pytest.param({"reason": " "}, [("INVALID_RECORD", ["reason"])], id="a blank one"),
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused(
    world: World, api: Api, given: Json, errors: Json
) -> None:
    asked = {"connector": "surveys", "isEnabled": False, "reason": "r", **given}

    assert await refused(api, SWITCH, **asked) == errors
    assert world.operated.switches.off == {}
