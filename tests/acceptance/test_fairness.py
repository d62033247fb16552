"""Nobody waits for somebody else's dear query: a stopwatch on a friendly one beside it."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from api.execution.limits import Limits
from tests.acceptance.product import Json, Server, atlas, serving

GOALS = JOURNEYS = 20
PATIENCE_SECONDS = 1.0

FRIENDLY = '{ atlas { goal(key: "G1") { title } } }'

# Every journey serves every goal: 20 × 20 × 20 goals, each with 10 fields, is most of what a query
# may cost.
HOSTILE = """
  { atlas { goals { nodes { journeys { nodes { goals { nodes {
    id key title description kind scope version url labels owner { key }
  } } } } } } } }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("fairness")
    home.chmod(0o755)
    file = home / "atlas.yaml"
    file.write_text(crowded())
    atlas(home, "import", str(file))
    with serving(home) as running:
        running.data(FRIENDLY)
        yield running


def crowded() -> str:
    """Write an atlas in which every journey serves every goal."""
    journeys = [f"J{number}" for number in range(JOURNEYS)]
    served_by = ", ".join(journeys)
    return "\n".join(
        [
            "format: journey-atlas/1",
            "organization: {key: crowd, title: Crowd, time_zone: Europe/Oslo, currency: NOK}",
            "journeys:",
            *(f"  - {{key: {key}, title: {key}, level: MACRO}}" for key in journeys),
            "goals:",
            *(
                f"  - {{key: G{number}, title: Goal {number}, kind: BUSINESS, "
                f"scope: ORGANIZATION, served_by: [{served_by}]}}"
                for number in range(GOALS)
            ),
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("hostile_clients", [1, 8])
def test_a_friendly_query_never_waits_a_second_beside_hostile_ones(
    server: Server, hostile_clients: int
) -> None:
    answers: list[Json] = []
    attack = [
        threading.Thread(target=lambda: answers.append(asked(server.url, HOSTILE)))
        for _ in range(hostile_clients)
    ]

    for each in attack:
        each.start()
    waits = [stopwatch(server.url)]
    while any(each.is_alive() for each in attack):
        waits.append(stopwatch(server.url))

    assert max(waits) < PATIENCE_SECONDS
    assert len(waits) > 1
    assert len(answers) == hostile_clients
    for answer in answers:
        requested = answer["extensions"]["cost"]["requested"]
        assert Limits().cost / 2 < requested <= Limits().cost


def test_what_would_cost_too_much_is_refused_at_once(server: Server) -> None:
    deeper = HOSTILE.replace("owner { key }", "journeys { nodes { key } }")

    started = time.perf_counter()
    [error] = asked(server.url, deeper)["errors"]

    assert time.perf_counter() - started < PATIENCE_SECONDS
    assert error["extensions"]["limit"] == "cost"
    assert "`atlas.goals.nodes.journeys.nodes.goals.nodes" in error["message"]


def stopwatch(url: str) -> float:
    """Ask the friendly query; give the seconds until its answer."""
    started = time.perf_counter()
    assert asked(url, FRIENDLY)["data"] == {"atlas": {"goal": {"title": "Goal 1"}}}
    return time.perf_counter() - started


def asked(url: str, document: str) -> Json:
    headers = {"atlas-cost": "1"}
    response = httpx.post(url, json={"query": document}, headers=headers, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()
