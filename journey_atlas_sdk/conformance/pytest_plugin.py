"""The kit in pytest: `pytest --atlas-connector KEY` runs one test for each check."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:  # the kit itself is imported only where it is used, for pytest loads this always
    from journey_atlas_sdk.conformance.check import Check, Result
    from journey_atlas_sdk.conformance.specimen import Specimen
    from journey_atlas_sdk.conformance.stage import Make

_ALL: Final = "all"
_RESULT: Final = "atlas_conformance"
_MAKE: Final = pytest.StashKey["Make"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the kit's options."""
    group = parser.getgroup("journey-atlas", "Journey Atlas: conformance of connectors")
    group.addoption(
        "--atlas-connector",
        action="append",
        default=[],
        metavar="KEY",
        help="run the conformance kit on this connector; can be given again; 'all': on each",
    )
    group.addoption(
        "--atlas-apart",
        action="store_true",
        help="run the connector in a process of its own, as an operator may",
    )
    group.addoption(
        "--atlas-rows",
        type=int,
        default=100_000,
        metavar="N",
        help="rows of check 26, and the most requests of check 37 (default: 100000)",
    )
    group.addoption(
        "--atlas-table",
        type=Path,
        metavar="FILE",
        help="write the results into this page, between its two conformance marks",
    )
    parser.addini(
        "atlas_conformance",
        "whether the conformance kit runs on each connector beside the other tests",
        type="bool",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect specimens instead of tests, unless files are named."""
    if not config.option.atlas_connector:
        return
    from journey_atlas_sdk.conformance.finding import specimen_files

    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(file) for file in specimen_files(config.rootpath)]
    page: Path | None = config.option.atlas_table
    if page and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_TableWriter(page))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "SpecimenFile | None":
    """Take files of specimens where the kit is asked for."""
    if not _asked(parent.config) or not file_path.name.endswith("_specimen.py"):
        return None
    return SpecimenFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]  # pytest's


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a key of which there is no specimen: no test is no success."""
    asked = set(_asked(session.config)) - {_ALL}
    there = {item.specimen.key for item in session.items if isinstance(item, CheckItem)}
    missing = sorted(asked - there)
    if missing:
        message = f"No *_specimen.py here or in tests/ has a connector {', '.join(missing)}."
        raise pytest.UsageError(message)


def _asked(config: pytest.Config) -> Sequence[str]:
    """Give the connectors that are asked for, on the command line or by the project's setting."""
    named: list[str] = config.option.atlas_connector
    return named or ([_ALL] if config.getini("atlas_conformance") else [])


class SpecimenFile(pytest.File):
    """A file of specimens."""

    def collect(self) -> Iterator["CheckItem"]:
        """Give each check of each connector that is asked for."""
        from journey_atlas_sdk.conformance.catalogue import CHECKS
        from journey_atlas_sdk.conformance.finding import specimens_in

        asked = _asked(self.config)
        for specimen in specimens_in(self.path):
            if _ALL not in asked and specimen.key not in asked:
                continue
            for check in CHECKS:
                name = f"{specimen.key}::{check.number:02} {check.title}"
                item = CheckItem.from_parent(self, name=name)  # pyright: ignore[reportUnknownMemberType]  # pytest's
                item.specimen, item.check = specimen, check
                yield item


class CheckItem(pytest.Item):
    """One check of one connector."""

    specimen: "Specimen"
    check: "Check"

    def runtest(self) -> None:
        """Run the check: a failure, or a skip with its reason where it doesn't apply."""
        from journey_atlas_sdk.conformance.running import run_one
        from journey_atlas_sdk.conformance.verdict import Verdict

        rows: int = self.config.option.atlas_rows
        result = run_one(self.check, self.specimen, rows=rows, make=_make(self.config))
        # Plain values: the workers of a parallel run send no others.
        told = [self.specimen.key, self.check.number, result.verdict.value, result.reason]
        self.user_properties.append((_RESULT, told))
        if result.verdict is Verdict.FAILED:
            raise CheckFailed(result)
        if result.verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(f"check {self.check.number} of {self.specimen.key}: {result.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401 -- pytest's own
        """Tell a failure as the kit does, anything else as pytest does."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value.result)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the test."""
        return self.path, None, self.name


def _make(config: pytest.Config) -> "Make":
    """Give what makes connectors: in this process, or apart from it until pytest ends."""
    from journey_atlas_sdk.conformance.stage import here
    from journey_atlas_sdk.hosting.apart.children import Children
    from journey_atlas_sdk.hosting.apart.connector import Apart

    if not config.option.atlas_apart:
        return here
    if _MAKE not in config.stash:
        children = Children()
        config.add_cleanup(children.close)
        make: Make = partial(Apart, children=children)
        config.stash[_MAKE] = make
    return config.stash[_MAKE]


class CheckFailed(Exception):
    """A check found something else than it expected."""

    def __init__(self, result: "Result") -> None:
        """Keep the result, to be told."""
        super().__init__(str(result))
        self.result = result


class _TableWriter:
    """Gathers the results, of all workers, and writes them into a page at the end."""

    def __init__(self, page: Path) -> None:
        self._page = page
        self._told: list[list[Any]] = []  # Any: key, number, verdict and reason of a check

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the results that a test tells."""
        if report.when == "call":
            told: list[tuple[str, Any]] = report.user_properties  # Any: what each test likes
            self._told += [list(each) for name, each in told if name == _RESULT]

    def pytest_sessionfinish(self) -> None:
        """Write the table, connectors in order of key."""
        from journey_atlas_sdk.conformance.catalogue import CHECKS
        from journey_atlas_sdk.conformance.check import Result
        from journey_atlas_sdk.conformance.report import with_table
        from journey_atlas_sdk.conformance.verdict import Verdict

        checks = {check.number: check for check in CHECKS}
        results: dict[str, list[Result]] = {}
        for key, number, verdict, reason in sorted(self._told):
            result = Result(check=checks[number], verdict=Verdict(verdict), reason=reason)
            results.setdefault(key, []).append(result)
        page = self._page.read_text(encoding="utf-8")
        self._page.write_text(with_table(page, results), encoding="utf-8")
