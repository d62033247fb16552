"""A drop-in that can't be loaded is named, and harms nobody."""

from pathlib import Path

from tests.acceptance.product import atlas_json
from tests.plugins.canteen import SIMPLEST


def test_a_broken_neighbour_is_named_and_harms_nobody(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "canteen.py").write_text(SIMPLEST)
    (tmp_path / "broken.py").write_text("import a_module_that_is_not_there\n")

    listed = atlas_json(
        tmp_path, "connectors", "--json", fails=True, settings={"ATLAS_PLUGINS_DIR": str(tmp_path)}
    )

    assert {"canteen", "csv", "rehearsal"} <= {c["key"] for c in listed["connectors"]}
    assert [(p["name"], p["code"]) for p in listed["quarantined"]] == [("broken.py", "LOAD_FAILED")]
    assert "a_module_that_is_not_there" in listed["quarantined"][0]["reason"]
