"""Salesforce against the strict fake of it: what is asked in SOQL, added up, and refused."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.salesforce import Salesforce, SalesforceSettings
from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    Observation,
    PullRequest,
    QuotaExhausted,
    UnknownMetric,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import a_question, days
from tests.vendors import salesforce as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OCTOBER = days("2026-10-01", "2026-11-01")
DEALS = {"object": "Opportunity", "on": "CloseDate"}
QUERIES: dict[str, Any] = {  # Any: JSON
    "win-rate": {**DEALS, "measure": "SHARE", "field": "IsWon", "where": "IsClosed = true"},
    "revenue": {**DEALS, "measure": "SUM", "field": "Amount", "where": "IsWon = true"},
    "deal-size": {**DEALS, "measure": "MEAN", "field": "Amount", "where": "IsWon = true"},
    "cases": {"object": "Case", "at": "ClosedDate"},
}


class Bench:
    """A connector in front of the fake of the org."""

    def __init__(self, service: vendor.Salesforce, http: httpx.AsyncClient) -> None:
        self.service = service
        secrets = {"client_secret": vendor.CLIENT_SECRET}
        self.context = FakeContext(moment=NOW, http=http, secrets=secrets)

    def connector(self, **settings: object) -> Salesforce:
        given = {
            "url": "https://acme.my.salesforce.test",
            "client_id": vendor.CLIENT_ID,
            "client_secret": vendor.CLIENT_SECRET,
            "queries": QUERIES,
            **settings,
        }
        return Salesforce(SalesforceSettings.read(given))

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def closed(self, day: str, *amounts: str, won: bool = True) -> None:
        """Note deals that were closed on a day."""
        self.service.records.setdefault("Opportunity", []).extend(
            vendor.Record(
                fields={
                    "CloseDate": date.fromisoformat(day),
                    "IsClosed": True,
                    "IsWon": won,
                    "Amount": Decimal(amount) if amount else None,
                }
            )
            for amount in amounts
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Salesforce(now=lambda: NOW)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_a_win_rate_is_made_of_two_groups_in_one_query(bench: Bench) -> None:
    bench.closed("2026-10-01", "100", "200", "")
    bench.closed("2026-10-31", "50", won=False)
    bench.closed("2026-11-01", "50", won=False)

    (found,) = await bench.pull(a_question("win-rate", window=OCTOBER))

    assert found.value == Decimal("0.75")  # 3 of 4
    assert (found.numerator, found.denominator) == (Decimal(3), Decimal(4))
    (asked,) = bench.service.queries
    assert asked == (
        "SELECT IsWon flag, COUNT(Id) n FROM Opportunity WHERE CloseDate >= 2026-10-01 "
        "AND CloseDate <= 2026-10-31 AND (IsClosed = true) GROUP BY IsWon"
    )


async def test_sums_and_means_leave_empty_amounts_out(bench: Bench) -> None:
    bench.closed("2026-10-05", "1234.5", "0.1", "")
    bench.closed("2026-10-06", "999", won=False)

    (revenue,) = await bench.pull(a_question("revenue", window=OCTOBER))
    (size,) = await bench.pull(a_question("deal-size", window=OCTOBER))

    assert (revenue.value, revenue.sample_size) == (Decimal("1234.6"), 2)
    assert size.value == Decimal("617.3")  # 1,234.6 / 2
    assert (size.numerator, size.denominator) == (Decimal("1234.6"), Decimal(2))


async def test_of_nothing_the_sum_is_0_and_the_mean_unknown(bench: Bench) -> None:
    (revenue,) = await bench.pull(a_question("revenue", window=OCTOBER))
    (size,) = await bench.pull(a_question("deal-size", window=OCTOBER))
    (rate,) = await bench.pull(a_question("win-rate", window=OCTOBER))

    assert [one.value for one in (revenue, size, rate)] == [0, None, None]
    assert [one.sample_size for one in (revenue, size, rate)] == [0, 0, 0]


async def test_moments_are_asked_for_in_utc(bench: Bench) -> None:
    day = days("2026-10-25", "2026-10-26")  # of 25 hours

    await bench.pull(a_question("cases", grain=Grain.DAY, window=day))

    (asked,) = bench.service.queries
    assert asked == (
        "SELECT COUNT(Id) n FROM Case WHERE ClosedDate >= 2026-10-24T22:00:00Z "
        "AND ClosedDate < 2026-10-25T23:00:00Z"
    )


async def test_a_date_has_no_hours(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="not by HOUR"):
        await bench.pull(a_question("revenue", grain=Grain.HOUR, window=OCTOBER))


async def test_one_session_serves_a_pull_and_an_ended_one_is_renewed_once(bench: Bench) -> None:
    await bench.pull(a_question("cases", window=days("2026-01-01", "2026-07-01")))
    assert (bench.service.sessions, len(bench.service.queries)) == (1, 6)

    bench.service.is_over = True
    await bench.pull(a_question("cases", window=days("2026-01-01", "2026-07-01")))

    assert (bench.service.sessions, len(bench.service.queries)) == (2, 12)


async def test_a_wrong_secret_gives_no_session(bench: Bench) -> None:
    stranger = FakeContext(http=bench.context.http, secrets={"client_secret": "another"})

    with pytest.raises(AuthError, match="gives no token: invalid_client"):
        await bench.connector().check(stranger)


async def test_the_last_of_the_orgs_requests_are_left_to_others(bench: Bench) -> None:
    bench.service.day.count = 20

    for _ in range(19):
        await bench.pull(a_question("cases", window=OCTOBER))
    with pytest.raises(QuotaExhausted, match="has used 20 of its 20 requests"):
        await bench.pull(a_question("cases", window=OCTOBER))


async def test_the_requests_of_an_app_are_not_taken_for_those_of_the_org(bench: Bench) -> None:
    bench.service.usage = "per-app-api-usage=250/250(appName=another); api-usage={used}/{count}"

    (found,) = await bench.pull(a_question("cases", window=OCTOBER))
    assert found.value == 0


async def test_a_403_that_is_a_limit_is_no_lack_of_rights(bench: Bench) -> None:
    bench.service.day.count = 0

    with pytest.raises(QuotaExhausted, match="are used up"):
        await bench.pull(a_question("cases", window=OCTOBER))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param({"object": "Secret__c", "at": "At__c"}, "INVALID_TYPE", id="object"),
        pytest.param({"object": "Case", "at": "At__c"}, "INVALID_FIELD", id="field"),
        pytest.param({"object": "Case", "on": "ClosedDate"}, "another type", id="a date"),
        pytest.param({**DEALS, "where": "IsWon = true) ("}, "MALFORMED_QUERY", id="a condition"),
    ],
)
async def test_a_query_that_does_not_work_is_told_in_salesforces_words(
    bench: Bench, query: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        await bench.pull(a_question("cases", window=OCTOBER), queries={"cases": query})

    assert not isinstance(caught.value, UnknownMetric)


async def test_a_part_of_the_groups_is_no_answer(bench: Bench) -> None:
    bench.service.batch = 1
    bench.closed("2026-10-05", "1")
    bench.closed("2026-10-05", "1", won=False)

    with pytest.raises(DataError, match="but a part of the groups"):
        await bench.pull(a_question("win-rate", window=OCTOBER))


async def test_discover_tells_units_and_what_can_be_added_up(bench: Bench) -> None:
    found = {spec.key: spec for spec in await bench.connector().discover(bench.context)}

    assert {key: spec.aggregation for key, spec in found.items()} == {
        "cases": Aggregation.SUM,
        "deal-size": Aggregation.RATIO,
        "revenue": Aggregation.SUM,
        "win-rate": Aggregation.RATIO,
    }
    assert found["revenue"].unit is None


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"object": "Case"}, id="no moment"),
        pytest.param({**DEALS, "at": "CreatedDate"}, id="two moments"),
        pytest.param({**DEALS, "measure": "SUM"}, id="a sum of nothing"),
        pytest.param({**DEALS, "field": "Amount"}, id="a count of something"),
        pytest.param({**DEALS, "object": "Case WHERE"}, id="more than a name"),
    ],
)
def test_queries_that_cannot_work_are_refused(query: dict[str, object]) -> None:
    given = {"url": "https://a.example", "client_id": "a", "client_secret": "b"}

    with pytest.raises(ConfigError, match="queries"):
        SalesforceSettings.read({**given, "queries": {"cases": query}})
