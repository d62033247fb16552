"""What Google's services refuse with, named by what happens next."""

from typing import Any

import httpx
import pytest

from journey_atlas_sdk import (
    AccessDenied,
    ConfigError,
    ConnectorError,
    DataError,
    QuotaExhausted,
    RateLimited,
)
from journey_atlas_sdk.google_errors import REFUSALS, require_answer
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.testing import client_over


async def asked(status: int, body: Any) -> None:  # noqa: ANN401 -- Any: JSON
    async with client_over(lambda _: httpx.Response(status, json=body)) as http:
        response = await http.get("https://google.test", extensions=terms(expect=REFUSALS))
        require_answer(response, "Sheets")


def refusal(reason: str) -> dict[str, Any]:  # Any: JSON
    told = [{"reason": reason, "domain": "global", "message": "No."}] if reason else []
    return {"error": {"code": 403, "message": "No.", "errors": told}}


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (403, "rateLimitExceeded", RateLimited),
        (403, "quotaExceeded", QuotaExhausted),
        (403, "accessDenied", AccessDenied),
        (403, "anotherOne", AccessDenied),
        (403, "", AccessDenied),
        (404, "notFound", ConfigError),
        (400, "invalidQuery", ConfigError),
    ],
)
async def test_a_reason_is_named_by_what_happens_next(
    status: int, reason: str, error: type[ConnectorError]
) -> None:
    with pytest.raises(error) as caught:
        await asked(status, refusal(reason))

    assert caught.type is error


async def test_the_services_own_words_are_told() -> None:
    with pytest.raises(ConfigError, match=r"^Sheets says: No\.$"):
        await asked(400, refusal("invalid"))


async def test_an_answer_passes_and_what_is_no_refusal_of_googles_is_refused() -> None:
    await asked(200, {"values": []})

    with pytest.raises(DataError):
        await asked(400, {"detail": "a proxy"})
