"""Parts of a table: limits, offsets and cursors that lose and repeat nothing, and tombstones."""

import base64
from datetime import timedelta

import pytest

from api.execution.limits import Limits
from api.tables.catalogue import TABLES
from tests.api.asking import Api, an_api, codes
from tests.api.norrhavn import norrhavn
from tests.builders import (
    NOW,
    a_connection,
    a_goal,
    a_key_result,
    a_metric,
    a_source,
    an_atlas,
    an_objective,
    an_observation,
)
from tests.tables.asking import document, rows

EARLIER = NOW - timedelta(days=10)
SINCE = (NOW - timedelta(days=1)).isoformat()

# A week of snapshots and a month of series: enough to be cut anywhere.
SHORT = {
    "keyResultSnapshotRows": 'from: "2026-11-20", grain: DAY',
    "metricSeriesRows": 'from: "2026-11-01"',
    "observationRows": 'from: "2026-11-01"',
}


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, limits=Limits(rows_at_once=7))


def arguments(table: str, **more: object) -> str:
    own = [SHORT[table]] if table in SHORT else []
    given = [*own, *(f"{name}: {value}" for name, value in more.items())]
    return f"({', '.join(given)})" if given else ""


@pytest.mark.parametrize("table", TABLES)
async def test_cursors_lead_through_the_whole_table(api: Api, table: str) -> None:
    """Rows are read seven at a time, and pages are of another length: their seams differ."""
    whole = await rows(api, table, arguments=arguments(table))
    length = len(whole) // 5 + 1

    found = await rows(api, table, arguments=arguments(table, limit=length))
    while more := await rows(
        api, table, arguments=arguments(table, limit=length, after=f'"{found[-1]["cursor"]}"')
    ):
        found += more

    assert found == whole
    assert len({row["id"] for row in whole}) == len(whole) > 0


@pytest.mark.parametrize("table", TABLES)
async def test_offsets_cut_the_same_table(api: Api, table: str) -> None:
    ids = await rows(api, table, "id", arguments(table))
    third = await rows(api, table, "cursor", arguments(table, limit=3))

    assert await rows(api, table, "id", arguments(table, offset=2, limit=9)) == ids[2:11]
    assert await rows(api, table, "id", arguments(table, offset=len(ids) - 1)) == ids[-1:]
    assert await rows(api, table, "id", arguments(table, offset=len(ids) + 5)) == []
    assert await rows(api, table, "id", arguments(table, limit=0)) == []
    behind = arguments(table, after=f'"{third[-1]["cursor"]}"', offset=1, limit=4)
    assert await rows(api, table, "id", behind) == ids[len(third) + 1 : len(third) + 5]


@pytest.mark.parametrize("name", ["limit", "offset"])
async def test_less_than_nothing_is_refused(api: Api, name: str) -> None:
    [error] = await api.errors(f"{{ goalRows({name}: -1) {{ key }} }}")

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert name in error["message"]


def made_up(*parts: object) -> str:
    text = "[" + ",".join(f'"{part}"' if isinstance(part, str) else str(part) for part in parts)
    return base64.urlsafe_b64encode(f"{text}]".encode()).decode().rstrip("=")


UUID = "5d4ad68b-4c41-5263-98a8-2e5ae0eaac28"
DAY = "2026-11-01T00:00:00+00:00"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("x", id="no cursor"),
        pytest.param("", id="nothing"),
        pytest.param(made_up("1", "other", "a", "b"), id="another list's"),
        pytest.param(made_up("1", "key", 1, "b"), id="a number for a text"),
        pytest.param(made_up("1", "key", "b"), id="too short"),
    ],
)
async def test_a_cursor_that_was_made_up_is_refused(api: Api, table: str, cursor: str) -> None:
    errors = await api.errors(document(table, "id", arguments(table, after=f'"{cursor}"')))

    assert codes(errors) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param(made_up("1", "series", "x", UUID, "{}", DAY, DAY, "b"), id="no uuid"),
        pytest.param(made_up("1", "series", UUID, UUID, "[]", DAY, DAY, "b"), id="no dimensions"),
        pytest.param(made_up("1", "series", UUID, UUID, "{", DAY, DAY, "b"), id="no JSON"),
        pytest.param(
            made_up("1", "series", UUID, UUID, "{}", "2026-11-01", DAY, "b"), id="no zone"
        ),
    ],
)
async def test_an_observation_that_was_made_up_is_no_cursor(api: Api, cursor: str) -> None:
    errors = await api.errors(document("observationRows", "id", f'(after: "{cursor}")'))

    assert codes(errors) == ["BAD_USER_INPUT"]


async def test_a_key_that_no_metric_has_is_named(api: Api) -> None:
    for table in ("metricSeriesRows", "observationRows"):
        [error] = await api.errors(document(table, "id", '(metrics: ["MT-TRUST", "MT-X"])'))

        assert (error["extensions"]["code"], "MT-X" in error["message"]) == ("NOT_FOUND", True)


async def test_more_rows_than_an_answer_holds_are_refused_with_the_way_to_page() -> None:
    goals = [a_goal(f"G{number:02}") for number in range(12)]
    api = an_api(an_atlas(*goals), limits=Limits(nodes=10))

    [error] = await api.errors("{ goalRows { key } }")

    assert error["extensions"] == {"code": "COST_LIMIT", "limit": "nodes", "maximum": 10}
    assert "`limit`" in error["message"]
    assert "text/csv" in error["message"]
    assert len(await rows(api, "goalRows", "key", "(limit: 10)")) == 10


async def test_rows_that_cost_too_much_are_refused_with_the_way_to_page() -> None:
    goals = [a_goal(f"G{number:02}") for number in range(12)]
    api = an_api(an_atlas(*goals), limits=Limits(cost=15))

    [error] = await api.errors("{ goalRows { key title } }")

    # 1 + 12 rows × (1 + 2 cells × 0.5)
    assert error["extensions"]["cost"] == 25
    assert "`limit`" in error["message"]
    assert len(await rows(api, "goalRows", "key title", "(limit: 7)")) == 7


ATLAS = an_atlas(
    a_goal("OLD", updated_at=EARLIER),
    a_goal("NEW"),
    a_goal("GONE", archived_at=NOW),
    a_goal("LONG-GONE", updated_at=EARLIER, archived_at=EARLIER),
    an_objective("O1", updated_at=EARLIER),
    an_objective("O2", archived_at=NOW),
    a_metric(),
    a_key_result("O1-KR1", updated_at=EARLIER),
    a_key_result("O2-KR1", updated_at=EARLIER),
)


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        pytest.param("", {"NEW": False, "OLD": False}, id="what is in use"),
        pytest.param(
            "(includeArchived: true)",
            {"GONE": True, "LONG-GONE": True, "NEW": False, "OLD": False},
            id="everything",
        ),
        pytest.param(f'(updatedSince: "{SINCE}")', {"GONE": True, "NEW": False}, id="what changed"),
        pytest.param(
            f'(updatedSince: "{NOW.isoformat()}")', {"GONE": True, "NEW": False}, id="just then"
        ),
    ],
)
async def test_what_changed_comes_with_what_is_gone(given: str, keys: dict[str, bool]) -> None:
    found = await rows(an_api(ATLAS), "goalRows", "key isArchived archivedAt", given)

    assert {row["key"]: row["isArchived"] for row in found} == keys
    assert all((row["archivedAt"] is not None) is row["isArchived"] for row in found)


async def test_a_key_result_goes_with_its_objective() -> None:
    api, columns = an_api(ATLAS), "key isArchived"

    in_use = await rows(api, "keyResultRows", columns)
    changed = await rows(api, "keyResultRows", columns, f'(updatedSince: "{SINCE}")')

    assert in_use == [{"key": "O1-KR1", "isArchived": False}]
    assert changed == [{"key": "O2-KR1", "isArchived": True}]
    assert [
        row["keyResultKey"]
        for row in await rows(api, "keyResultSnapshotRows", "keyResultKey", '(from: "2026-11-22")')
    ] == ["O1-KR1"]


async def test_observations_of_what_is_archived_come_when_asked_for() -> None:
    atlas = an_atlas(
        a_metric("MT-1"),
        a_metric("MT-2", archived_at=NOW),
        a_connection(),
        a_source("MT-1"),
        a_source("MT-2"),
        a_connection("old"),
        a_source("MT-1", "old", archived_at=NOW),
    )
    observed = [
        an_observation(1),
        an_observation(2, metric="MT-2", recorded_at=EARLIER),
        an_observation(3, source="old"),
    ]
    api = an_api(atlas, observed)

    async def values(given: str) -> list[float]:
        return sorted(row["value"] for row in await rows(api, "observationRows", "value", given))

    assert await values("") == [1]
    assert await values("(includeArchived: true)") == [1, 2, 3]
    assert await values(f'(includeArchived: true, updatedSince: "{SINCE}")') == [1, 3]
