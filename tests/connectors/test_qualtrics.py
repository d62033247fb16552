"""Qualtrics against the strict fake of it: exports that take a while, and what of them counts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.qualtrics import Qualtrics, QualtricsSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    Pending,
    PullRequest,
    RateLimited,
    UnknownMetric,
)
from journey_atlas_sdk.testing import FakeContext, client_over
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import qualtrics as vendor
from tests.vendors.serving import served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SURVEY = "SV_3gbwq8aJgqPwQDP"
QUESTIONS: dict[str, Any] = {  # Any: JSON
    "nps": {"survey": SURVEY, "question": "QID1", "score": "NPS"},
    "ease": {"survey": SURVEY, "question": "QID5_2", "score": "CES"},
}
AUTUMN = days("2026-09-01", "2026-11-01")


class Bench:
    """A connector in front of the fake, asked again until an export is there."""

    def __init__(self, service: vendor.Qualtrics, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> Qualtrics:
        given = {"token": vendor.TOKEN, "url": self.url, "questions": QUESTIONS, **settings}
        return Qualtrics(QualtricsSettings.read(given))

    async def ask(self, question: PullRequest) -> list[Observation | Pending]:
        return [each async for each in self.connector().pull(question, self.context)]

    async def pull(self, question: PullRequest) -> list[Observation]:
        """Ask again as the product does, with a connector of its own each time."""
        for _ in range(10):
            found = await self.ask(question)
            match found:
                case [Pending(resume=resume)]:
                    question = replace(question, resume=resume)
                case _:
                    return [each for each in found if isinstance(each, Observation)]
        message = "The export never came."
        raise AssertionError(message)

    def answered(self, answer: str, at: str, question: str = "QID1", **more: str) -> None:
        recorded_at = datetime.fromisoformat(at).replace(tzinfo=OSLO)
        self.service.responses.append(
            vendor.Answered(recorded_at=recorded_at, answers={question: answer}, **more)
        )


def a_service() -> vendor.Qualtrics:
    return vendor.Qualtrics(questions=["QID1", "QID1_NPS_GROUP", "QID5_1", "QID5_2"])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = a_service()
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://fra1.qualtrics.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = a_service()
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        found = await Bench(service, url, http).pull(a_question("nps", window=AUTUMN))

    assert [one.sample_size for one in found] == [0, 0]


async def test_an_export_is_begun_looked_at_and_counted(bench: Bench) -> None:
    for answer in ("10", "9", "8", "3"):  # 100 × (2 − 1) / 4
        bench.answered(answer, "2026-09-15T10:00")

    september, october = await bench.pull(a_question("nps", window=AUTUMN))

    assert [september.value, september.sample_size] == [25, 4]
    assert september.state is ObservationState.FINAL
    assert (october.value, october.sample_size) == (None, 0)
    assert [line.partition(" ")[0] for line in bench.service.requests] == [
        "POST",
        *["GET"] * (vendor.LOOKS + 2),  # the last look, and the file
    ]


async def test_progress_is_told_while_the_export_goes_on(bench: Bench) -> None:
    question = a_question("nps", window=AUTUMN)

    (begun,) = await bench.ask(question)
    assert isinstance(begun, Pending)
    (later,) = await bench.ask(replace(question, resume=begun.resume))

    assert isinstance(later, Pending)
    assert [begun.progress, later.progress] == [0, pytest.approx(0.4)]


async def test_nobodys_name_address_or_other_answer_is_asked_for(bench: Bench) -> None:
    await bench.ask(a_question("ease", window=AUTUMN))

    (export,) = bench.service.exports.values()
    assert export.asked["questionIds"] == ["QID5"]
    assert export.asked["surveyMetadataIds"] == [
        *("recordedDate", "finished", "status", "distributionChannel")
    ]
    assert export.asked["embeddedDataIds"] == []


async def test_a_response_counts_in_the_day_on_which_it_was_recorded(bench: Bench) -> None:
    bench.answered("9", "2026-10-24T23:59:59")
    bench.answered("9", "2026-10-25T00:00:00")
    bench.answered("9", "2026-10-25T23:59:59")  # the day has 25 hours
    bench.answered("9", "2026-10-26T00:00:00")

    found = await bench.pull(
        a_question("nps", grain=Grain.DAY, window=days("2026-10-24", "2026-10-27"))
    )

    assert [one.sample_size for one in found] == [1, 2, 1]


async def test_a_day_that_began_after_its_export_is_left_for_the_next_one(bench: Bench) -> None:
    question = a_question("nps", grain=Grain.DAY, window=days("2026-11-21", "2026-11-25"))
    (begun,) = await bench.ask(question)
    assert isinstance(begun, Pending)
    bench.context = replace(bench.context, moment=NOW + timedelta(days=1))

    found = await bench.pull(replace(question, resume=begun.resume))

    assert [one.start.astimezone(OSLO).day for one in found] == [21, 22]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"finished": "0"}, id="not finished"),
        pytest.param({"status": "1"}, id="a preview"),
        pytest.param({"status": "8"}, id="spam"),
        pytest.param({"channel": "preview"}, id="by a preview's link"),
    ],
)
async def test_what_no_customer_answered_is_left_out(bench: Bench, odd: dict[str, str]) -> None:
    bench.answered("10", "2026-09-15T10:00")
    bench.answered("0", "2026-09-15T10:00", **odd)
    bench.answered("", "2026-09-15T10:00")  # passed the question over

    september, _ = await bench.pull(a_question("nps", window=AUTUMN))

    assert [september.value, september.sample_size] == [100, 1]


async def test_an_edited_response_changes_the_value_of_its_period(bench: Bench) -> None:
    bench.answered("10", "2026-09-15T10:00")
    question = a_question("nps", window=AUTUMN)
    before, _ = await bench.pull(question)
    (response,) = bench.service.responses
    bench.service.responses = [replace(response, answers={"QID1": "0"})]

    after, _ = await bench.pull(question)

    assert [before.value, after.value] == [100, -100]
    assert (before.start, before.end) == (after.start, after.end)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param("11", "the scale is 0 to 10", id="off the scale"),
        pytest.param("Very likely", "Line 4 of the export|is not a number", id="a label"),
        pytest.param("7.5", "Line 4 of the export: '7.5'", id="a half"),
        pytest.param("37%", "percent sign", id="percent"),
    ],
)
async def test_an_answer_that_cannot_be_counted_is_refused(
    bench: Bench, answer: str, message: str
) -> None:
    bench.answered(answer, "2026-09-15T10:00")

    with pytest.raises(DataError, match=message):
        await bench.pull(a_question("nps", window=AUTUMN))


async def test_an_export_that_failed_or_was_forgotten_is_begun_anew(bench: Bench) -> None:
    question = a_question("nps", window=AUTUMN)
    (begun,) = await bench.ask(question)
    assert isinstance(begun, Pending)
    resumed = replace(question, resume=begun.resume)

    bench.service.fails = True
    with pytest.raises(DataError, match="gave the export up"):
        await bench.ask(resumed)
    bench.service.exports.clear()
    with pytest.raises(DataError, match="gave the export up"):
        await bench.ask(resumed)


async def test_too_many_exports_at_once_are_waited_out(bench: Bench) -> None:
    bench.service.most_at_once = 0

    with pytest.raises(RateLimited):
        await bench.ask(a_question("nps", window=AUTUMN))


@pytest.mark.parametrize(
    ("trouble", "token", "error"),
    [
        pytest.param({}, "another-token", AuthError, id="a wrong token"),
        pytest.param({"host": "iad1.qualtrics.test"}, vendor.TOKEN, AuthError, id="data centre"),
        pytest.param({}, vendor.NARROW, AccessDenied, id="no right to the API"),
        pytest.param({"survey": "SV_other"}, vendor.TOKEN, ConfigError, id="no such survey"),
        pytest.param({"questions": ["QID9"]}, vendor.TOKEN, ConfigError, id="no such question"),
    ],
)
async def test_check_names_what_is_wrong(
    bench: Bench, trouble: dict[str, object], token: str, error: type[ConnectorError]
) -> None:
    await bench.connector().check(bench.context)
    for name, value in trouble.items():
        setattr(bench.service, name, value)

    with pytest.raises(error):
        await bench.connector().check(replace(bench.context, secrets={"token": token}))


async def test_a_file_without_the_questions_column_is_refused(bench: Bench) -> None:
    bench.service.questions = ["QID5_1"]

    with pytest.raises(DataError, match="no column QID5_2"):
        await bench.pull(a_question("ease", window=AUTUMN))


async def test_what_it_cannot_answer_is_said_before_anything_is_asked(bench: Bench) -> None:
    with pytest.raises(UnknownMetric, match="It has: ease, nps"):
        await bench.ask(a_question("csat"))
    with pytest.raises(ConfigError, match="can't be broken down"):
        await bench.ask(a_question("nps", dimensions=("channel",)))

    assert bench.service.requests == []


@pytest.mark.parametrize(
    ("question", "message"),
    [
        pytest.param({"survey": "../SV_1"}, r"questions\.nps\.survey", id="no survey"),
        pytest.param({"question": "Q1"}, r"questions\.nps\.question", id="no question"),
    ],
)
def test_settings_that_cannot_work_are_refused(question: dict[str, str], message: str) -> None:
    questions = {"nps": {**QUESTIONS["nps"], **question}}

    with pytest.raises(ConfigError, match=message):
        QualtricsSettings.read({"token": "t", "url": "https://q.test", "questions": questions})
