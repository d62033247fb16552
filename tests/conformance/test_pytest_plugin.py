"""`pytest --atlas-connector`, as an author starts it in a repository of his own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.canteen import HONEST, LYING, SIMPLEST, SPECIMEN


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "canteen.py").write_text(SIMPLEST)
    (tmp_path / "canteen_specimen.py").write_text(SPECIMEN)
    (tmp_path / "test_other.py").write_text(
        "def test_that_has_nothing_to_do_with_it():\n    pass\n"
    )
    return tmp_path


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_there_is_one_test_for_each_check_and_the_table_is_written(repository: Path) -> None:
    page = repository / "README.md"
    page.write_text("# Canteen\n")

    done = run_pytest(
        repository,
        *("--atlas-connector", "canteen", "--atlas-table", "README.md"),
        *("--atlas-rows", "100", "-v", "-ra"),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "collected 44 items" in done.stdout
    assert "canteen_specimen.py::canteen::13 a missing period is None, not 0 PASSED" in done.stdout
    assert "it takes no deliveries" in done.stdout
    assert "| `canteen` | ✓✓✓✓· |" in page.read_text()


@pytest.mark.slow
def test_a_lie_fails_with_what_was_expected_seen_and_where_to_read(repository: Path) -> None:
    connector = repository / "canteen.py"
    assert HONEST in SIMPLEST
    connector.write_text(SIMPLEST.replace(HONEST, LYING))

    done = run_pytest(repository, "--atlas-connector", "canteen", "-q", "-k", "14")

    assert done.returncode == 1
    assert "FAILED canteen_specimen.py::canteen::14" in done.stdout
    assert "  expected  '' at the source becomes no number, or a DataError" in done.stdout
    assert "  read      docs/plugin-authors/conformance.md#check-14" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_a_connector_is_checked_in_a_process_of_its_own(repository: Path) -> None:
    connector = repository / "canteen.py"
    lie = SIMPLEST.replace(HONEST, LYING)
    connector.write_text(f"{lie}\nimport os, sys\nif '-c' in sys.argv: os._exit(7)\n")

    done = run_pytest(repository, "--atlas-connector", "canteen", "--atlas-apart", "-k", "13")

    assert done.returncode == 1
    assert "is lost: it ended with the status 7" in done.stdout


@pytest.mark.slow
def test_a_connector_without_a_specimen_is_no_success(repository: Path) -> None:
    done = run_pytest(repository, "--atlas-connector", "kitchen")

    assert done.returncode != 0
    assert "No *_specimen.py here or in tests/ has a connector kitchen" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_project_runs_the_kit_beside_its_other_tests(repository: Path) -> None:
    (repository / "pytest.ini").write_text("[pytest]\natlas_conformance = true\n")

    done = run_pytest(repository, "-q", "-k", "13 or nothing_to_do")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 43 deselected" in done.stdout
