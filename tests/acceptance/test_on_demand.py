"""Reading on demand over a real server, while the sample's sources misbehave."""

import time
from dataclasses import dataclass

import pytest

from tests.acceptance.product import Json, Server, serving

FRESHNESS = """
query ($read: ReadInput) {
  atlas(read: $read) {
    revision
    objective(key: "O1") { progress { value } }
    slow: metric(key: "MT-CES") { ...How }
    broken: metric(key: "MT-CHURN") { ...How }
    restating: metric(key: "MT-PREAPP") { ...How }
  }
}

fragment How on Metric {
  value { value reason { code } }
  freshness { state reason { code } lastError { code fault } }
  sources {
    connection { key }
    freshness { state reason { code message } observedAt lastError { code fault message } }
  }
}
"""


@dataclass
class Told:
    """An answer and how long it took."""

    atlas: Json
    seconds: float

    def source(self, metric: str, connection: str) -> Json:
        """Give the freshness of one source."""
        sources = self.atlas[metric]["sources"]
        return next(s["freshness"] for s in sources if s["connection"]["key"] == connection)


@dataclass
class Story:
    """What a reader is told by a demo that has just started, one reading after another."""

    at_once: Told
    hurried: Told
    patient: Told


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    home = tmp_path_factory.mktemp("on-demand")
    home.chmod(0o755)
    with serving(home, "--demo") as server:
        return Story(
            at_once=told(server),
            hurried=told(server, mode="LIVE", metrics=["MT-CES"], deadlineSeconds=0.3),
            patient=told(server, mode="LIVE", metrics=["MT-CES"]),
        )


def told(server: Server, **read: Json) -> Told:
    begun = time.monotonic()
    atlas = server.data(FRESHNESS, read=read or None)["atlas"]
    return Told(atlas, time.monotonic() - begun)


def test_a_slow_and_a_broken_source_hold_no_answer_up(story: Story) -> None:
    answer = story.at_once

    assert answer.seconds < 1
    assert answer.atlas["objective"]["progress"]["value"] == pytest.approx(0.575)
    assert answer.source("slow", "slow")["state"] == "PENDING"
    assert answer.atlas["slow"]["freshness"]["state"] == "FRESH"  # the file answers in its place


def test_a_broken_source_is_one_null_with_its_reason(story: Story) -> None:
    broken = story.at_once.atlas["broken"]

    assert broken["value"] == {"value": None, "reason": {"code": "SOURCE_FAILING"}}
    assert broken["freshness"] == {
        "state": "NEVER",
        "reason": {"code": "FAILED"},
        "lastError": {"code": "TRANSIENT_ERROR", "fault": "VENDOR"},
    }


def test_a_restating_source_is_fresh_like_any_other(story: Story) -> None:
    restating = story.at_once.source("restating", "restating")

    assert (restating["state"], restating["lastError"]) == ("FRESH", None)


def test_a_live_reading_waits_until_its_deadline_and_no_longer(story: Story) -> None:
    answer = story.hurried

    assert 0.3 <= answer.seconds < 1.3
    assert answer.source("slow", "slow")["reason"]["code"] == "DEADLINE"
    assert answer.atlas["objective"]["progress"]["value"] == pytest.approx(0.575)


def test_a_live_reading_that_is_given_time_sees_what_the_source_brought(story: Story) -> None:
    answer = story.patient

    assert answer.seconds > 1
    assert answer.source("slow", "slow") == {
        "state": "FRESH",
        "reason": None,
        "observedAt": "2026-10-31T23:00:00+00:00",
        "lastError": None,
    }
    assert answer.atlas["revision"] > story.hurried.atlas["revision"]
