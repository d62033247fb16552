"""Rules of the house that no linter knows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "connectors", "domain", "ingest", "journey_atlas_sdk", "plugins", "storage")
FILES = [
    path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "versions" not in path.parts
]
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

LONGEST_FUNCTION = 40
LONGEST_MODULE = 400
EDGE = (
    "api/app.py",
    "api/cli/",
    "api/clock.py",
    "journey_atlas_sdk/hosting/clock.py",
    "journey_atlas_sdk/recordings.py",
    "storage/migrations/env.py",
)
VAGUE = ("utils", "helpers", "common", "manager", "base", "misc")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_module_is_short_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_function_does_one_thing(path: Path) -> None:
    tree = ast.parse(path.read_text())

    too_long = {
        node.name: length(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and length(node) > LONGEST_FUNCTION
    }

    assert too_long == {}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_module_says_what_it_is_for_and_its_name_too(path: Path) -> None:
    tree = ast.parse(path.read_text())

    assert ast.get_docstring(tree)
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_only_the_edge_reads_the_environment_or_the_clock(path: Path) -> None:
    """Time and settings come in as arguments, else a pinned clock or a test's settings lie."""
    if str(path.relative_to(ROOT)).startswith(EDGE):
        return
    read = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }

    assert not read & {"os.environ", "datetime.now", "datetime.utcnow", "date.today", "time.time"}


def test_no_record_of_the_domain_checks_itself_when_it_is_made() -> None:
    """Loading sets the fields of thousands without their constructor, which would take thrice."""
    made = {
        node.name
        for path in FILES
        if path.is_relative_to(ROOT / "domain")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }

    assert "__post_init__" not in made


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
