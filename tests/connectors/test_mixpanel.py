"""Mixpanel against the strict fake of it, over HTTP: what is asked, added up, and refused."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors import mixpanel as vendor
from api.demo.vendors.analytics import Event
from connectors.mixpanel import Mixpanel, MixpanelSettings
from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    PlanLimit,
    PullRequest,
    UnitKind,
    UnknownMetric,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors.serving import served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
REPORTS: dict[str, Any] = {  # Any: JSON
    "signup": {"funnel": 7509},
    "signup-in-a-day": {"funnel": 7509, "conversion_days": 1},
    "logins": {"event": "Logged in"},
    "users": {"event": "Logged in", "count": "UNIQUE"},
}


class Bench:
    """A connector in front of the fake of the project."""

    def __init__(self, service: vendor.Mixpanel, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"secret": vendor.SECRET})

    def connector(self, **settings: object) -> Mixpanel:
        given = {
            "username": vendor.USERNAME,
            "secret": vendor.SECRET,
            "project": vendor.PROJECT,
            "time_zone": "Europe/Oslo",
            "url": self.url,
            "reports": REPORTS,
            **settings,
        }
        return Mixpanel(MixpanelSettings.read(given))

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def did(self, user: str, **events: str) -> None:
        """Note what a user did, at times of Oslo; spaces in names are written as _."""
        self.service.events += [
            Event(
                name=name.replace("_", " "),
                user=user,
                at=datetime.fromisoformat(at).replace(tzinfo=OSLO),
            )
            for name, at in events.items()
        ]


def a_service() -> vendor.Mixpanel:
    funnel = vendor.Funnel(steps=["App Open", "Form Sent", "Account Opened"])
    return vendor.Mixpanel(now=lambda: NOW, zone=OSLO, funnels={"7509": funnel})


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = a_service()
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://mixpanel.test", http)


def a_bucket(completion: object = 1) -> dict[str, Any]:  # Any: JSON
    return {"analysis": {"completion": completion, "starting_amount": 4}}


OCTOBER = a_question("signup", window=days("2026-10-01", "2026-11-01"))
WEEKS = days("2026-10-19", "2026-11-02")


async def test_it_works_over_a_real_connection() -> None:
    service = a_service()
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        (found,) = await Bench(service, url, http).pull(OCTOBER)

    assert (found.value, found.sample_size) == (None, 0)


async def test_a_funnel_converts_those_who_began_in_a_period(bench: Bench) -> None:
    bench.did("ada", App_Open="2026-10-20T10:00", Form_Sent="2026-10-20T10:05")
    bench.did("ada", Account_Opened="2026-10-20T10:09")
    bench.did("bo", App_Open="2026-10-21T10:00", Form_Sent="2026-10-22T10:00")
    bench.did("cleo", App_Open="2026-10-25T23:30", Account_Opened="2026-10-26T00:10")
    bench.did("dag", App_Open="2026-10-26T00:00")

    found = await bench.pull(a_question("signup", grain=Grain.WEEK, window=WEEKS))

    assert [(one.numerator, one.denominator) for one in found] == [
        (Decimal(1), Decimal(3)),  # ada of ada, bo and cleo, who sent no form
        (Decimal(0), Decimal(1)),
    ]
    assert found[0].value == Decimal("0.3333333333333333333333333333333333")
    assert [one.sample_size for one in found] == [3, 1]


async def test_who_converts_after_the_period_counts_in_it(bench: Bench) -> None:
    bench.did("ada", App_Open="2026-10-31T23:00", Form_Sent="2026-11-02T10:00")
    bench.did("ada", Account_Opened="2026-11-02T10:05")

    (whole,) = await bench.pull(OCTOBER)
    (in_a_day,) = await bench.pull(
        a_question("signup-in-a-day", window=days("2026-10-01", "2026-11-01"))
    )

    assert [whole.value, in_a_day.value] == [1, 0]


async def test_a_period_is_provisional_while_somebody_may_still_convert(bench: Bench) -> None:
    in_a_day = a_question(
        "signup-in-a-day", grain=Grain.DAY, window=days("2026-11-14", "2026-11-23")
    )
    own = a_question("signup", window=days("2026-07-01", "2026-10-01"))

    # 1 day to convert and 5 in which events come late: over by the 16th, noon of the 22nd UTC.
    states = [one.state for one in await bench.pull(in_a_day)]
    assert states == [ObservationState.FINAL] * 2 + [ObservationState.PROVISIONAL] * 7
    # Without `conversion_days` it may be 90: July ended 114 days ago, August 83.
    assert [one.state for one in await bench.pull(own)] == [
        ObservationState.FINAL,
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


async def test_an_event_is_added_up_to_any_period(bench: Bench) -> None:
    bench.did("ada", Logged_in="2026-10-24T23:59")
    bench.did("ada", Logged_in="2026-10-25T00:00")
    bench.did("bo", Logged_in="2026-10-25T23:59")  # the day has 25 hours
    bench.did("bo", Logged_in="2026-10-26T00:00")

    weeks = await bench.pull(a_question("logins", grain=Grain.WEEK, window=WEEKS))
    days_ = await bench.pull(
        a_question("logins", grain=Grain.DAY, window=days("2026-10-24", "2026-10-27"))
    )
    (quarter,) = await bench.pull(
        a_question("logins", grain=Grain.QUARTER, window=days("2026-07-01", "2026-10-01"))
    )

    assert [one.value for one in weeks] == [3, 1]
    assert [one.value for one in days_] == [1, 2, 1]
    assert quarter.value == 0  # Mixpanel tells zeros
    assert quarter.sample_size is None


async def test_users_are_counted_by_mixpanel_and_never_added_up(bench: Bench) -> None:
    bench.did("ada", Logged_in="2026-10-02T10:00")
    bench.did("ada", Logged_in="2026-10-20T10:00")
    bench.did("bo", Logged_in="2026-10-20T10:00")

    (month,) = await bench.pull(a_question("users", window=days("2026-10-01", "2026-11-01")))

    assert month.value == 2
    with pytest.raises(ConfigError, match="users comes by DAY, MONTH, not by WEEK"):
        await bench.pull(a_question("users", grain=Grain.WEEK))


async def test_a_whole_year_of_days_is_one_query(bench: Bench) -> None:
    found = await bench.pull(a_question("logins", grain=Grain.DAY))

    assert len(found) == 326  # 1 January to 22 November
    (url,) = bench.service.requests
    asked = httpx.URL(url).params
    assert (asked["from_date"], asked["to_date"]) == ("2026-01-01", "2026-11-22")


async def test_what_was_asked_is_bound_and_never_pasted(bench: Bench) -> None:
    name = "a&project_id=1&type=unique #?/%"
    bench.service.events.append(Event(name=name, user="ada", at=datetime(2026, 10, 5, tzinfo=UTC)))

    (found,) = await bench.pull(OCTOBER, reports={"signup": {"event": name}})

    assert found.value == 1


@pytest.mark.parametrize(
    ("zone", "is_the_same"),
    [
        pytest.param("Europe/Berlin", True, id="another name for the same days"),
        pytest.param("UTC", False, id="other days"),
        pytest.param("America/Los_Angeles", False, id="far away"),
    ],
)
async def test_days_of_another_zone_are_refused_and_not_shifted(
    bench: Bench, zone: str, *, is_the_same: bool
) -> None:
    place = ZoneInfo(zone)
    question = a_question(
        "logins", zone=place, grain=Grain.DAY, window=days("2026-10-24", "2026-10-26", place)
    )

    if is_the_same:
        assert len(await bench.pull(question)) == 2
    else:
        with pytest.raises(ConfigError, match="days are those of Europe/Oslo"):
            await bench.pull(question)
        assert bench.service.requests == []


async def test_a_project_whose_today_is_another_needs_its_own_time_zone(bench: Bench) -> None:
    bench.service.zone = ZoneInfo("Pacific/Pago_Pago")  # 01:00 of the 22nd there
    late = FakeContext(
        moment=datetime(2026, 11, 22, 23, 30, tzinfo=UTC),  # the 23rd in Oslo
        http=bench.context.http,
        secrets=bench.context.secrets,
    )
    question = a_question("logins", grain=Grain.DAY, window=days("2026-11-20", "2026-11-30"))

    with pytest.raises(ConfigError, match="`time_zone` must be the project's own"):
        await pull_all(bench.connector(), question, late)


async def test_check_costs_one_query_and_refuses_a_wrong_secret(bench: Bench) -> None:
    await bench.connector().check(bench.context)
    assert len(bench.service.requests) == 1

    stranger = FakeContext(http=bench.context.http, secrets={"secret": "another-secret"})
    with pytest.raises(AuthError, match="refuses the service account"):
        await bench.connector().check(stranger)


async def test_a_plan_without_the_api_is_named(bench: Bench) -> None:
    bench.service.is_on_plan = False

    with pytest.raises(PlanLimit):
        await bench.pull(OCTOBER)


async def test_an_unknown_funnel_is_told_in_mixpanels_words(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="invalid funnel_id"):
        await bench.pull(OCTOBER, reports={"signup": {"funnel": "1"}})
    with pytest.raises(UnknownMetric, match="It has: logins"):
        await bench.pull(a_question("visits"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"data": {"2026-10-02": {}}}, id="no numbers"),
        pytest.param({"data": {}}, id="a bucket is missing"),
        pytest.param({"data": {"2026-09-30": a_bucket(), "2026-10-01": a_bucket()}}, id="too many"),
        pytest.param({"data": {"2026-10-01": a_bucket(completion="37%")}}, id="a text"),
        pytest.param({"data": {"2026-10-01": a_bucket(completion=-1)}}, id="below nobody"),
        pytest.param({"data": {"2026-10-01": a_bucket(completion=1.5)}}, id="half a person"),
        pytest.param({"error": "unknown error"}, id="200 with an error"),
    ],
)
async def test_an_answer_that_is_not_the_asked_one_is_refused(answer: Mapping[str, Any]) -> None:
    async with client_over(lambda _: httpx.Response(200, json=answer)) as http:
        with pytest.raises(DataError):
            await Bench(a_service(), "https://mixpanel.test", http).pull(OCTOBER)


async def test_discover_tells_units_aggregations_and_how_long_values_may_change(
    bench: Bench,
) -> None:
    found = {spec.key: spec for spec in await bench.connector().discover(bench.context)}

    assert list(found) == ["logins", "signup", "signup-in-a-day", "users"]
    assert {key: spec.aggregation for key, spec in found.items()} == {
        "logins": Aggregation.SUM,
        "signup": Aggregation.RATIO,
        "signup-in-a-day": Aggregation.RATIO,
        "users": Aggregation.UNIQUE,
    }
    assert {key: spec.restates_for.days for key, spec in found.items()} == {
        "logins": 5,
        "signup": 95,
        "signup-in-a-day": 6,
        "users": 5,
    }
    assert found["signup"].unit is not None
    assert found["signup"].unit.kind is UnitKind.RATIO


def test_connections_to_one_project_share_its_budget() -> None:
    settings = {"username": "a", "secret": "b", "project": 1, "time_zone": "UTC"}

    one, other = (
        Mixpanel(MixpanelSettings.read({**settings, "username": name, "reports": REPORTS}))
        for name in ("a", "b")
    )

    assert one.budget_key() == other.budget_key() == "mixpanel:1"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"time_zone": "Oslo"}, "time_zone: ", id="no zone"),
        pytest.param({"project": "1&a=b"}, "project: ", id="no id"),
        pytest.param({"reports": {"a": {"funnel": 1, "event": "b"}}}, "reports.a", id="both"),
        pytest.param(
            {"reports": {"a": {"funnel": 1, "conversion_days": 91}}}, "reports.a", id="too long"
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    good = {"username": "a", "secret": "b", "project": 1, "time_zone": "UTC", "reports": REPORTS}

    with pytest.raises(ConfigError, match=message):
        MixpanelSettings.read({**good, **settings})
