"""A signed webhook: what is taken, what is refused, and that there is nothing to pull."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.webhook import Webhook, WebhookSettings
from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    DataError,
    Delivery,
    MetricSpec,
    Observation,
    ObservationState,
    Unit,
    UnitKind,
)
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.plugins.questions import a_question
from tests.vendors.webhook import OTHER_SECRET, SECRET, signed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OCTOBER: dict[str, Any] = {  # Any: JSON
    "metric": "trust",
    "period_start": "2026-10-01T00:00:00+02:00",
    "period_end": "2026-11-01T00:00:00+01:00",
    "value": 66.4,
}


def a_webhook(**settings: object) -> Webhook:
    return Webhook(WebhookSettings.read({"secret": SECRET, **settings}))


async def received(
    body: bytes, headers: Mapping[str, str], *, secret: str = SECRET, **settings: object
) -> list[Observation]:
    delivery = Delivery(body=body, headers=headers, received_at=NOW)
    context = FakeContext(moment=NOW, secrets={"secret": secret})
    return list(await a_webhook(**settings).receive(delivery, context))


async def received_rows(*rows: Mapping[str, Any]) -> list[Observation]:  # Any: JSON
    return await received(*signed({"rows": rows}, at=NOW))


async def test_a_signed_delivery_gives_its_observations() -> None:
    row = {
        **OCTOBER,
        "value": "0.664",
        "dimensions": {"channel": "app"},
        "sample_size": 1180,
        "numerator": 783.52,
        "denominator": 1180,
        "standard_error": 0.0137,
    }

    assert await received_rows(row) == [
        Observation(
            metric="trust",
            start=datetime(2026, 9, 30, 22, tzinfo=UTC),
            end=datetime(2026, 10, 31, 23, tzinfo=UTC),
            value=Decimal("0.664"),
            dimensions=(("channel", "app"),),
            sample_size=1180,
            numerator=Decimal("783.52"),
            denominator=Decimal(1180),
            standard_error=Decimal("0.0137"),
        )
    ]


async def test_numbers_keep_every_digit_and_none_stays_none() -> None:
    body = json.dumps({"rows": [OCTOBER, {**OCTOBER, "metric": "nps", "value": None}]})
    exact = body.replace("66.4", "66.40000000000000000000000000000001").encode()

    found = await received(*signed(exact, at=NOW))

    assert [one.value for one in found] == [
        Decimal("66.40000000000000000000000000000001"),
        None,
    ]


async def test_a_period_that_runs_is_provisional_unless_the_row_tells() -> None:
    running = {**OCTOBER, "period_end": "2026-12-01T00:00:00+01:00"}

    found = await received_rows(
        OCTOBER, running, {**OCTOBER, "metric": "nps", "state": "PROVISIONAL"}
    )

    assert [one.state for one in found] == [
        ObservationState.FINAL,
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_a_delivery_without_one_of_its_headers_is_refused(header: str) -> None:
    body, headers = signed({"rows": [OCTOBER]}, at=NOW)

    with pytest.raises(AuthError, match="isn't signed"):
        await received(body, {name: told for name, told in headers.items() if name != header})


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"webhook-id": "msg_other"}, id="another id"),
        pytest.param({"webhook-timestamp": "1795348801"}, id="another time"),
        pytest.param({"webhook-signature": "v1,AAAA"}, id="another signature"),
        pytest.param({"webhook-signature": "v1,Ærlig"}, id="no ASCII"),
    ],
)
async def test_what_was_changed_on_its_way_is_refused(forged: dict[str, str]) -> None:
    body, headers = signed({"rows": [OCTOBER]}, at=NOW)

    with pytest.raises(AuthError, match="isn't signed"):
        await received(body, {**headers, **forged})
    with pytest.raises(AuthError, match="isn't signed"):
        await received(body.replace(b"66.4", b"99.4"), headers)


async def test_the_signature_is_over_the_bytes_as_they_came() -> None:
    body, headers = signed({"rows": [OCTOBER]}, at=NOW)

    with pytest.raises(AuthError):
        await received(json.dumps(json.loads(body), indent=1).encode(), headers)


async def test_one_of_several_signatures_will_do_while_a_secret_is_changed() -> None:
    body, headers = signed({"rows": [OCTOBER]}, at=NOW)
    _, old = signed({"rows": [OCTOBER]}, at=NOW, secret=OTHER_SECRET)
    both = f"{old['webhook-signature']} {headers['webhook-signature']} v1a,ed25519"

    assert await received(body, {**headers, "webhook-signature": both})


@pytest.mark.parametrize(
    ("age", "is_taken"),
    [
        pytest.param(timedelta(seconds=300), True, id="just in time"),
        pytest.param(timedelta(seconds=301), False, id="too old"),
        pytest.param(timedelta(seconds=-301), False, id="from the future"),
    ],
)
async def test_a_delivery_is_taken_within_the_tolerance_alone(
    age: timedelta, *, is_taken: bool
) -> None:
    delivery = signed({"rows": [OCTOBER]}, at=NOW - age)

    if is_taken:
        assert await received(*delivery)
    else:
        with pytest.raises(AuthError, match="isn't within 300 seconds"):
            await received(*delivery)


@pytest.mark.parametrize("stamp", ["", "soon", "1e30", "9" * 30])
async def test_a_timestamp_that_counts_no_seconds_is_refused(stamp: str) -> None:
    with pytest.raises(DataError, match="counts no seconds"):
        await received(*signed({"rows": [OCTOBER]}, at=stamp))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param({"value": "37%"}, "rows.0.value: ", id="percent"),
        pytest.param({"value": True}, "rows.0.value: ", id="boolean"),
        pytest.param({"period_start": "2026-10-01"}, "offset", id="no offset"),
        pytest.param({"period_start": 1790805600}, "offset", id="seconds"),
        pytest.param({"period_end": "2026-09-01T00:00:00Z"}, "ends before", id="backwards"),
        pytest.param({"sample_size": -1}, "sample_size", id="below nobody"),
        pytest.param({"sample_size": "many"}, "sample_size", id="no count"),
        pytest.param({"numerator": 3}, "come together", id="no denominator"),
        pytest.param({"metric": ""}, "metric", id="no metric"),
        pytest.param({"chanel": "app"}, "chanel", id="a slip"),
        pytest.param({"state": "DONE"}, "state", id="no state"),
    ],
)
async def test_a_row_that_cannot_be_read_is_named(row: dict[str, object], told: str) -> None:
    with pytest.raises(DataError, match=told):
        await received_rows({**OCTOBER, **row})


async def test_a_period_that_comes_twice_is_refused() -> None:
    with pytest.raises(DataError, match="twice"):
        await received_rows(OCTOBER, {**OCTOBER, "value": 1})


@pytest.mark.parametrize("body", [b"", b"[]", b'{"rows": []}', b'{"rows": [NaN]}', b"\xff"])
async def test_a_delivery_that_holds_no_rows_is_refused(body: bytes) -> None:
    with pytest.raises(DataError):
        await received(*signed(body, at=NOW))


async def test_there_is_nothing_to_pull() -> None:
    with pytest.raises(ConfigError, match="trust can't be asked for"):
        await pull_all(a_webhook(), a_question())


@pytest.mark.parametrize("secret", ["hunter2", "whsec_c2hvcnQ=", "whsec_!!!", ""])
async def test_a_secret_that_could_be_guessed_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ConfigError, match="24 random bytes") as caught:
        await a_webhook().check(FakeContext(secrets={"secret": secret}))

    assert "hunter2" not in f"{caught.value.message} {caught.value.detail}"


async def test_check_passes_with_a_good_secret() -> None:
    await a_webhook().check(FakeContext(secrets={"secret": SECRET}))


async def test_discover_lists_what_the_settings_give_a_unit() -> None:
    found = await a_webhook(units={"trust": {"kind": "SCORE"}}).discover(FakeContext())

    assert found == [MetricSpec(key="trust", title="trust", unit=Unit(kind=UnitKind.SCORE))]
