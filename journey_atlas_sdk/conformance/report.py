"""How results are told: as data for programs, and as a table for a page of the docs."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from journey_atlas_sdk.conformance.check import Check, Result
from journey_atlas_sdk.conformance.verdict import Verdict
from journey_atlas_sdk.hosting.markdown import put_block, table

_BLOCK: Final = "conformance"
_MARKS: Final = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.NOT_APPLICABLE: "·"}


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
    """Give a Markdown table: a row for each connector, and a mark for each check, by topic.

    Below it stands why checks don't apply.
    """
    checks = sorted({each.check for of in results.values() for each in of}, key=_number)
    topics = [list(of) for _, of in groupby(checks, key=lambda check: check.topic)]
    rows = [(f"`{key}`", *(_marks(topic, of) for topic in topics)) for key, of in results.items()]
    made = table(("connector", *map(_headed, topics)), rows)
    return "\n".join([made, *_reasons(results), ""])


def with_table(page: str, results: Mapping[str, Sequence[Result]]) -> str:
    """Put the table into its block of a page; one without it gets it at its end."""
    return put_block(page, _BLOCK, as_table(results))


def _headed(topic: Sequence[Check]) -> str:
    first, last = topic[0].number, topic[-1].number
    return f"{topic[0].topic} ({first if first == last else f'{first}–{last}'})"


def _marks(topic: Sequence[Check], results: Sequence[Result]) -> str:
    marks = {each.check: _MARKS[each.verdict] for each in results}
    return "".join(marks.get(check, " ") for check in topic)


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


def _number(check: Check) -> int:
    return check.number
