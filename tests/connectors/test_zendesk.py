"""Zendesk against the strict fake of it: both kinds of CSAT, and when an answer counts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.zendesk import Zendesk, ZendeskSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    PullRequest,
    RateLimited,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import zendesk as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTIONS = {
    "csat": {"score": "CSAT", "survey": vendor.SURVEY},
    "tickets": {"score": "CSAT", "asked_by": "RATING"},
}
AUTUMN = a_question("csat", window=days("2026-09-01", "2026-11-01"))


class Bench:
    """A connector in front of the fake, asked with an admin's API token."""

    def __init__(self, service: vendor.Zendesk, http: httpx.AsyncClient) -> None:
        self.service = service
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> Zendesk:
        given = {"token": vendor.TOKEN, "email": vendor.EMAIL, "url": "https://acme.zendesk.test"}
        return Zendesk(ZendeskSettings.read({**given, "questions": QUESTIONS, **settings}))

    async def pull(self, question: PullRequest = AUTUMN, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def answered(
        self, at: str | None, rating: object, offered: str = "2026-09-01T10:00", **more: str
    ) -> None:
        response = vendor.Answered(
            id=f"01J1WB51MG{len(self.service.responses):04}",
            offered_at=local(offered),
            given_at=local(at) if at else None,
            rating=rating,
            **more,
        )
        self.service.responses.append(response)


def local(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=OSLO).astimezone(UTC)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Zendesk(now=lambda: NOW)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_an_answer_counts_when_it_was_given_not_when_it_was_asked_for(bench: Bench) -> None:
    bench.answered("2026-10-01T00:00", 5, offered="2026-09-20T10:00")
    bench.answered("2026-09-30T23:59", 1, offered="2026-08-31T10:00")
    bench.answered(None, None)

    september, october = await bench.pull()

    assert [september.value, september.sample_size] == [0, 1]
    assert [october.value, october.sample_size] == [1, 1]
    assert september.state is ObservationState.FINAL


async def test_a_survey_that_was_offered_longer_ago_than_it_is_open_is_not_looked_for(
    bench: Bench,
) -> None:
    bench.answered("2026-09-01T10:00", 5, offered="2026-08-01T10:00")  # 31 days before

    thirty, _ = await bench.pull()
    sixty, _ = await bench.pull(open_days=60)

    assert [thirty.sample_size, sixty.sample_size] == [0, 1]


async def test_other_questions_and_other_surveys_do_not_count(bench: Bench) -> None:
    bench.answered("2026-09-02T10:00", 4)
    bench.answered("2026-09-02T10:00", 1, sub_type="other")
    bench.answered("2026-09-02T10:00", 1, survey="01OTHER")

    one, _ = await bench.pull()
    both, _ = await bench.pull(questions={"csat": {"score": "CSAT"}})

    assert [one.sample_size, both.sample_size] == [1, 2]


async def test_good_and_bad_ratings_are_counted_by_the_service(bench: Bench) -> None:
    for at, score in (
        ("2026-09-01T00:00:00", "good"),
        ("2026-09-30T23:59:59", "good"),
        ("2026-10-01T00:00:00", "bad"),  # Zendesk counts the last second of a span too
        ("2026-09-15T10:00:00", "bad"),
    ):
        bench.service.ratings.append(vendor.Rated(created_at=local(at), score=score))

    september, october = await bench.pull(replace(AUTUMN, metric="tickets"))

    assert [september.numerator, september.denominator] == [2, 3]
    assert [october.value, october.sample_size] == [0, 1]
    assert len(bench.service.requests) == 2 * 2


async def test_the_older_ratings_make_no_mean(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="Ratings are good or bad"):
        bench.connector(questions={"mean": {"score": "CSAT_MEAN", "asked_by": "RATING"}})


@pytest.mark.parametrize("rating", [6, 4.5, "5", None])
async def test_a_rating_that_cannot_be_counted_is_refused(bench: Bench, rating: object) -> None:
    bench.answered("2026-09-02T10:00", rating)

    with pytest.raises(DataError):
        await bench.pull()


async def test_a_refusal_in_plain_text_is_waited_out(bench: Bench) -> None:
    bench.service.minute.count = 0

    with pytest.raises(RateLimited) as refused:
        await bench.pull()

    assert refused.value.retry_after == timedelta(seconds=60)


async def test_an_oauth_token_is_sent_where_no_email_is_named(bench: Bench) -> None:
    bench.context = replace(bench.context, secrets={"token": vendor.OAUTH})

    found = await bench.pull(replace(AUTUMN, grain=Grain.WEEK), email=None)

    assert {one.sample_size for one in found} == {0}


@pytest.mark.parametrize(
    ("trouble", "metric", "token", "error"),
    [
        pytest.param({}, "csat", "another-token", AuthError, id="a wrong token"),
        pytest.param({}, "csat", vendor.NARROW, AccessDenied, id="no admin"),
        pytest.param({"has_survey": False}, "csat", vendor.OAUTH, ConfigError, id="no survey"),
        pytest.param({"has_ratings": False}, "tickets", vendor.OAUTH, ConfigError, id="no ratings"),
    ],
)
async def test_check_names_what_is_wrong(
    bench: Bench, trouble: dict[str, object], metric: str, token: str, error: type[ConnectorError]
) -> None:
    questions = {metric: QUESTIONS[metric]}
    await bench.connector(questions=questions).check(bench.context)
    for name, value in trouble.items():
        setattr(bench.service, name, value)

    connector = bench.connector(questions=questions, email=None)
    with pytest.raises(error):
        await connector.check(replace(bench.context, secrets={"token": token}))
