"""SurveyMonkey against the strict fake of it, over HTTP: what is counted, and what is refused."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors import surveymonkey as vendor
from connectors.surveymonkey import SurveyMonkey, SurveyMonkeySettings
from journey_atlas_sdk import (
    AccessDenied,
    Aggregation,
    AuthError,
    ConfigError,
    ConnectorError,
    Delivery,
    Dirty,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    PlanLimit,
    UnitKind,
    UnknownMetric,
    Window,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors.serving import served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SURVEY = "314014029"
NPS = vendor.Question(
    id="725296472",
    page="182294525",
    rows=["4769965915"],
    choices=[vendor.Choice(id=str(47_000 + n), text=str(n), weight=n) for n in range(11)],
)
EASE = vendor.Question(
    id="725296473",
    page="182294526",
    rows=["5001", "5002"],
    choices=[
        *(vendor.Choice(id=str(9_100 + n), text=str(n), weight=n) for n in range(7, 0, -1)),
        vendor.Choice(id="9999", text="Does not apply", weight=0, is_na=True),
    ],
)
HAPPY = vendor.Question(
    id="725296464",
    page="182294525",
    choices=[vendor.Choice(id=str(8_000 + n), text=str(n)) for n in range(1, 6)],
)
QUESTIONS: dict[str, Any] = {  # Any: JSON
    "nps": {"survey": SURVEY, "question": NPS.id, "score": "NPS"},
    "ease": {
        "survey": int(SURVEY),
        "question": EASE.id,
        "row": "5002",
        "score": "CES",
        "numbering": "WEIGHT",
    },
    "happy": {"survey": SURVEY, "question": HAPPY.id, "score": "CSAT"},
}


def taken(place: str, choice: str, *moments: str) -> list[vendor.Answered]:
    return [
        vendor.Answered(
            created_at=datetime.fromisoformat(at).replace(tzinfo=OSLO).astimezone(UTC),
            choices={place: choice},
        )
        for at in moments
    ]


class Bench:
    """A connector in front of the fake, which is served over HTTP."""

    def __init__(self, service: vendor.SurveyMonkey, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        secrets = {"token": vendor.TOKEN, "client_secret": "app-secret-canary"}
        self.context = FakeContext(moment=NOW, http=http, secrets=secrets)

    def connector(self, **settings: object) -> SurveyMonkey:
        given = {"token": vendor.TOKEN, "url": self.url, "questions": QUESTIONS, **settings}
        return SurveyMonkey(SurveyMonkeySettings.read(given))

    async def pull(
        self, metric: str = "nps", *, window: Window | None = None, grain: Grain = Grain.MONTH
    ) -> list[Observation]:
        question = a_question(metric, window=window, grain=grain)
        return await pull_all(self.connector(), question, self.context)


def a_service() -> vendor.SurveyMonkey:
    return vendor.SurveyMonkey(now=lambda: NOW, survey=SURVEY, questions=[NPS, EASE, HAPPY])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = a_service()
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://surveymonkey.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = a_service()
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        (found,) = await Bench(service, url, http).pull(window=days("2026-10-01", "2026-11-01"))

    assert found.sample_size == 0


async def test_a_month_of_answers_becomes_a_score(bench: Bench) -> None:
    (row,) = NPS.rows
    # 100 × (3 promoters − 1 detractor) / 5
    bench.service.responses += [
        *taken(row, "47010", "2026-09-02T10:00", "2026-09-03T10:00"),
        *taken(row, "47009", "2026-09-04T10:00"),
        *taken(row, "47008", "2026-09-05T10:00"),
        *taken(row, "47006", "2026-09-06T10:00"),
    ]

    found = await bench.pull(window=days("2026-09-01", "2026-11-01"))

    september, october = found
    assert september.value == 40
    assert [september.numerator, september.denominator] == [200, 5]
    assert september.sample_size == 5
    assert round(september.standard_error or Decimal(0), 3) == Decimal("40.000")
    assert september.state is ObservationState.FINAL
    assert (october.value, october.sample_size) == (None, 0)
    assert october.flags == {ObservationFlag.EMPTY}


@pytest.mark.parametrize("inclusive", [False, True])
async def test_each_response_counts_in_the_one_day_on_which_it_was_begun(
    bench: Bench, *, inclusive: bool
) -> None:
    bench.service.has_inclusive_bounds = inclusive
    (row,) = NPS.rows
    bench.service.responses += taken(
        row,
        "47010",
        *("2026-10-23T23:59:59", "2026-10-24T00:00:00", "2026-10-24T23:59:59"),
        *("2026-10-25T00:00:00", "2026-10-25T23:59:59", "2026-10-26T00:00:00"),
    )
    connector = bench.connector(has_inclusive_bounds=inclusive)
    question = a_question("nps", grain=Grain.DAY, window=days("2026-10-23", "2026-10-27"))

    found = await pull_all(connector, question, bench.context)

    # The 25th has 25 hours in Oslo.
    assert [one.sample_size for one in found] == [1, 2, 2, 1]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
async def test_any_time_zone_has_its_own_days(bench: Bench, zone: str) -> None:
    (row,) = NPS.rows
    bench.service.responses += taken(row, "47010", "2026-10-10T23:10")  # 21:10 UTC
    place = ZoneInfo(zone)
    question = a_question(
        "nps", grain=Grain.DAY, zone=place, window=days("2026-10-09", "2026-10-13", place)
    )

    found = await pull_all(bench.connector(), question, bench.context)

    (day,) = [one.start.astimezone(place).day for one in found if one.sample_size]
    assert day == datetime(2026, 10, 10, 21, 10, tzinfo=UTC).astimezone(place).day


async def test_weights_tell_the_answers_of_a_scale_that_is_shown_downwards(bench: Bench) -> None:
    bench.service.responses += [
        *taken("5002", "9107", "2026-10-02T10:00", "2026-10-02T11:00"),
        *taken("5002", "9106", "2026-10-02T12:00"),
        *taken("5002", "9999", "2026-10-03T10:00"),  # does not apply
        *taken("5001", "9101", "2026-10-04T10:00"),  # another row
    ]

    (found,) = await bench.pull("ease", window=days("2026-10-01", "2026-11-01"))

    assert [found.numerator, found.denominator] == [20, 3]  # 7 + 7 + 6
    assert found.sample_size == 3


async def test_a_single_choice_question_counts_up_by_position(bench: Bench) -> None:
    bench.service.responses += [
        *taken(HAPPY.id, "8005", "2026-10-02T10:00"),
        *taken(HAPPY.id, "8004", "2026-10-02T11:00"),
        *taken(HAPPY.id, "8001", "2026-10-02T12:00", "2026-10-02T13:00"),
    ]

    (found,) = await bench.pull("happy", window=days("2026-10-01", "2026-11-01"))

    assert found.value == Decimal("0.5")  # 2 of 4


async def test_only_completed_responses_count(bench: Bench) -> None:
    (row,) = NPS.rows
    at = datetime(2026, 10, 2, tzinfo=UTC)
    bench.service.responses += [
        vendor.Answered(created_at=at, choices={row: "47010"}, status=status)
        for status in vendor.STATUSES
    ]

    (found,) = await bench.pull(window=days("2026-10-01", "2026-11-01"))

    assert found.sample_size == 1


async def test_a_period_stays_provisional_while_its_responses_may_be_finished(
    bench: Bench,
) -> None:
    found = await bench.pull(grain=Grain.WEEK, window=days("2026-11-02", "2026-11-23"))

    # Now is Sunday the 22nd; a week of grace ends on the 15th.
    assert [one.state for one in found] == [
        ObservationState.FINAL,  # until the 9th
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


async def test_a_pull_costs_a_request_a_period_and_one_for_the_survey(bench: Bench) -> None:
    await bench.pull(window=days("2026-01-01", "2027-01-01"))

    assert len(bench.service.requests) == 1 + 11  # December has not begun
    assert all("/rollups?" in url for url in bench.service.requests[1:])


async def test_check_asks_once_and_names_the_scopes_that_are_missing(bench: Bench) -> None:
    await bench.connector().check(bench.context)
    bench.service.granted = vendor.SCOPES - {"responses_read_detail"}

    with pytest.raises(AccessDenied, match="lacks the scopes responses_read_detail"):
        await bench.connector().check(bench.context)

    assert len(bench.service.requests) == 2


@pytest.mark.parametrize(
    ("trouble", "error", "message"),
    [
        pytest.param({"has_plan": False}, PlanLimit, "plan at SurveyMonkey", id="1015"),
        pytest.param({"is_in_region": False}, ConfigError, "set `url`", id="1018"),
        pytest.param(
            {"granted": frozenset({"surveys_read"})}, AccessDenied, "status 403", id="1014"
        ),
        pytest.param({"survey": "1"}, ConfigError, "status 404", id="1020"),
    ],
)
async def test_what_the_service_refuses_is_named(
    bench: Bench, trouble: dict[str, object], error: type[ConnectorError], message: str
) -> None:
    for name, value in trouble.items():
        setattr(bench.service, name, value)

    with pytest.raises(error, match=message):
        await bench.pull()


async def test_a_wrong_token_is_refused(bench: Bench) -> None:
    context = FakeContext(http=bench.context.http, secrets={"token": "another-token"})

    with pytest.raises(AuthError):
        await bench.connector().check(context)
    with pytest.raises(AuthError):
        await pull_all(bench.connector(), a_question("nps"), context)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        pytest.param({"question": "1"}, "has no question 1", id="another question"),
        pytest.param({"scale": [1, 5], "score": "CES"}, "one for each of 1 to 5", id="scale"),
        pytest.param(
            {"question": EASE.id, "score": "CES"}, "set `numbering: WEIGHT`", id="downwards"
        ),
        pytest.param(
            {"question": HAPPY.id, "score": "CSAT", "numbering": "WEIGHT"},
            "one for each of 1 to 5",
            id="without weights",
        ),
        pytest.param(
            {"question": EASE.id, "score": "CES", "numbering": "WEIGHT"},
            "Name the `row` of question 725296473; it has 5001, 5002",
            id="one of several rows",
        ),
        pytest.param({"row": "1"}, "Name the `row`", id="another row"),
    ],
)
async def test_a_question_that_does_not_fit_its_settings_is_refused(
    bench: Bench, question: dict[str, Any], message: str
) -> None:
    connector = bench.connector(questions={"nps": {**QUESTIONS["nps"], **question}})

    with pytest.raises(ConfigError, match=message):
        await pull_all(connector, a_question("nps"), bench.context)


async def test_what_it_cannot_answer_is_said_before_anything_is_asked(bench: Bench) -> None:
    with pytest.raises(UnknownMetric, match="It has: ease, happy, nps"):
        await bench.pull("csat")
    with pytest.raises(ConfigError, match="not by HOUR"):
        await bench.pull(grain=Grain.HOUR)
    broken_down = a_question("nps", dimensions=("channel",))
    with pytest.raises(ConfigError, match="can't be broken down"):
        await pull_all(bench.connector(), broken_down, bench.context)

    assert bench.service.requests == []


async def test_discover_tells_units_bounds_and_how_long_values_may_change(bench: Bench) -> None:
    found = {spec.key: spec for spec in await bench.connector().discover(bench.context)}

    assert list(found) == ["ease", "happy", "nps"]
    assert found["nps"].unit is not None
    assert found["nps"].unit.kind is UnitKind.SCORE
    assert [found["nps"].minimum, found["nps"].maximum] == [-100, 100]
    assert {spec.aggregation for spec in found.values()} == {Aggregation.RATIO}
    assert {spec.restates_for for spec in found.values()} == {timedelta(days=7)}


EVENT = {
    "event_type": "response_completed",
    "event_id": "880099",
    "event_datetime": "2026-11-22T11:59:31.182613+00:00",
    "object_type": "response",
    "resources": {"survey_id": SURVEY, "respondent_id": "1", "collector_id": "2"},
}


async def delivered(bench: Bench, event: dict[str, Any], **signing: str) -> Sequence[Dirty]:
    signed_by = {"client_id": "app-1", "client_secret": "app-secret-canary", **signing}
    body, headers = vendor.signed(event, **signed_by)
    connector = bench.connector(client_id="app-1", client_secret="app-secret-canary")  # noqa: S106 -- the test's
    return await connector.receive(
        Delivery(body=body, headers=headers, received_at=NOW), bench.context
    )


async def test_an_event_says_which_metrics_to_pull_again(bench: Bench) -> None:
    found = await delivered(bench, EVENT)

    at = datetime(2026, 11, 22, 11, 59, 31, 182613, tzinfo=UTC)
    window = Window(at - timedelta(days=7), at + timedelta(seconds=1))
    assert found == [
        Dirty(window=window, metric=metric, event_id=f"880099:{metric}")
        for metric in ("ease", "happy", "nps")
    ]
    assert await delivered(bench, {**EVENT, "resources": {"survey_id": "1"}}) == []


@pytest.mark.parametrize(
    "signing",
    [
        pytest.param({"client_secret": "guessed"}, id="another secret"),
        pytest.param({"client_id": "app-2"}, id="another app"),
    ],
)
async def test_an_event_that_is_not_signed_by_the_app_is_refused(
    bench: Bench, signing: dict[str, str]
) -> None:
    with pytest.raises(AuthError, match="isn't signed"):
        await delivered(bench, EVENT, **signing)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"questions": {}}, "questions: ", id="no question"),
        pytest.param({"url": "api.surveymonkey.com"}, "url: ", id="no address"),
        pytest.param(
            {"questions": {"nps": {**QUESTIONS["nps"], "survey": "1/../2"}}},
            "questions.nps.survey: ",
            id="no id",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SurveyMonkeySettings.read({"token": "t", "questions": QUESTIONS, **settings})
