"""`atlas serve --demo`: the sample bank answers its golden values over HTTP."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.product import QUERIES, Json, Server, atlas_json, serving

OBJECTIVES = """
{
  atlas {
    objectives {
      nodes {
        key
        progress { value dataCoverage }
        status { code }
        keyResults { isGuardrail progress { raw value } }
      }
    }
  }
}
"""

# Progress, data coverage and status of each objective on 2026-11-22, then raw and clamped progress
# of each counted key result, as the sample's own table has them, to four digits.
GOLDEN = {
    "O1": (0.5750, 1.0, "OFF_TRACK", [(0.6, 0.6), (0.35, 0.35), (0.75, 0.75)]),
    "O2": (0.5167, 1.0, "OFF_TRACK", [(0.7, 0.7), (0.6667, 0.6667), (-0.2, 0.0)]),
    "O3": (0.5500, 1.0, "ON_TRACK", [(0.525, 0.525), (0.6, 0.6)]),
    "O4": (0.7188, 1.0, "ON_TRACK", [(1.2097, 1.0), (0.4375, 0.4375)]),
    "O5": (0.7143, 1.0, "AT_RISK", [(0.7143, 0.7143)]),
    "O7": (None, 0.0, "NO_DATA", [(None, None)] * 3),
    "O8": (0.7000, 1.0, "MISSED", [(0.7, 0.7)]),
    "O10": (0.4700, 1.0, "AT_RISK", [(0.47, 0.47)]),
    "O11": (0.6429, 1.0, "AT_RISK", [(0.6429, 0.6429)]),
}


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    home.chmod(0o755)
    return home


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Iterator[Server]:
    with serving(demo_home, "--demo") as server:
        yield server


def test_every_objective_answers_its_golden_value_and_status(demo: Server) -> None:
    answered = {
        objective["key"]: (
            rounded(objective["progress"]["value"]),
            objective["progress"]["dataCoverage"],
            objective["status"]["code"],
            [
                (rounded(kr["progress"]["raw"]), rounded(kr["progress"]["value"]))
                for kr in objective["keyResults"]
                if not kr["isGuardrail"]
            ],
        )
        for objective in demo.data(OBJECTIVES)["atlas"]["objectives"]["nodes"]
    }

    assert answered == GOLDEN


def test_the_pinned_clock_is_told_and_its_day_is_asked_by_default(demo: Server) -> None:
    by_default = demo.data("{ atlas { asOf } }")

    assert by_default == {"atlas": {"asOf": "2026-11-22"}}
    assert any("clock stands still at 2026-11-22T12:00Z" in line for line in demo.said)


def test_an_earlier_day_moves_values_and_expectation(demo: Server) -> None:
    question = """
      query ($day: Date) {
        atlas(asOf: $day) { objective(key: "O1") { progress { value } status { expected } } }
      }
    """

    now = demo.data(question)["atlas"]["objective"]
    half_a_year_ago = demo.data(question, day="2026-06-30")["atlas"]["objective"]

    assert half_a_year_ago["progress"]["value"] < now["progress"]["value"]
    assert half_a_year_ago["status"]["expected"] == pytest.approx(180 / 365)  # days before 30 June


def test_a_source_that_never_answered_is_one_null_with_a_reason(demo: Server) -> None:
    question = """
      {
        atlas {
          metric(key: "MT-CHURN") {
            value { value reason { code message } }
            sources { state error { code fault message } }
          }
          objective(key: "O1") { progress { value } }
        }
      }
    """

    answer = demo.data(question)["atlas"]

    assert answer["metric"]["value"]["value"] is None
    assert answer["metric"]["value"]["reason"]["code"] == "SOURCE_FAILING"
    assert [source["state"] for source in answer["metric"]["sources"]] == ["FAILING"]
    assert answer["objective"]["progress"]["value"] == pytest.approx(0.575)


def test_the_command_line_walks_the_golden_thread_through_the_server(
    demo: Server, demo_home: Path
) -> None:
    file = QUERIES / "golden-thread.graphql"

    over_http = atlas_json(demo_home, "query", str(file), "--url", demo.url)
    in_process = atlas_json(demo_home, "query", str(file), "--demo")

    goal = over_http["data"]["atlas"]["goal"]
    assert goal["title"] == "Be the most trusted partner in personal financial management"
    assert solutions_beneath(goal) >= {"S1", "S4", "S6"}
    assert in_process == over_http


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def solutions_beneath(answer: Json) -> set[str]:
    """Collect the keys of all solutions in an answer, however deep."""
    return set(re.findall(r'"key": "(S\d+)"', json.dumps(answer)))
