"""`atlas connector test`: the conformance kit on a connector in a file."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.cli.output import Json, bars, number_columns, show, table
from api.errors import CommandError, SettingsError
from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.check import Check, Result
from journey_atlas_sdk.conformance.finding import NoSpecimen, specimen_file_of, specimens_in
from journey_atlas_sdk.conformance.report import as_data
from journey_atlas_sdk.conformance.running import run_one
from journey_atlas_sdk.conformance.specimen import Specimen
from journey_atlas_sdk.conformance.verdict import Verdict

_MARKS: Final = {
    Verdict.PASSED: "[green]✓[/]",
    Verdict.FAILED: "[red]✗[/]",
    Verdict.NOT_APPLICABLE: "[dim]–[/]",
}
_WORDS: Final = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.NOT_APPLICABLE: "not applicable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KitTask:
    """Which checks to run, by number (none: all), and how many rows very many are."""

    checks: Sequence[int] = ()
    rows: int


async def run_kit(file: Path, task: KitTask, *, as_json: bool) -> int:
    """Run the kit on what a file brings; exit code 1 where a check fails.

    CommandError where it has no specimen, or can't be imported.
    """
    checks = _checks(task.checks)
    specimens = _specimens(file)
    # The kit runs loops of its own, which can't be inside this one.
    results = await asyncio.to_thread(_run, specimens, checks, task.rows)
    show(_as_json(results), as_json=as_json, people=lambda console: _print(console, results))
    failed = any(each.verdict is Verdict.FAILED for of in results.values() for each in of)
    return 1 if failed else 0


Results = dict[str, list[Result]]


def _checks(numbers: Sequence[int]) -> Sequence[Check]:
    unknown = sorted(set(numbers) - {check.number for check in CHECKS})
    if unknown:
        message = f"--check wants a number from 1 to {len(CHECKS)}, got {unknown[0]}."
        raise SettingsError(message)
    return [check for check in CHECKS if not numbers or check.number in numbers]


def _specimens(file: Path) -> list[Specimen]:
    try:
        return specimens_in(specimen_file_of(file))
    except NoSpecimen as error:
        raise CommandError(str(error)) from error
    except Exception as error:  # an author's own module may raise anything
        message = f"{file.name} can't be imported: {type(error).__name__}: {error}"
        raise CommandError(message) from error


def _run(specimens: Sequence[Specimen], checks: Sequence[Check], rows: int) -> Results:
    with bars() as progress:
        bar = progress.add_task("Checking", total=len(specimens) * len(checks), said="")

        def results(specimen: Specimen) -> Iterator[Result]:
            for check in checks:
                progress.update(bar, said=f"{specimen.key} {check.number}")
                yield run_one(check, specimen, rows=rows)
                progress.advance(bar)

        return {specimen.key: list(results(specimen)) for specimen in specimens}


def _as_json(results: Results) -> Json:
    return {
        "connectors": [
            {
                "key": key,
                "passed": all(each.verdict is not Verdict.FAILED for each in of),
                "checks": as_data(of),
            }
            for key, of in results.items()
        ]
    }


def _print(console: Console, results: Results) -> None:
    for key, of in results.items():
        console.print(_table(key, of))
        for each in of:
            if each.verdict is Verdict.FAILED:
                console.print()
                console.print(str(each), markup=False)
        console.print()
        console.print(f"{key}: {_counted(of)}", markup=False)


def _table(key: str, results: Sequence[Result]) -> Table:
    made = table(f"Connector {key}", "", "", "Check", "Why not")
    topic = None
    for each in results:
        check = each.check
        if check.topic is not topic:
            made.add_row("", "", f"[bold]{check.topic}[/]", "")
        topic = check.topic
        mark, number = _MARKS[each.verdict], str(check.number)
        made.add_row(mark, number, escape(check.title), escape(each.reason))
    number_columns(made, "")
    return made


def _counted(results: Sequence[Result]) -> str:
    verdicts = [each.verdict for each in results]
    return ", ".join(f"{verdicts.count(each)} {word}" for each, word in _WORDS.items())
