"""A newcomer's connector, dropped into a folder, feeds a metric and moves a key result."""

import re
from pathlib import Path

from tests.acceptance.product import ROOT, Settings, atlas, atlas_json

PAGE = ROOT / "docs" / "plugin-authors" / "write-a-connector.md"
MOST_LINES = 20

ATLAS = """
format: journey-atlas/1
organization: {key: canteen, title: The Canteen, time_zone: Europe/Oslo, currency: NOK}
cycles:
  - {key: H2-26, title: Second half of 2026, start: 2026-07-01, end: 2026-12-31, state: ACTIVE}
connections:
  - {key: kitchen, title: Kitchen, connector: canteen, settings: {file: "${folder}/meals.csv"}}
metrics:
  - key: MEALS
    title: Meals served a month
    unit: COUNT
    better: HIGHER
    sources: [{connection: kitchen, metric: meals, grain: MONTH}]
objectives:
  - key: O1
    title: More people eat together
    cycle: H2-26
    key_results:
      - key: O1-KR1
        who: Colleagues
        does_what: eat in the canteen
        kind: INCREASE
        metric: MEALS
        baseline: 4000
        by_how_much: {to: 5000}
"""

PROGRESS = '{ atlas { keyResult(key: "O1-KR1") { progress { value state } } } }'


def test_a_connector_of_twenty_lines_moves_a_key_result(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    source = connector_of_the_page()
    (plugins / "canteen.py").write_text(source)
    (tmp_path / "canteen.yaml").write_text(ATLAS)
    (tmp_path / "meals.csv").write_text("month,meals\n2026-09-01,4120\n2026-10-01,4388\n")
    (tmp_path / "progress.graphql").write_text(PROGRESS)
    found = {"ATLAS_PLUGINS_DIR": str(plugins), "ATLAS_CLOCK": "2026-11-22T12:00Z"}

    atlas(tmp_path, "import", str(tmp_path / "canteen.yaml"), settings=found)
    before = progress(tmp_path, found)
    synced = atlas_json(tmp_path, "sync", "--json", settings=found)
    after = progress(tmp_path, found)

    assert len([line for line in source.splitlines() if line.strip()]) <= MOST_LINES
    assert before == {"value": None, "state": "NO_DATA"}
    assert [(s["state"], s["new"]) for s in synced["sources"]] == [("OK", 2)]
    assert after == {"value": 0.388, "state": "MEASURED"}  # (4388 − 4000) / (5000 − 4000)


def test_a_broken_neighbour_is_named_and_harms_nobody(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "canteen.py").write_text(connector_of_the_page())
    (tmp_path / "broken.py").write_text("import a_module_that_is_not_there\n")

    listed = atlas_json(
        tmp_path, "connectors", "--json", fails=True, settings={"ATLAS_PLUGINS_DIR": str(tmp_path)}
    )

    assert {"canteen", "csv", "rehearsal"} <= {c["key"] for c in listed["connectors"]}
    assert [(p["name"], p["code"]) for p in listed["quarantined"]] == [("broken.py", "LOAD_FAILED")]
    assert "a_module_that_is_not_there" in listed["quarantined"][0]["reason"]


def connector_of_the_page() -> str:
    """Give the first Python example of the page for authors."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found.group(1)


def progress(home: Path, settings: Settings) -> object:
    answer = atlas_json(home, "query", str(home / "progress.graphql"), settings=settings)
    return answer["data"]["atlas"]["keyResult"]["progress"]
