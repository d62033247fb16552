"""Typeform against the strict fake of it: which responses count, and what hides in its answers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.typeform import Typeform, TypeformSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Delivery,
    Dirty,
    Grain,
    Observation,
    PullRequest,
    TransientError,
    Window,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import typeform as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NPS = vendor.Question(id="hVONkQcnSNRj", ref="recommend")
EASE = vendor.Question(id="WOTdC00F8A3h", ref="ease", type="opinion_scale", group="JwWggjAKtOkA")
QUESTIONS = {
    "nps": {"form": "lR6F4j", "question": "recommend", "score": "NPS"},
    "ease": {"form": "lR6F4j", "question": "WOTdC00F8A3h", "score": "CES"},
}
OCTOBER = a_question("nps", window=days("2026-10-01", "2026-11-01"))


class Bench:
    """A connector in front of the fake, asked with a personal token."""

    def __init__(self, service: vendor.Typeform, http: httpx.AsyncClient) -> None:
        self.service = service
        secrets = {"token": vendor.TOKEN, "webhook_secret": "tf-webhook-secret"}
        self.context = FakeContext(moment=NOW, http=http, secrets=secrets)

    def connector(self, **settings: object) -> Typeform:
        given = {"token": vendor.TOKEN, "url": "https://typeform.test", "questions": QUESTIONS}
        return Typeform(TypeformSettings.read({**given, **settings}))

    async def pull(self, question: PullRequest = OCTOBER) -> list[Observation]:
        return await pull_all(self.connector(), question, self.context)

    def answered(self, at: str, kind: str = "completed", **answers: object) -> None:
        submitted_at = datetime.fromisoformat(at).replace(tzinfo=OSLO).astimezone(UTC)
        token = vendor.token_of(submitted_at, len(self.service.responses))
        given = {one.id: answers[one.ref] for one in (NPS, EASE) if one.ref in answers}
        self.service.responses.append(
            vendor.Answered(token=token, submitted_at=submitted_at, answers=given, type=kind)
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    moments = iter(NOW + timedelta(seconds=second) for second in range(10_000))
    service = vendor.Typeform(now=lambda: next(moments), questions=[NPS, EASE])
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_a_response_at_midnight_counts_in_one_day_though_both_bounds_are_inclusive(
    bench: Bench,
) -> None:
    for at in ("2026-10-24T23:59:59", "2026-10-25T00:00:00", "2026-10-26T00:00:00"):
        bench.answered(at, recommend=9)

    whole = await bench.pull(replace(OCTOBER, grain=Grain.DAY))
    (alone,) = await bench.pull(
        a_question("nps", grain=Grain.DAY, window=days("2026-10-25", "2026-10-26"))
    )

    assert [one.sample_size for one in whole[23:26]] == [1, 1, 1]
    assert alone.sample_size == 1


async def test_a_question_in_a_group_is_found_and_nothing_else_is_asked_for(bench: Bench) -> None:
    bench.answered("2026-10-02T10:00", recommend=2, ease=7)
    bench.answered("2026-10-02T11:00", ease=5)
    bench.answered("2026-10-02T12:00", recommend=2)  # passed the question over

    (found,) = await bench.pull(replace(OCTOBER, metric="ease"))

    assert [found.value, found.sample_size] == [6, 2]
    assert "fields=WOTdC00F8A3h" in bench.service.requests[-1]


async def test_what_was_not_completed_does_not_count(bench: Bench) -> None:
    for kind in ("completed", "partial", "started"):
        bench.answered("2026-10-02T10:00", kind, recommend=10)

    (found,) = await bench.pull()

    assert found.sample_size == 1


async def test_a_response_that_is_hidden_for_half_an_hour_comes_with_the_next_reading(
    bench: Bench,
) -> None:
    bench.answered("2026-11-22T12:50", recommend=10)  # 11:50 UTC, ten minutes ago
    bench.service.hides_recent = True
    november = a_question("nps", window=days("2026-11-01", "2026-12-01"))

    (before,) = await bench.pull(november)
    bench.service.now = lambda: NOW + timedelta(hours=1)
    (after,) = await bench.pull(november)

    assert [before.sample_size, after.sample_size] == [0, 1]


async def test_a_question_that_is_not_in_the_form_is_no_silence(bench: Bench) -> None:
    questions = {"nps": {**QUESTIONS["nps"], "question": "gone"}}

    with pytest.raises(ConfigError, match="The form lR6F4j has no question 'gone'"):
        await pull_all(bench.connector(questions=questions), OCTOBER, bench.context)


@pytest.mark.parametrize("answer", [11, 7.5, "9", None, True])
async def test_an_answer_that_cannot_be_counted_is_refused(bench: Bench, answer: object) -> None:
    bench.answered("2026-10-02T10:00", recommend=answer)

    with pytest.raises(DataError):
        await bench.pull()


@pytest.mark.parametrize(
    ("trouble", "token", "error"),
    [
        pytest.param({}, "another-token", AuthError, id="a wrong token"),
        pytest.param({}, vendor.NARROW, AccessDenied, id="no scope for responses"),
        pytest.param({"form": "other"}, vendor.TOKEN, ConfigError, id="no such form"),
        pytest.param({"is_slow": True}, vendor.TOKEN, TransientError, id="too slow (499)"),
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


EVENT: dict[str, Any] = {  # Any: JSON
    "event_id": "01EK4R5PFZZP6C8H14RTP4YW6C",
    "event_type": "form_response",
    "form_response": {"form_id": "lR6F4j", "submitted_at": "2026-11-22T11:59:31Z", "answers": []},
}


async def delivered(
    bench: Bench,
    secret: str = "tf-webhook-secret",  # noqa: S107 -- the test's
    **more: object,
) -> Sequence[Dirty]:
    event = {**EVENT, "form_response": {**EVENT["form_response"], **more}}
    body, headers = vendor.signed(event, secret=secret)
    delivery = Delivery(body=body, headers=headers, received_at=NOW)
    return await bench.connector(webhook_secret="tf-webhook-secret").receive(  # noqa: S106 -- the test's
        delivery, bench.context
    )


async def test_an_event_says_which_metrics_to_pull_again(bench: Bench) -> None:
    at = datetime(2026, 11, 22, 11, 59, 31, tzinfo=UTC)

    assert await delivered(bench) == [
        Dirty(
            window=Window(at, at + timedelta(seconds=1)),
            metric=metric,
            event_id=f"01EK4R5PFZZP6C8H14RTP4YW6C:{metric}",
        )
        for metric in ("ease", "nps")
    ]
    assert await delivered(bench, form_id="other") == []
    assert await delivered(bench, submitted_at=None) == []


async def test_an_event_with_another_signature_is_refused(bench: Bench) -> None:
    with pytest.raises(AuthError, match="isn't signed"):
        await delivered(bench, secret="guessed")  # noqa: S106 -- the test's
