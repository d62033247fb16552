"""Medallia against the strict fake of it: which records count, and errors beside data."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.medallia import Medallia, MedalliaSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    PullRequest,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import medallia as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTIONS = {
    "nps": {"field": "q_recommend", "score": "NPS"},
    "shops": {"field": "q_recommend", "score": "NPS", "filters": {"e_status": ["0", 'a"b\\']}},
}
AUTUMN = a_question("nps", window=days("2026-09-01", "2026-11-01"))


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.Medallia, http: httpx.AsyncClient) -> None:
        self.service = service
        secrets = {"client_secret": vendor.CLIENT["client_secret"]}
        self.context = FakeContext(moment=NOW, http=http, secrets=secrets)

    def connector(self, **settings: object) -> Medallia:
        given = {
            "url": "https://acme.apis.medallia.test",
            "token_url": "https://acme.medallia.test/oauth/acme/token",
            **vendor.CLIENT,
            "questions": QUESTIONS,
        }
        return Medallia(MedalliaSettings.read({**given, **settings}))

    async def pull(self, question: PullRequest = AUTUMN, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def answered(self, at: str, *answer: str, status: str = "0") -> None:
        finished_at = datetime.fromisoformat(at).replace(tzinfo=OSLO).astimezone(UTC)
        fields = {"q_recommend": answer, "e_status": [status]}
        number = len(self.service.records) + 1
        self.service.records.append(
            vendor.Record(number=number, finished_at=finished_at, fields=fields)
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    moments = iter(NOW + timedelta(seconds=second) for second in range(10_000))
    service = vendor.Medallia(now=lambda: next(moments))
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_a_record_counts_in_the_day_on_which_it_was_finished(bench: Bench) -> None:
    for at in ("24T23:59:59", "25T00:00:00", "25T23:59:59", "26T00:00:00"):
        bench.answered(f"2026-10-{at}", "9")

    found = await bench.pull(
        replace(AUTUMN, grain=Grain.DAY, window=days("2026-10-24", "2026-10-27"))
    )

    assert [one.sample_size for one in found] == [1, 2, 1]


async def test_records_of_one_second_are_told_once_over_several_pages(bench: Bench) -> None:
    for _ in range(12):
        bench.answered("2026-10-02T10:00:00", "10")
    bench.service.most = 5

    _, october = await bench.pull()

    assert october.sample_size == 12
    assert [asked["variables"]["after"] for asked in bench.service.requests] == ["0", "5", "10"]


async def test_a_question_that_was_passed_over_does_not_count(bench: Bench) -> None:
    bench.answered("2026-10-02T10:00", "10")
    bench.answered("2026-10-02T10:00")

    _, october = await bench.pull()

    assert october.sample_size == 1


async def test_filters_let_through_what_has_one_of_their_values(bench: Bench) -> None:
    bench.answered("2026-10-02T10:00", "10", status="0")
    bench.answered("2026-10-02T10:00", "0", status="1")
    bench.answered("2026-10-02T10:00", "10", status='a"b\\')

    _, october = await bench.pull(replace(AUTUMN, metric="shops"))

    assert [october.value, october.sample_size] == [100, 2]


@pytest.mark.parametrize("answer", ["11", "9.5", "N/A", "37%", ""])
async def test_an_answer_that_cannot_be_counted_is_refused(bench: Bench, answer: str) -> None:
    bench.answered("2026-10-02T10:00", answer)

    with pytest.raises(DataError):
        await bench.pull()


async def test_an_error_beside_records_is_no_short_series(bench: Bench) -> None:
    bench.answered("2026-10-02T10:00", "10")
    bench.service.trouble = "Some records couldn't be read."

    with pytest.raises(DataError, match="Some records couldn't be read"):
        await bench.pull()


async def test_one_token_serves_a_whole_pull(bench: Bench) -> None:
    for _ in range(12):
        bench.answered("2026-10-02T10:00:00", "10")
    bench.service.most = 5

    await bench.pull()

    assert len(bench.service.tokens) == 1


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        pytest.param({"client_id": "another"}, AuthError, "invalid_client", id="another client"),
        pytest.param(vendor.NARROW, AccessDenied, "403", id="no right to the Query API"),
        pytest.param({"date_field": "k_other"}, DataError, "not found: k_other", id="no date"),
        pytest.param({"id_field": "a_other"}, DataError, "not found: a_other", id="no number"),
    ],
)
async def test_check_names_what_is_wrong(
    bench: Bench, settings: dict[str, str], error: type[ConnectorError], message: str
) -> None:
    await bench.connector().check(bench.context)

    secret = settings.get("client_secret", vendor.CLIENT["client_secret"])
    context = replace(bench.context, secrets={"client_secret": secret})
    with pytest.raises(error, match=message):
        await bench.connector(**settings).check(context)


def test_a_field_that_is_none_is_refused_before_it_reaches_a_query() -> None:
    given = {"url": "https://m.test", "token_url": "/token", **vendor.CLIENT}
    questions = {"nps": {"score": "NPS", "field": "q_1) { values } }"}}

    with pytest.raises(ConfigError, match=r"questions\.nps\.field"):
        MedalliaSettings.read({**given, "questions": questions})
