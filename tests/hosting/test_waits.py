"""What a source's headers say of when to come again."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from journey_atlas_sdk.hosting.waits import LONGEST_WAIT, is_limited, retry_after, wait_of_refusal

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EPOCH = int(NOON.timestamp())

Headers = dict[str, str]


def wait(headers: Headers) -> float | None:
    found = wait_of_refusal(httpx.Headers(headers), NOON)
    return None if found is None else found.total_seconds()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"Retry-After": "4"}, 4, id="seconds"),
        pytest.param({"Retry-After": "1.5"}, 1.5, id="a part of a second"),
        pytest.param({"Retry-After": "Sun, 22 Nov 2026 12:00:04 GMT"}, 4, id="HTTP date"),
        pytest.param(
            {"X-RateLimit-Reset": f"{EPOCH + 4}", "X-RateLimit-Remaining": "0"}, 4, id="epoch"
        ),
        pytest.param({"x-rate-limit-reset": f"{EPOCH * 1000 + 4000}"}, 4, id="in milliseconds"),
        pytest.param({"ratelimit-reset": "41", "ratelimit-remaining": "0"}, 41, id="seconds left"),
        pytest.param(
            {
                "X-Ratelimit-App-Global-Minute-Remaining": "7",
                "X-Ratelimit-App-Global-Minute-Reset": "40",
                "X-Ratelimit-App-Global-Day-Remaining": "0",
                "X-Ratelimit-App-Global-Day-Reset": "30000",
            },
            30_000,  # the day's, of which nothing is left
            id="of two limits the one that is spent",
        ),
        pytest.param({"X-RateLimit-Reset": "2026-11-22T12:01Z"}, 60, id="ISO 8601"),
        pytest.param({"X-RateLimit-Reset": "2026-11-22T13:01:00+01:00"}, 60, id="with offset"),
        pytest.param({"RateLimit": '"project";r=0;t=3600'}, 3600, id="structured"),
        pytest.param(
            {"RateLimit": '"project";r=12, "project-concurrency";r=0;t=10'}, 10, id="the second"
        ),
        pytest.param({"RateLimit": '"a,b;t=9";r=0;t=3'}, 3, id="a name with marks in it"),
        pytest.param({"Beta-RateLimit": '"tenant-app-quota";r=0;t=2107'}, 2107, id="beta"),
        pytest.param({"Retry-After": "4", "RateLimit": '"p";r=0;t=60'}, 60, id="the longer one"),
    ],
)
def test_each_form_of_a_wait_is_read(headers: Headers, seconds: float) -> None:
    assert wait(headers) == seconds


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Retry-After": "soon"}, id="no form"),
        pytest.param(
            {"X-RateLimit-Reset": f"{EPOCH + 9}", "X-RateLimit-Remaining": "8"}, id="left"
        ),
        pytest.param({"RateLimit": '"project";r=3;t=3600'}, id="structured, left"),
        pytest.param({"RateLimit-Policy": '"project";q=60;w=3600'}, id="the policy alone"),
        pytest.param({"X-RateLimit-Limit": "60"}, id="the limit alone"),
    ],
)
def test_headers_that_ask_for_no_wait_give_none(headers: Headers) -> None:
    assert wait(headers) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0), id="gone by"),
        pytest.param("99999999999999999999", LONGEST_WAIT, id="for ever"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT, id="to the end of days"),
        pytest.param("0", timedelta(0), id="at once"),
    ],
)
def test_a_wait_is_bounded_on_both_sides(written: str, expected: timedelta) -> None:
    assert retry_after(httpx.Headers({"Retry-After": written}), NOON) == expected


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        # Theirs is 3 s behind ours: by it there are 4 + 3 s left.
        pytest.param("Sun, 22 Nov 2026 11:59:57 GMT", 7, id="behind"),
        pytest.param("Sun, 22 Nov 2026 12:00:03 GMT", 4, id="ahead: ours is the safe one"),
        pytest.param("Sat, 21 Nov 2026 12:00:00 GMT", 4, id="a day off is no clock"),
    ],
)
def test_a_moment_is_read_on_the_slower_of_the_two_clocks(date: str, seconds: float) -> None:
    assert wait({"X-RateLimit-Reset": f"{EPOCH + 4}", "Date": date}) == seconds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Retry-After": "4"}, True, id="Retry-After"),
        pytest.param({"Retry-After": "soon"}, True, id="an illegible one"),
        pytest.param({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, True, id="spent"),
        pytest.param({"X-RateLimit-Remaining": "8", "X-RateLimit-Reset": "9"}, False, id="left"),
        pytest.param({}, False, id="none"),
    ],
)
def test_a_403_with_the_headers_of_a_spent_limit_is_a_limit(
    headers: Headers, *, expected: bool
) -> None:
    assert is_limited(httpx.Headers(headers), NOON) is expected
