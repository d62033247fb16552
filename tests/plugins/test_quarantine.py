"""Each plugin is loaded alone: a broken one is named with its reason, and all others start."""

import logging
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from textwrap import dedent

import pytest

import connectors
from plugins.discovery import load_plugins
from plugins.problems import PluginProblem, ProblemCode

# One file a source: a file's name is its connector's key, but for the one that would hide a module.
BUILT_IN = {
    {"csv_file": "csv"}.get(path.stem, path.stem.replace("_", "-")): path.stem
    for path in sorted(Path(connectors.__file__).parent.glob("[!_]*.py"))
}
GOOD = """
    from journey_atlas_sdk import Connector, ConnectorInfo, hookimpl

    class Canteen(Connector):
        info = ConnectorInfo(key="{key}", title="Canteen", version="1.0"{extra})
        def pull(self, request, context):
            return []

    @hookimpl
    def atlas_connectors():
        return [Canteen]
"""
HOOK = "from journey_atlas_sdk import Connector, ConnectorInfo, hookimpl\n@hookimpl\n"
INSTALLED_NOTHING: list[Distribution] = []


def a_plugin(key: str = "canteen", extra: str = "") -> str:
    return dedent(GOOD).format(key=key, extra=extra)


def drop_in(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_text(source)
    return path


def the_problem(folder: Path) -> PluginProblem:
    """Load a folder with one broken plugin; all else must have started."""
    drop_in(folder, "zzz.py", a_plugin("zzz"))
    registry = load_plugins(folder, distributions=INSTALLED_NOTHING)
    assert list(registry.connectors) == [*BUILT_IN, "zzz"]
    (problem,) = registry.problems
    return problem


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.fixture
def modules() -> Iterator[set[str]]:
    """The names of modules that were loaded before; those added by the test are taken out."""
    before = set(sys.modules)
    yield before
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_the_built_in_connectors_come_through_the_same_hook() -> None:
    registry = load_plugins(None, distributions=INSTALLED_NOTHING)

    assert registry.problems == ()
    assert {key: (found.plugin, found.origin) for key, found in registry.connectors.items()} == {
        key: (f"connectors.{module}", "built-in") for key, module in BUILT_IN.items()
    }


@pytest.mark.usefixtures("modules")
def test_a_file_in_the_plugins_folder_brings_its_connector(tmp_path: Path) -> None:
    path = drop_in(tmp_path, "canteen.py", a_plugin())

    registry = load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert registry.problems == ()
    assert registry.get("canteen").origin == f"file {path}"


BROKEN = [
    pytest.param(
        "import nowhere_to_be_found", "LOAD_FAILED", "Line 1: ModuleNotFound", id="import"
    ),
    pytest.param("def broken(:\n", "LOAD_FAILED", "Line 1: invalid syntax", id="syntax"),
    pytest.param("\n\n1 / 0", "LOAD_FAILED", "Line 3: ZeroDivisionError", id="raises at import"),
    pytest.param("import sys\nsys.exit(3)", "LOAD_FAILED", "Line 2: SystemExit: 3", id="exits"),
    pytest.param(a_plugin(key="Can Teen"), "LOAD_FAILED", "lower case letters", id="invalid info"),
    pytest.param("x = 1", "NO_HOOK", "no hook", id="no hook"),
    pytest.param(
        HOOK + "def atlas_conectors(): return []", "HOOK_FAILED", "unknown hook", id="typo"
    ),
    pytest.param(
        HOOK + "def atlas_connectors(spare): return []", "HOOK_FAILED", "spare", id="odd argument"
    ),
    pytest.param(
        HOOK + "def atlas_connectors(): raise KeyError(7)",
        "HOOK_FAILED",
        "Line 3: KeyError: 7",
        id="hook raises",
    ),
    pytest.param(
        HOOK + "def atlas_connectors():\n  yield from []\n  raise SystemExit",
        "HOOK_FAILED",
        "Line 5: SystemExit",
        id="hook exits on its way",
    ),
    pytest.param(
        HOOK + "def atlas_connectors(): return Connector", "HOOK_FAILED", "iterable", id="no list"
    ),
    pytest.param(
        HOOK + "def atlas_connectors(): pass", "NOT_A_CONNECTOR", "gave None", id="returns nothing"
    ),
    pytest.param(
        HOOK + "def atlas_connectors(): return [int]", "NOT_A_CONNECTOR", "int", id="another class"
    ),
    pytest.param(
        HOOK + "def atlas_connectors(): return ['csv']", "NOT_A_CONNECTOR", "'csv'", id="a text"
    ),
    pytest.param(
        HOOK
        + "def atlas_connectors():\n class Mute(Connector):\n"
        + "  info = ConnectorInfo(key='mute', title='Mute', version='1')\n return [Mute]",
        "NOT_A_CONNECTOR",
        "Mute has no method `pull`",
        id="no pull",
    ),
    pytest.param(
        HOOK
        + "def atlas_connectors():\n class Anon(Connector):\n  def pull(self, request, context):"
        + " return []\n return [Anon]",
        "NOT_A_CONNECTOR",
        "Anon has no `info",
        id="no info",
    ),
    pytest.param(
        a_plugin(extra=", contract=99"),
        "UNSUPPORTED_CONTRACT",
        "contract 99; this version knows 1",
        id="contract of the future",
    ),
    pytest.param(
        a_plugin(key="csv"), "DUPLICATE_KEY", "taken by connectors.csv_file", id="built-in's key"
    ),
]


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(("source", "code", "reason"), BROKEN)
def test_a_broken_plugin_is_named_and_the_others_start(
    tmp_path: Path, source: str, code: str, reason: str
) -> None:
    path = drop_in(tmp_path, "broken.py", source)

    problem = the_problem(tmp_path)

    assert (problem.name, problem.origin) == ("broken.py", f"file {path}")
    assert problem.code == code
    assert reason in problem.reason
    assert "\n" not in problem.reason
    assert problem.advice


@pytest.mark.usefixtures("modules")
def test_a_plugin_is_used_whole_or_not_at_all(tmp_path: Path) -> None:
    source = a_plugin().replace("[Canteen]", "[Canteen, int]")
    drop_in(tmp_path, "half.py", source)

    registry = load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert "canteen" not in registry.connectors


@pytest.mark.usefixtures("modules")
def test_of_two_plugins_with_one_key_the_first_keeps_it(tmp_path: Path) -> None:
    first = drop_in(tmp_path, "a.py", a_plugin())
    drop_in(tmp_path, "b.py", a_plugin())

    registry = load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert registry.get("canteen").plugin == "a.py"
    (problem,) = registry.problems
    assert problem.name == "b.py"
    assert problem.reason == f"The key 'canteen' is taken by a.py (file {first})."


def test_a_plugin_that_fails_leaves_no_half_imported_module(
    tmp_path: Path, modules: set[str]
) -> None:
    drop_in(tmp_path, "broken.py", "value = 1\n1 / 0")

    load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert [name for name in set(sys.modules) - modules if "broken" in name] == []


@pytest.mark.usefixtures("modules")
def test_a_drop_in_shadows_no_module_of_its_name(tmp_path: Path) -> None:
    json = sys.modules["json"]
    drop_in(tmp_path, "json.py", a_plugin())

    registry = load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert "canteen" in registry.connectors
    assert sys.modules["json"] is json


@pytest.mark.usefixtures("modules")
def test_two_files_of_one_name_in_two_folders_are_two_modules(tmp_path: Path) -> None:
    found: list[str] = []
    for key in ("north", "south"):
        folder = tmp_path / key
        folder.mkdir()
        drop_in(folder, "branch.py", a_plugin(key))
        registry = load_plugins(folder, distributions=INSTALLED_NOTHING)
        found.append(registry.get(key).connector.__module__)

    assert len(set(found)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "_draft.py",
        ".hidden.py",
        "notes.txt",
        "canteen.py~",
        "test_canteen.py",
        "conftest.py",
        "canteen_specimen.py",
    ],
)
def test_hidden_private_test_and_other_files_are_passed_over(tmp_path: Path, name: str) -> None:
    drop_in(tmp_path, name, "1 / 0")
    (tmp_path / "folder.py").mkdir()

    registry = load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert registry.problems == ()


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "lost.py").symlink_to(tmp_path / "nowhere.py")

    assert the_problem(tmp_path).reason.startswith("FileNotFoundError")


def test_a_plugins_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    registry = load_plugins(tmp_path / "nowhere", distributions=INSTALLED_NOTHING)

    (problem,) = registry.problems
    assert problem.name == str(tmp_path / "nowhere")
    assert problem.code is ProblemCode.FOLDER_UNREADABLE
    assert "ATLAS_PLUGINS_DIR" in problem.advice
    assert list(registry.connectors) == list(BUILT_IN)


def test_the_log_has_what_the_reason_leaves_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drop_in(tmp_path, "broken.py", "1 / 0")

    with caplog.at_level(logging.WARNING):
        load_plugins(tmp_path, distributions=INSTALLED_NOTHING)

    assert "Plugin broken.py" in caplog.text
    assert "Traceback" in caplog.text


def an_installed_package(folder: Path, name: str, entry_points: str) -> None:
    metadata = folder / f"{name}-2.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\n")
    (metadata / "entry_points.txt").write_text(entry_points)


def points(name: str, target: str) -> str:
    return f"[journey_atlas.connectors]\n{name} = {target}\n"


@pytest.mark.usefixtures("modules")
def test_an_installed_package_brings_its_connector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_installed_package(tmp_path, "norrhavn-canteen", points("canteen", "norrhavn_canteen"))
    drop_in(tmp_path, "norrhavn_canteen.py", a_plugin())
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    registry = load_plugins(None)  # among all that is installed beside it

    assert registry.get("canteen").origin == "package norrhavn-canteen 2.1"
    assert registry.get("canteen").plugin == "canteen"


@pytest.mark.usefixtures("modules")
def test_broken_packages_are_named_and_the_others_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_installed_package(tmp_path, "broken-import", points("gone", "no_such_module_anywhere"))
    an_installed_package(tmp_path, "broken-name", points("nameless", "norrhavn_canteen:missing"))
    an_installed_package(tmp_path, "broken-text", "[journey_atlas.connectors]\nno equals sign\n")
    an_installed_package(tmp_path, "norrhavn-canteen", points("canteen", "norrhavn_canteen"))
    drop_in(tmp_path, "norrhavn_canteen.py", a_plugin())
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    registry = load_plugins(None, distributions=distributions(path=[str(tmp_path)]))

    assert "canteen" in registry.connectors
    assert {(problem.name, problem.code) for problem in registry.problems} == {
        ("gone", "LOAD_FAILED"),
        ("nameless", "LOAD_FAILED"),
        ("broken-text", "LOAD_FAILED"),
    }


@pytest.mark.usefixtures("modules")
def test_a_package_that_stands_on_the_path_twice_is_loaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        an_installed_package(folder, "norrhavn-canteen", points("canteen", "norrhavn_canteen"))
    drop_in(tmp_path / "first", "norrhavn_canteen.py", a_plugin())
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), *sys.path])
    folders = [str(tmp_path / "first"), str(tmp_path / "second")]

    registry = load_plugins(None, distributions=distributions(path=folders))

    assert "canteen" in registry.connectors
    assert registry.problems == ()
