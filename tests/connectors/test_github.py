"""GitHub against the strict fake of it: what is searched, how its limits show, what it refuses."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from connectors.github import GitHub, GitHubSettings
from journey_atlas_sdk import (
    AccessDenied,
    ConfigError,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    PullRequest,
    RateLimited,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import github as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OCTOBER = days("2026-10-01", "2026-11-01")


def asked(events: str = "PULL_REQUESTS", **more: object) -> dict[str, object]:
    return {"repository": vendor.REPOSITORY, "events": events, **more}


REPORTS: dict[str, Any] = {  # Any: JSON
    "merged": asked(),
    "lead-time": asked(measure="MEDIAN"),
    "incidents": asked("ISSUES", where="label:incident"),
    "releases": asked("RELEASES"),
}


class Bench:
    """A connector in front of the fake of the service."""

    def __init__(self, service: vendor.GitHub, http: httpx.AsyncClient) -> None:
        self.service = service
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> GitHub:
        given = {"token": vendor.TOKEN, "reports": REPORTS, **settings}
        return GitHub(GitHubSettings.read({"url": "https://api.github.test", **given}))

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)


def closed(*times: str, **more: Any) -> list[vendor.Item]:  # noqa: ANN401 -- an item's fields
    """What was closed at times of Oslo, an hour after it was opened."""
    moments = [datetime.fromisoformat(written).replace(tzinfo=OSLO) for written in times]
    return [
        vendor.Item(number=n, created_at=at - timedelta(hours=1), closed_at=at, **more)
        for n, at in enumerate(moments)
    ]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.GitHub(now=lambda: NOW)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_a_range_holds_both_of_its_ends_so_it_ends_a_second_earlier(bench: Bench) -> None:
    edges = ("2026-09-30T23:59:59", "2026-10-01T00:00", "2026-10-31T23:59:59", "2026-11-01T00:00")
    bench.service.items = closed(*edges)

    found = await bench.pull(a_question("merged", window=days("2026-09-01", "2026-12-01")))

    assert [one.value for one in found] == [1, 2, 1]
    october = httpx.URL(bench.service.requests[1]).params
    assert october["q"] == (
        "repo:acme/app is:pr merged:2026-09-30T22:00:00+00:00..2026-10-31T22:59:59+00:00"
    )
    assert october["per_page"] == "1"  # nobody reads the items of a total


async def test_issues_can_be_narrowed_by_more_of_the_search(bench: Bench) -> None:
    bench.service.items = [
        *closed("2026-10-05T10:00", is_pull_request=False, labels=["incident"]),
        *closed("2026-10-06T10:00", is_pull_request=False),
        *closed("2026-10-07T10:00", labels=["incident"]),
    ]

    (found,) = await bench.pull(a_question("incidents", window=OCTOBER))

    assert found.value == 1


async def test_of_releases_only_those_for_everyone_count(bench: Bench) -> None:
    first = datetime(2026, 10, 1, tzinfo=OSLO)
    bench.service.releases = [
        *(
            vendor.Release(number=n, published_at=first + n * timedelta(hours=6))
            for n in range(121)
        ),
        vendor.Release(number=900, published_at=first, is_prerelease=True),
        vendor.Release(number=901, published_at=None),
    ]

    found = await bench.pull(a_question("releases", window=OCTOBER, grain=Grain.WEEK))

    # Four a day make weeks of 28, from Monday the 5th to Sunday the 25th.
    assert [one.value for one in found] == [28, 28, 28]
    assert len(bench.service.requests) == 2  # a page of 100, and the one that `Link` names


async def test_more_than_a_search_gives_is_searched_in_parts(bench: Bench) -> None:
    first = datetime(2026, 10, 1, tzinfo=OSLO)
    bench.service.items = [
        vendor.Item(number=n, created_at=at - timedelta(seconds=n), closed_at=at)
        for n in range(1_201)
        for at in [first + n * timedelta(minutes=30)]
    ]
    bench.service.search.count = 1_000

    (found,) = await bench.pull(a_question("lead-time", window=OCTOBER))

    # Open for 0, 1, 2 … 1,200 seconds.
    assert (found.value, found.sample_size) == (Decimal(600), 1_201)


async def test_a_search_that_had_no_time_is_truncated_and_provisional(bench: Bench) -> None:
    bench.service.is_incomplete = True

    (found,) = await bench.pull(a_question("merged", window=OCTOBER))

    assert found.flags == {ObservationFlag.TRUNCATED}
    assert found.state is ObservationState.PROVISIONAL


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(vendor.limited("Slow down.", headers={"Retry-After": "3"}), id="Retry-After"),
        pytest.param(
            vendor.limited(
                "API rate limit exceeded",
                headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795348804"},
            ),
            id="nothing left",
        ),
        pytest.param(vendor.limited("Too many", status=429, headers={}), id="429"),
    ],
)
async def test_a_limit_is_waited_out(bench: Bench, refusal: Response) -> None:
    bench.service.refusals.append(refusal)

    (found,) = await bench.pull(a_question("merged", window=OCTOBER))

    assert found.value == 0


async def test_a_limit_that_shows_in_words_alone_is_no_lack_of_rights(bench: Bench) -> None:
    left = {"X-RateLimit-Remaining": "17", "X-RateLimit-Reset": "1795348804"}
    words = "You have exceeded a secondary rate limit."
    bench.service.refusals.append(vendor.limited(words, headers=left))

    with pytest.raises(RateLimited) as caught:
        await bench.pull(a_question("merged", window=OCTOBER))

    assert caught.value.retry_after == timedelta(minutes=1)


async def test_the_request_that_spends_the_last_point_is_answered(bench: Bench) -> None:
    bench.service.search.count = 1
    bench.service.items = closed("2026-10-05T10:00")

    (found,) = await bench.pull(a_question("merged", window=OCTOBER))

    assert found.value == 1


async def test_a_repository_that_nobody_sees_is_denied(bench: Bench) -> None:
    other = {"merged": {**asked(), "repository": "acme/secret"}}

    with pytest.raises(AccessDenied, match="no such repository"):
        await bench.connector(reports=other).check(bench.context)
    with pytest.raises(ConfigError, match="do not have permission to view"):
        await bench.pull(a_question("merged", window=OCTOBER), reports=other)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(asked("RELEASES", measure="MEDIAN"), id="how long a release takes"),
        pytest.param(asked("RELEASES", where="label:x"), id="some releases"),
        pytest.param({**asked(), "repository": "acme/app is:open"}, id="more than a name"),
        pytest.param(asked("COMMITS"), id="unknown events"),
    ],
)
def test_reports_that_cannot_work_are_refused(report: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="reports"):
        GitHubSettings.read({"token": "a", "reports": {"merged": report}})
