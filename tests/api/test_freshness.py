"""How fresh values are, as clients read it, and how a reader asks for fresher ones."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from domain.atlas import Atlas
from domain.node import NodeId
from domain.source import MetricSource, SourceError, SourceState
from ingest.freshness import PREFER_CACHE, Asking, ReadMode, ReadPolicy
from tests.api.asking import Api, Json, an_api, codes
from tests.builders import (
    NOW,
    a_connection,
    a_metric,
    a_source,
    an_atlas,
    an_observation,
)

FRESHNESS = """
query ($read: ReadInput) {
  atlas(read: $read) {
    revision
    metric(key: "MT-1") {
      freshness { state reason { code message } nextRefreshAt askedAt lastError { code retryAt } }
      sources {
        key
        freshness {
          state reason { code } observedAt askedAt attemptedAt nextRefreshAt maxAgeSeconds
          lastError { code fault message at retryAt }
        }
      }
    }
  }
}
"""

AN_HOUR_AGO = NOW - timedelta(hours=1)
TWO_HOURS_AGO = NOW - timedelta(hours=2)


@dataclass
class FakeRefresher:
    """Remembers what it was asked; `in_flight` and `late` are what it tells."""

    in_flight: frozenset[NodeId] = frozenset()
    late: frozenset[NodeId] = frozenset()
    begun: list[ReadPolicy] = field(default_factory=list[ReadPolicy])
    waited: list[float] = field(default_factory=list[float])

    def behind(self, atlas: Atlas, policy: ReadPolicy) -> None:
        del atlas
        self.begun.append(policy)

    async def live(self, atlas: Atlas, policy: ReadPolicy, *, seconds: float) -> frozenset[NodeId]:
        del atlas, policy
        self.waited.append(seconds)
        return self.late

    def asking(self, atlas: Atlas, source: MetricSource) -> Asking:
        del atlas
        return Asking(in_flight=source.id in self.in_flight)


@pytest.mark.parametrize(
    ("source", "in_flight", "expected"),
    [
        pytest.param(a_source(asked_at=AN_HOUR_AGO), False, ("FRESH", None), id="an hour: FRESH"),
        pytest.param(a_source(asked_at=AN_HOUR_AGO), True, ("FRESH", None), id="still FRESH"),
        pytest.param(
            a_source(asked_at=TWO_HOURS_AGO), False, ("STALE", "TOO_OLD"), id="two hours: STALE"
        ),
        pytest.param(
            a_source(asked_at=TWO_HOURS_AGO), True, ("REFRESHING", "BEING_ASKED"), id="REFRESHING"
        ),
        pytest.param(a_source(), True, ("PENDING", "BEING_ASKED"), id="PENDING"),
        pytest.param(a_source(), False, ("NEVER", "NOT_ASKED"), id="NEVER"),
    ],
)
async def test_a_source_tells_its_state_and_why(
    source: MetricSource, *, in_flight: bool, expected: tuple[str, str | None]
) -> None:
    flying = frozenset({source.id}) if in_flight else frozenset[NodeId]()
    api = an_api(atlas_of(source), refresher=FakeRefresher(in_flight=flying))

    found = (await metric(api))["freshness"]

    assert (found["state"], found["reason"] and found["reason"]["code"]) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        # Asked and failed just now; the default interval between two tries is a minute.
        pytest.param(
            SourceState.FAILING, ("STALE", "FAILED", "2026-11-22T12:01:00+00:00"), id="vendor's"
        ),
        pytest.param(
            SourceState.NEEDS_ATTENTION, ("STALE", "NEEDS_ATTENTION", None), id="customer's"
        ),
    ],
)
async def test_a_failure_makes_the_last_value_stale_and_is_told_whole(
    state: SourceState, expected: tuple[str, str, str | None]
) -> None:
    error = SourceError(code="AUTH_ERROR", fault="CUSTOMER", message="Log in again.", at=NOW)
    source = a_source(state=state, asked_at=AN_HOUR_AGO, error=error, updated_at=TWO_HOURS_AGO)
    csv = a_connection(updated_at=TWO_HOURS_AGO)

    found = (await metric(an_api(atlas_of(source, csv))))["sources"][0]["freshness"]

    assert (found["state"], found["reason"]["code"], found["nextRefreshAt"]) == expected
    assert found["lastError"] == {
        "code": "AUTH_ERROR",
        "fault": "CUSTOMER",
        "message": "Log in again.",
        "at": "2026-11-22T12:00:00+00:00",
        "retryAt": None,
    }


async def test_a_metrics_freshness_is_that_of_the_source_that_answers() -> None:
    first = a_source("MT-1", "first", precedence=0, asked_at=NOW)
    second = a_source("MT-1", "second", precedence=1, asked_at=TWO_HOURS_AGO)
    atlas = atlas_of(first, second, a_connection("first"), a_connection("second"))

    by_second = await metric(an_api(atlas, [an_observation(5, source="second")]))
    by_first = await metric(an_api(atlas, [an_observation(5, source=s) for s in BOTH]))
    by_none = await metric(an_api(atlas))

    states = [found["freshness"]["state"] for found in (by_second, by_first, by_none)]
    assert states == ["STALE", "FRESH", "STALE"]
    observed = [source["freshness"]["observedAt"] for source in by_second["sources"]]
    assert observed == [None, "2026-10-31T23:00:00+00:00"]


BOTH = ("first", "second")


async def test_a_derived_metric_is_as_fresh_as_the_least_fresh_it_comes_from() -> None:
    atlas = an_atlas(
        a_metric("MT-1", formula="{MT-2} + {MT-3}"),
        a_metric("MT-2"),
        a_metric("MT-3"),
        a_source("MT-2", asked_at=NOW),
        a_source("MT-3", asked_at=TWO_HOURS_AGO),
    )

    found = (await metric(an_api(atlas)))["freshness"]

    assert (found["state"], found["askedAt"]) == ("STALE", "2026-11-22T10:00:00+00:00")


async def test_a_metric_without_a_source_says_so() -> None:
    atlas = atlas_of(a_source(archived_at=NOW))

    found = (await metric(an_api(atlas)))["freshness"]

    assert (found["state"], found["reason"]["code"]) == ("NEVER", "NO_SOURCE")


async def test_the_readers_maximum_age_decides() -> None:
    api = an_api(atlas_of(a_source(asked_at=AN_HOUR_AGO)))

    found = (await metric(api, maxAgeSeconds=600))["sources"][0]["freshness"]

    assert (found["state"], found["maxAgeSeconds"]) == ("STALE", 600)


async def test_unless_told_otherwise_sources_are_refreshed_behind_the_answer() -> None:
    refresher = FakeRefresher()
    api = an_api(atlas_of(a_source()), refresher=refresher)

    await metric(api)

    assert (refresher.begun, refresher.waited) == ([PREFER_CACHE], [])


async def test_a_policy_reaches_the_refresher_as_it_was_asked_for() -> None:
    refresher = FakeRefresher()
    api = an_api(atlas_of(a_source()), refresher=refresher)

    await metric(api, mode="CACHED_ONLY", maxAgeSeconds=5, deadlineSeconds=2.5, metrics=["MT-1"])

    assert refresher.begun == [
        ReadPolicy(
            mode=ReadMode.CACHED_ONLY,
            max_age=timedelta(seconds=5),
            deadline=timedelta(seconds=2.5),
            metrics=("MT-1",),
        )
    ]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        # An operation may take 10 s, of which 4 s are over: four fifths of 6 s are 4.8 s.
        pytest.param({}, 4.8, id="nothing said: what the operation can spare"),
        pytest.param({"deadlineSeconds": 2}, 2.0, id="less than that"),
        pytest.param({"deadlineSeconds": 60}, 4.8, id="more is cut"),
        pytest.param({"deadlineSeconds": 0}, 0.0, id="no time at all"),
    ],
)
async def test_a_live_reading_waits_no_longer_than_the_operation_can_spare(
    asked: Json, seconds: float
) -> None:
    refresher, times = FakeRefresher(), iter([100.0])
    api = an_api(atlas_of(a_source()), refresher=refresher, monotonic=lambda: next(times, 104.0))

    await metric(api, mode="LIVE", **asked)

    assert refresher.waited == [pytest.approx(seconds)]
    assert refresher.begun == []


async def test_after_a_live_reading_the_atlas_is_read_anew() -> None:
    api = an_api(atlas_of(a_source()), refresher=FakeRefresher())

    await metric(api, mode="LIVE")

    assert len(api.views.opened) == 2


async def test_a_deadline_that_passes_is_a_reason_and_no_error() -> None:
    source = a_source(asked_at=TWO_HOURS_AGO)
    waiting = frozenset({source.id})
    refresher = FakeRefresher(in_flight=waiting, late=waiting)
    api = an_api(atlas_of(source), [an_observation(5)], refresher=refresher)

    answer = await api.ask(
        """{ atlas(read: {mode: LIVE, deadlineSeconds: 1}) { metric(key: "MT-1") {
        value { value } freshness { state reason { code } } } } }"""
    )

    assert answer["atlas"]["metric"] == {
        "value": {"value": 5.0},
        "freshness": {"state": "REFRESHING", "reason": {"code": "DEADLINE"}},
    }


@pytest.mark.parametrize(
    "read",
    [
        pytest.param("{maxAgeSeconds: -1}", id="negative age"),
        pytest.param("{maxAgeSeconds: 2147483647}", id="age of decades"),
        pytest.param("{deadlineSeconds: -0.1}", id="negative deadline"),
        pytest.param("{deadlineSeconds: 1e300}", id="endless deadline"),
        pytest.param("{metrics: [" + '"MT-1" ' * 201 + "]}", id="too many metrics"),
    ],
)
async def test_what_makes_no_sense_is_refused(read: str) -> None:
    api = an_api(atlas_of(a_source()))

    errors = await api.errors(f"{{ atlas(read: {read}) {{ revision }} }}")

    assert codes(errors) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("mode", ["PREFER_CACHE", "CACHED_ONLY", "LIVE"])
async def test_a_metric_that_is_not_there_is_named_in_every_mode(mode: str) -> None:
    api = an_api(atlas_of(a_source()))

    [error] = await api.errors(
        f'{{ atlas(read: {{mode: {mode}, metrics: ["MT-1", "MT-9"]}}) {{ revision }} }}'
    )

    assert error["extensions"]["code"] == "NOT_FOUND"
    assert error["message"] == "No metric has the key 'MT-9'."


def atlas_of(*nodes: Json) -> Atlas:
    return an_atlas(a_metric("MT-1"), *nodes)


async def metric(api: Api, **read: Json) -> Json:
    """Ask for the freshness of MT-1 and its sources."""
    return (await api.ask(FRESHNESS, read=read or None))["atlas"]["metric"]
