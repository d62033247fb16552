"""What the author of a connector reads when the kit has found something."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import httpx

from journey_atlas_sdk.conformance import App, World
from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.check import Check, Result, Topic
from journey_atlas_sdk.conformance.report import as_data, as_table, with_table
from journey_atlas_sdk.conformance.running import run, run_one
from journey_atlas_sdk.conformance.verdict import Verdict
from tests.conformance.honest.survey_fake import specimen, survey_tool
from tests.conformance.mutants import MUTANTS


def the_check(number: int) -> Check:
    return next(check for check in CHECKS if check.number == number)


def test_a_failure_tells_what_was_expected_then_what_was_seen_then_where_to_read() -> None:
    told = str(run_one(the_check(13), MUTANTS[13]))

    assert told.splitlines() == [
        "Check 13: a missing period is None, not 0",
        "  expected  2026-11-20 to 2026-11-21 = nothing",
        "  seen      2026-11-20 to 2026-11-21 = 0",
        "  read      docs/plugin-authors/conformance.md#check-13",
    ]


def test_what_does_not_apply_says_why() -> None:
    told = str(run_one(the_check(35), specimen))

    assert told == (
        "Check 35: what is pending resumes elsewhere: "
        "not applicable, its answers don't take minutes"
    )


def test_a_fake_that_breaks_is_not_taken_for_the_connectors_fault() -> None:
    def broken(world: World) -> App:
        del world

        async def app(*_: object) -> None:
            message = "no such table"
            raise LookupError(message)

        return app

    (result,) = run(replace(specimen, source=broken), [the_check(9)])

    assert result.expected == "the specimen's fake answers"
    assert result.seen.endswith("LookupError: no such table")


def test_a_fake_may_be_a_transport_of_httpx() -> None:
    def over_httpx(world: World) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(app=survey_tool(world))

    (result,) = run(replace(specimen, source=over_httpx), [the_check(9)])

    assert result.verdict is Verdict.PASSED


def test_a_specimen_that_breaks_ends_no_other_check() -> None:
    def no_files(_: World) -> Mapping[str, object]:
        return {"url": 1 / 0}

    results = list(run(replace(specimen, source=None, lay=no_files), CHECKS[:4]))

    assert [each.verdict for each in results][:2] == [Verdict.PASSED, Verdict.PASSED]
    assert results[2].seen == "ZeroDivisionError: division by zero"
    assert results[3].verdict is Verdict.PASSED


def results_of(*verdicts: Verdict, reason: str = "") -> Sequence[Result]:
    return [
        Result(check=check, verdict=verdict, reason=reason)
        for check, verdict in zip(CHECKS, verdicts, strict=False)
    ]


def test_a_table_has_a_row_for_each_connector_and_the_reasons_below() -> None:
    told = as_table(
        {
            "csv": results_of(Verdict.PASSED, Verdict.NOT_APPLICABLE, reason="it has none"),
            "web": results_of(Verdict.PASSED, Verdict.FAILED),
        }
    )

    assert told.splitlines() == [
        "| connector | Load and describe (1–2) |",
        "| --- | --- |",
        "| `csv` | ✓· |",
        "| `web` | ✓✗ |",
        "",
        "- 2: it has none (`csv`).",
    ]


def test_a_table_goes_into_its_block_of_a_page_and_the_rest_stays() -> None:
    before = with_table("# Before\n", {"csv": results_of(Verdict.FAILED)}) + "after\n"

    page = with_table(before, {"csv": results_of(Verdict.PASSED)})

    assert page == before.replace("✗", "✓")
    assert page.startswith("# Before\n")
    assert page.endswith("after\n")


def test_data_for_programs_has_no_empty_texts() -> None:
    (told,) = as_data(results_of(Verdict.PASSED))

    assert told == {
        "check": 1,
        "title": CHECKS[0].title,
        "topic": Topic.LOADING,
        "verdict": Verdict.PASSED,
        "expected": None,
        "seen": None,
        "reason": None,
        "read": "docs/plugin-authors/conformance.md#check-1",
    }
