"""HubSpot against the strict fake of it: what is searched and counted, and how its limits show."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.hubspot import HubSpot, HubSpotSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    DataError,
    Observation,
    PullRequest,
    QuotaExhausted,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import hubspot as vendor
from tests.vendors.lazily import Lazily

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OCTOBER = days("2026-10-01", "2026-11-01")
EVERY = timedelta(minutes=4)
REPORTS: dict[str, Any] = {  # Any: JSON
    "nps": {"survey": 7, "score": "NPS"},
    "won": {"records": "deals", "at": "closedate", "where": {"hs_is_closed_won": "true"}},
    "time-to-solve": {"records": "tickets", "at": "closed_date", "measure": "MEDIAN"},
}


class Bench:
    """A connector in front of the fake of the portal."""

    def __init__(self, service: vendor.HubSpot, http: httpx.AsyncClient) -> None:
        self.service = service
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> HubSpot:
        given = {"token": vendor.TOKEN, "reports": REPORTS, **settings}
        return HubSpot(HubSpotSettings.read({"url": "https://api.hubapi.test", **given}))

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def answered(self, *answers: str | None, survey: str = "7", **more: bool) -> None:
        """Note submissions of a day of October."""
        self.service.records["feedback_submissions"] = [
            vendor.Record(
                number=number,
                times={"hs_submission_timestamp": datetime(2026, 10, 5, number % 24, tzinfo=OSLO)},
                others={"hs_survey_id": survey, "hs_value": answer},
                **more,
            )
            for number, answer in enumerate(answers)
        ]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.HubSpot(now=lambda: NOW)
    service.second.count = 1_000  # the clock stands still
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_a_score_is_made_of_texts_and_nobodys_words_are_read(bench: Bench) -> None:
    bench.answered("10", "9", "3", None, "")

    (found,) = await bench.pull(a_question("nps", window=OCTOBER))

    # 2 promoters and a detractor of 3
    assert (found.numerator, found.denominator) == (Decimal(100), Decimal(3))
    assert found.sample_size == 3
    assert [asked["properties"] for asked in bench.service.asked] == [["hs_value"]] * 2


async def test_another_surveys_submissions_stay_out(bench: Bench) -> None:
    bench.answered("10", survey="8")

    (found,) = await bench.pull(a_question("nps", window=OCTOBER))

    assert (found.value, found.sample_size) == (None, 0)


@pytest.mark.parametrize("answer", ["7.5", "37%", "11", "N/A"])
async def test_an_answer_off_the_scale_is_refused(bench: Bench, answer: str) -> None:
    bench.answered("10", answer)

    with pytest.raises(DataError):
        await bench.pull(a_question("nps", window=OCTOBER))


@pytest.mark.parametrize("in_milliseconds", [True, False])
async def test_times_are_read_in_both_of_their_forms(
    bench: Bench, *, in_milliseconds: bool
) -> None:
    created = datetime(2026, 10, 25, 1, tzinfo=OSLO)
    solved = datetime(2026, 10, 25, 2, 30, 0, 500_000, tzinfo=OSLO, fold=1)  # 2.5 hours later
    bench.service.records["tickets"] = [
        vendor.Record(
            number=1,
            times={"createdate": created, "closed_date": solved},
            in_milliseconds=in_milliseconds,
        )
    ]

    (found,) = await bench.pull(a_question("time-to-solve", window=OCTOBER))

    assert (found.value, found.sample_size) == (Decimal("9000.5"), 1)


async def test_a_count_is_a_total_and_reads_no_record(bench: Bench) -> None:
    edges = ("2026-09-30T23:59:59.999", "2026-10-01T00:00", "2026-10-31T23:59:59.999", "2026-11-01")
    bench.service.records["deals"] = [
        vendor.Record(number=n, times={"closedate": at}, others={"hs_is_closed_won": won})
        for n, (at, won) in enumerate(
            (datetime.fromisoformat(edge).replace(tzinfo=OSLO), won)
            for edge in edges
            for won in ("true", "false")
        )
    ]

    found = await bench.pull(a_question("won", window=days("2026-09-01", "2026-12-01")))

    assert [one.value for one in found] == [1, 2, 1]
    assert [asked["limit"] for asked in bench.service.asked] == [1, 1, 1]
    assert bench.service.asked[1]["filterGroups"] == [
        {
            "filters": [
                {"propertyName": "closedate", "operator": "GTE", "value": "1790805600000"},
                {"propertyName": "closedate", "operator": "LT", "value": "1793487600000"},
                {"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"},
            ]
        }
    ]


async def test_more_than_a_search_gives_is_searched_in_parts(bench: Bench) -> None:
    def ticket(number: int) -> vendor.Record:
        solved = OCTOBER.start + number * EVERY
        times = {"createdate": solved - timedelta(seconds=number), "closed_date": solved}
        return vendor.Record(number=number, times=times)

    def recall(kind: str, start: datetime, end: datetime) -> Sequence[vendor.Record]:
        assert kind == "tickets"
        first, after = (-((OCTOBER.start - at) // EVERY) for at in (start, end))
        return Lazily(range(first, min(after, 10_001)), ticket)

    bench.service.recall = recall

    (found,) = await bench.pull(a_question("time-to-solve", window=OCTOBER))

    # Open for 0, 1, 2 … 10,000 seconds.
    assert (found.value, found.sample_size) == (Decimal(5_000), 10_001)


async def test_limits_of_seconds_are_waited_out_and_a_days_is_not(bench: Bench) -> None:
    bench.answered("10")
    bench.service.shedding += ["SECONDLY", "TEN_SECONDLY_ROLLING"]

    (found,) = await bench.pull(a_question("nps", window=OCTOBER))
    assert found.sample_size == 1

    bench.service.is_day_used_up = True
    with pytest.raises(QuotaExhausted, match="of today are used up"):
        await bench.pull(a_question("nps", window=OCTOBER))


async def test_check_costs_one_search_and_tells_a_token_from_a_scope(bench: Bench) -> None:
    await bench.connector().check(bench.context)
    assert len(bench.service.asked) == 1

    for token, error in ((vendor.NARROW, AccessDenied), ("another-token", AuthError)):
        stranger = FakeContext(http=bench.context.http, secrets={"token": token})
        with pytest.raises(error):
            await bench.connector().check(stranger)


async def test_an_unknown_property_is_told_in_hubspots_words(bench: Bench) -> None:
    deals = {"won": {"records": "deals", "at": "closed_on"}}

    with pytest.raises(ConfigError, match=r"says: .*closed_on"):
        await bench.pull(a_question("won", window=OCTOBER), reports=deals)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param({"survey": "7"}, id="no score"),
        pytest.param({"records": "deals"}, id="no moment"),
        pytest.param({"records": "deals", "at": "close date"}, id="no internal name"),
        pytest.param(
            {"records": "deals", "at": "closedate", "where": dict.fromkeys("abcde", "1")},
            id="more filters than HubSpot takes",
        ),
    ],
)
def test_reports_that_cannot_work_are_refused(report: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="reports"):
        HubSpotSettings.read({"token": "a", "reports": {"nps": report}})
