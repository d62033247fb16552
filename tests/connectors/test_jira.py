"""Jira Cloud against the strict fake of it: whose days it has, what it gives, and refuses."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.jira import Jira, JiraSettings
from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    Observation,
    PullRequest,
    UnknownMetric,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import jira as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUERIES: dict[str, Any] = {  # Any: JSON
    "throughput": {"jql": "project = CX"},
    "cycle-time": {"jql": "project = CX", "measure": "MEDIAN", "since": "customfield_10008"},
    "incoming": {"jql": "project = CX", "at": "created"},
}
NO_DATE: dict[str, Any] = {"issues": [{"id": "1", "fields": {}}], "isLast": True}  # Any: JSON
OCTOBER = days("2026-10-01", "2026-11-01")


class Bench:
    """A connector in front of the fake of the site."""

    def __init__(self, service: vendor.Jira, http: httpx.AsyncClient) -> None:
        self.service = service
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> Jira:
        given = {"email": vendor.EMAIL, "token": vendor.TOKEN, "queries": QUERIES, **settings}
        return Jira(JiraSettings.read({"url": "https://acme.test", **given}))

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def resolved(self, *times: str, **dates: datetime) -> None:
        """Note issues that were resolved at times of Oslo."""
        for written in times:
            at = datetime.fromisoformat(written).replace(tzinfo=OSLO)
            found = {"created": at - timedelta(days=9), "resolutiondate": at, **dates}
            number = len(self.service.issues)
            self.service.issues.append(vendor.Issue(number=number, dates=found))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Jira(now=lambda: NOW)
    service.meter.count = 1_000  # the clock stands still
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


@pytest.mark.parametrize(
    "profile", ["UTC", "Pacific/Auckland", "Pacific/Pago_Pago", "Pacific/Kiritimati"]
)
@pytest.mark.parametrize("grain", [Grain.HOUR, Grain.MONTH])
async def test_the_zone_of_the_users_profile_moves_no_issue(
    bench: Bench, profile: str, grain: Grain
) -> None:
    bench.service.zone = ZoneInfo(profile)
    bench.resolved("2026-09-30T23:59:59", "2026-10-01T00:00")
    bench.resolved("2026-10-31T23:59:59", "2026-11-01T00:00")

    found = await bench.pull(a_question("throughput", grain=grain, window=OCTOBER))

    assert sum(one.value or 0 for one in found) == 2
    assert [found[0].value, found[-1].value] == ([1, 1] if grain is Grain.HOUR else [2, 2])


async def test_an_issue_counts_by_its_own_offset_which_has_no_colon(bench: Bench) -> None:
    bench.service.issues.append(
        vendor.Issue(
            number=1,  # written 2026-11-01T00:30:00.000+0100, a Sunday
            dates={"resolutiondate": datetime(2026, 11, 1, 0, 30, tzinfo=OSLO)},
        )
    )

    in_utc = days("2026-10-31", "2026-11-02", ZoneInfo("UTC"))
    found = await bench.pull(
        a_question("throughput", zone=ZoneInfo("UTC"), grain=Grain.DAY, window=in_utc)
    )

    assert [one.value for one in found] == [1, 0]


async def test_only_the_needed_dates_are_asked_for(bench: Bench) -> None:
    for metric in QUERIES:
        await bench.pull(a_question(metric, window=OCTOBER))

    assert [asked["fields"] for asked in bench.service.asked] == [
        ["resolutiondate"],
        ["resolutiondate", "customfield_10008"],
        ["created"],
    ]
    assert bench.service.asked[0]["jql"] == (
        '(project = CX) AND resolutiondate >= "2026-09-29" AND resolutiondate < "2026-11-02" '
        "ORDER BY resolutiondate ASC, key ASC"
    )


async def test_work_that_nobody_began_is_counted_and_not_timed(bench: Bench) -> None:
    began = datetime(2026, 10, 5, tzinfo=OSLO)
    bench.resolved("2026-10-05T02:00", "2026-10-05T01:00", customfield_10008=began)
    bench.resolved("2026-10-06T00:00")

    (took,) = await bench.pull(a_question("cycle-time", window=OCTOBER))
    (count,) = await bench.pull(a_question("throughput", window=OCTOBER))

    assert (took.value, took.sample_size) == (Decimal(5_400), 2)  # an hour and two
    assert count.value == 3


async def test_a_date_without_a_time_is_refused(bench: Bench) -> None:
    day = {"issues": [{"id": "1", "fields": {"resolutiondate": "2026-10-05"}}], "isLast": True}
    http = client_over(lambda _: httpx.Response(200, json=day))

    with pytest.raises(DataError, match=r"issues\.0\.fields\.resolutiondate"):
        await pull_all(
            bench.connector(),
            a_question("throughput", window=OCTOBER),
            FakeContext(moment=NOW, http=http, secrets=bench.context.secrets),
        )


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"issues": [], "isLast": False}, id="more, and no way there"),
        pytest.param({"total": 0}, id="the old search's"),
        pytest.param({"issues": [{"id": "1"}], "isLast": True}, id="no fields"),
        pytest.param(NO_DATE, id="no date"),
        pytest.param({"errorMessages": ["No."], "errors": {}}, id="200 with an error"),
    ],
)
async def test_a_page_of_another_shape_is_refused(bench: Bench, page: dict[str, Any]) -> None:
    http = client_over(lambda _: httpx.Response(200, json=page))

    with pytest.raises(DataError):
        await pull_all(
            bench.connector(),
            a_question("throughput", window=OCTOBER),
            FakeContext(moment=NOW, http=http, secrets=bench.context.secrets),
        )


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        pytest.param("project = SECRET", "'SECRET' does not exist", id="may not browse"),
        pytest.param("project = CX ORDER BY key", "Expecting", id="an order"),
        pytest.param("status = Done", "Unbounded", id="unbounded"),
    ],
)
async def test_a_query_that_does_not_work_is_told_in_jiras_words(
    bench: Bench, jql: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=f"says: .*{said}"):
        await bench.connector(queries={"throughput": {"jql": jql}}).check(bench.context)


async def test_check_costs_one_search_and_refuses_a_wrong_token(bench: Bench) -> None:
    await bench.connector().check(bench.context)

    assert len(bench.service.asked) == 1
    stranger = FakeContext(http=bench.context.http, secrets={"token": "another-token"})
    with pytest.raises(AuthError):
        await bench.connector().check(stranger)


async def test_a_wrong_path_is_the_settings_fault_and_no_unknown_metric(bench: Bench) -> None:
    question = a_question("throughput", window=OCTOBER)

    with pytest.raises(ConfigError, match="There is no Jira Cloud at `url`") as caught:
        await bench.pull(question, url="https://acme.test/jira")

    assert not isinstance(caught.value, UnknownMetric)


async def test_discover_tells_what_can_be_added_up(bench: Bench) -> None:
    found = {spec.key: spec for spec in await bench.connector().discover(bench.context)}

    assert {key: spec.aggregation for key, spec in found.items()} == {
        "cycle-time": Aggregation.MEDIAN,
        "incoming": Aggregation.SUM,
        "throughput": Aggregation.SUM,
    }
    assert {spec.restates_for.days for spec in found.values()} == {14}
