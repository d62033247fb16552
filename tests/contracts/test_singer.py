"""What a tap is told by its catalog, and what it tells by its messages."""

import json
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from journey_atlas_sdk import ConfigError, ConnectorError, DataError
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.singer_catalog import Catalog
from journey_atlas_sdk.singer_messages import LatestRecords, told_of

Json = Any  # Any: JSON

SCHEMA: Json = {"type": "SCHEMA", "stream": "answers", "schema": {}, "key_properties": ["id"]}
STATE: Json = {"type": "STATE", "value": {}}


def a_record(id: int | None, score: int, stream: str = "answers") -> Json:  # noqa: A002 -- the column's name
    return {"type": "RECORD", "stream": stream, "record": {"id": id, "score": score}}


def written(*messages: Json) -> list[bytes]:
    return [each if isinstance(each, bytes) else json.dumps(each).encode() for each in messages]


def scores(*messages: Json, most: int = 100) -> list[Json]:
    """Give the scores that are left of some messages about answers."""
    with closing(LatestRecords(most)) as latest:
        latest.keep(told_of({"answers"}, written(*messages)))
        return [row.cells["score"] for row in latest.rows("answers", ["score"])]


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        pytest.param([STATE, SCHEMA, a_record(1, 7)], [7], id="STATE comes before SCHEMA"),
        pytest.param([SCHEMA, a_record(1, 7), a_record(2, 8)], [7, 8], id="no STATE comes"),
        pytest.param(
            [SCHEMA, a_record(1, 7), a_record(2, 8), a_record(1, 9)],
            [9, 8],
            id="the newest of each key counts",
        ),
        pytest.param(
            [{**SCHEMA, "key_properties": list[str]()}, a_record(1, 7), a_record(1, 7)],
            [7, 7],
            id="without a key each counts",
        ),
        pytest.param([a_record(1, 7), a_record(1, 7)], [7, 7], id="without a SCHEMA each counts"),
        pytest.param(
            [{**SCHEMA, "key_properties": None}, a_record(1, 7)], [7], id="null is no key"
        ),
        pytest.param(
            [{**SCHEMA, "type": "Schema"}, {**a_record(1, 7), "type": "record"}, b"", b" \t"],
            [7],
            id="capitals and blank lines don't matter",
        ),
        pytest.param(
            [SCHEMA, {**SCHEMA, "stream": "users"}, a_record(1, 7), a_record(2, 8, "users")],
            [7],
            id="other streams are passed over",
        ),
        pytest.param(
            [SCHEMA, a_record(1, 7), {"type": "ACTIVATE_VERSION", "stream": "answers"}],
            [7],
            id="what ends earlier versions ends nothing of this one",
        ),
        pytest.param([SCHEMA], [], id="a stream may be empty"),
    ],
)
def test_records_are_left(messages: list[Json], left: list[int]) -> None:
    assert scores(*messages) == left


@pytest.mark.parametrize(
    ("messages", "error", "says"),
    [
        pytest.param([b"Reading ..."], DataError, "no message of Singer's", id="a word"),
        pytest.param([b"[1]"], DataError, "no message of Singer's", id="a list"),
        pytest.param([{"stream": "answers"}], DataError, "no message", id="no type"),
        pytest.param(
            [SCHEMA, b'{"type": "RECORD", "stream": "answers", "record": {"id": NaN}}'],
            DataError,
            "no message of Singer's",
            id="a number that is none",
        ),
        pytest.param(
            [a_record(1, 7, "users")],
            ConfigError,
            "told nothing of answers, but of users",
            id="another stream",
        ),
        pytest.param(
            [a_record(1, 7, f"stream-{n:03}") for n in range(1_000)],
            ConfigError,
            r"but of stream-000, .*, stream-019\.$",
            id="very many other streams",
        ),
        pytest.param([STATE], DataError, "without a word of answers", id="nothing"),
        pytest.param(
            [SCHEMA, {"type": "RECORD", "stream": "answers", "record": {"score": 7}}],
            DataError,
            "a record without its key id",
            id="no key",
        ),
        pytest.param(
            [SCHEMA, {"type": "BATCH", "stream": "answers", "manifest": ["records.jsonl"]}],
            ConfigError,
            "take `batch_config` out",
            id="records in files",
        ),
        pytest.param(
            [SCHEMA, *(a_record(1, 7) for _ in range(101))],
            DataError,
            r"more than 100 records \(`max_records`\)",
            id="too many",
        ),
    ],
)
def test_what_cannot_be_taken_says_what_happens_next(
    messages: list[Json], error: type[ConnectorError], says: str
) -> None:
    with pytest.raises(error, match=says):
        scores(*messages)


def test_a_column_may_lie_inside_of_another_and_keeps_its_digits() -> None:
    record = (
        b'{"type": "RECORD", "stream": "answers", "record":'
        b' {"a.b": 1, "a": {"b": 2, "c": {"d": 0.1234567890123456789}}, "e": null}}'
    )

    with closing(LatestRecords(1)) as latest:
        latest.keep(told_of({"answers"}, [record]))
        [row] = latest.rows("answers", ["a.b", "a.c.d", "e.f", "g"])

    assert row.source_ref == "answers, row 1"
    assert row.cells == {
        "a.b": 1,
        "a.c.d": Decimal("0.1234567890123456789"),
        "e.f": None,
        "g": None,
    }


CATALOG = read_model(
    b"""{"version": 1, "streams": [
        {"tap_stream_id": "shop-answers", "stream": "answers", "key_properties": ["id"],
         "schema": {"properties": {"id": {"multipleOf": 0.5}, "at": {}, "who": {}, "score": {}}},
         "metadata": [
             {"breadcrumb": [], "metadata": {"valid-replication-keys": ["at"], "selected": false}},
             {"breadcrumb": ["properties", "who"], "metadata": {"sql-datatype": "text"}},
             {"breadcrumb": ["properties", "who", "properties", "team"], "metadata": {}}]},
        {"tap_stream_id": "users", "schema": {}, "metadata": [], "is_big": true},
        {"tap_stream_id": "loose", "schema": {}}]}""",
    Catalog,
)


def chosen(*columns: str, **metadata: Json) -> Json:
    """Choose columns of the answers, and read what the tap would."""
    return json.loads(CATALOG.choosing("answers", columns, metadata).written())


def marks(entry: Json) -> dict[str, bool]:
    return {
        ".".join(each["breadcrumb"]): each["metadata"]["selected"] for each in entry["metadata"]
    }


def test_one_stream_is_chosen_with_its_keys_and_the_columns_that_are_read() -> None:
    answers, users, loose = chosen("score")["streams"]

    assert marks(answers) == {
        "": True,
        "properties.at": True,
        "properties.id": True,
        "properties.score": True,
        "properties.who": False,
        "properties.who.properties.team": False,
    }
    assert marks(users) == marks(loose) == {"": False}
    assert [each["selected"] for each in (answers, users, loose)] == [True, False, False]
    assert [each["schema"]["selected"] for each in (answers, users, loose)] == [True, False, False]


def test_a_column_inside_of_another_is_chosen_with_it() -> None:
    answers = marks(chosen("who.team")["streams"][0])

    assert answers["properties.who"]
    assert answers["properties.who.properties.team"]
    assert not answers["properties.score"]


def test_what_a_catalog_says_beside_is_handed_on() -> None:
    catalog = chosen("score", **{"replication-method": "FULL_TABLE"})
    answers, users, _ = catalog["streams"]

    assert (catalog["version"], users["is_big"]) == (1, True)
    assert answers["schema"]["properties"]["id"] == {"multipleOf": 0.5}
    assert answers["metadata"][0]["metadata"] == {
        "valid-replication-keys": ["at"],
        "replication-method": "FULL_TABLE",
        "selected": True,
    }


def test_either_name_of_a_stream_leads_to_both() -> None:
    for name in ("answers", "shop-answers"):
        assert CATALOG.require(name, ["score", "who.team"]) == {"answers", "shop-answers"}
    assert CATALOG.require("loose", ["anything"]) == {"loose"}


@pytest.mark.parametrize(
    ("stream", "column", "says"),
    [
        ("orders", "id", "0 streams 'orders'; it has: loose, shop-answers, users"),
        ("answers", "mood", "answers has no column mood; it has: at, id, score, who"),
    ],
)
def test_what_a_catalog_lacks_is_named(stream: str, column: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        CATALOG.require(stream, [column])
