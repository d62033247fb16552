"""How results are told: as data for programs, and as a table for a page of the docs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journey_atlas_sdk.conformance.check import Check, Result
from journey_atlas_sdk.conformance.verdict import Verdict

BEGIN: Final = "<!-- conformance: begin -->"
END: Final = "<!-- conformance: end -->"
_MARKS: Final = {Verdict.PASSED: "✓", Verdict.FAILED: "**✗**", Verdict.NOT_APPLICABLE: "–"}


def as_data(results: Sequence[Result]) -> list[dict[str, Any]]:  # Any: JSON
    """Give results as what JSON can say."""
    return [
        {
            "check": result.check.number,
            "title": result.check.title,
            "topic": result.check.topic,
            "verdict": result.verdict,
            "expected": result.expected or None,
            "seen": result.seen or None,
            "reason": result.reason or None,
            "read": result.check.read,
        }
        for result in results
    ]


def as_table(results: Mapping[str, Sequence[Result]]) -> str:
    """Give a Markdown table, a row for each check and a column for each connector, in their order.

    Below it stands why checks don't apply.
    """
    marks = {key: {each.check: _MARKS[each.verdict] for each in of} for key, of in results.items()}
    checks = sorted({check for each in marks.values() for check in each}, key=_number)
    lines = [
        _row("", "check", *(f"`{key}`" for key in results)),
        _row("---:", "---", *(":-:" for _ in results)),
        *(
            _row(str(check.number), check.title, *(marks[key].get(check, "") for key in results))
            for check in checks
        ),
        "",
        *_reasons(results),
    ]
    return "\n".join(lines)


def with_table(page: str, table: str) -> str:
    """Put a table into a page, between its two marks; ValueError where they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"The page needs the lines {BEGIN} and {END}, between which the table goes."
        raise ValueError(message)
    return f"{before}{begin}\n{table}\n{end}{after}"


def _reasons(results: Mapping[str, Sequence[Result]]) -> list[str]:
    """Tell each reason once, with the checks and the connectors for which it holds."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for key, of in results.items():
        for each in of:
            if each.verdict is Verdict.NOT_APPLICABLE:
                numbers.setdefault((each.reason, key), []).append(each.check.number)
    keys: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for (reason, key), checks in numbers.items():
        keys.setdefault((tuple(checks), reason), []).append(f"`{key}`")
    return [
        f"- {', '.join(map(str, checks))}: {reason} ({', '.join(named)})."
        for (checks, reason), named in sorted(keys.items())
    ]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(check: Check) -> int:
    return check.number
