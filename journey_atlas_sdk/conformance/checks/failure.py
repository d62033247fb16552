"""Checks 28 to 31 and 33 to 35: what goes wrong at the source is told, and never taken for data."""

import asyncio
import time
from datetime import timedelta
from typing import Final, NoReturn

from journey_atlas_sdk.conformance import faults
from journey_atlas_sdk.conformance.bench import Bench, around
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import require_same, told_error
from journey_atlas_sdk.conformance.copies import fresh
from journey_atlas_sdk.conformance.stage import Stage
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.wire import Ask, Fault, Sent
from journey_atlas_sdk.connector import Pending, PullRequest
from journey_atlas_sdk.errors import ConnectorBug, ConnectorError, DataError, TransientError

JSON: Final = {"Content-Type": "application/json"}
_BROKEN: Final[dict[str, tuple[Fault, tuple[type[ConnectorError], ...]]]] = {
    "the source never answers": (faults.silence, (TransientError,)),
    "the connection is reset in mid-body": (faults.spoiling(faults.reset), (TransientError,)),
    "the answer is cut off": (faults.spoiling(faults.truncated), (DataError, TransientError)),
    "a web page comes instead": (faults.spoiling(faults.html), (DataError, TransientError)),
    "gzip is cut off": (faults.spoiling(faults.wrong_gzip), (DataError, TransientError)),
    "nothing comes under 200": (faults.spoiling(faults.empty), (DataError, TransientError)),
}
PATIENCE: Final = timedelta(seconds=2)
_WITHIN: Final = 1.0
_A_MOMENT: Final = 0.1
_READING: Final = frozenset({"GET", "HEAD"})
_THIRD: Final = 3


async def hears_errors_under_200(bench: Bench) -> None:
    """28: a refusal under 403 that is a limit waits; one under 200 is no empty series."""
    bench.require_http()
    limited = faults.answering(403, b"{}", which=faults.first, headers={**JSON, "Retry-After": "4"})
    stage = bench.open(fault=limited)
    await stage.pull(bench.question())
    refusing = faults.answering(200, bench.specimen.refusal.encode(), headers=JSON)
    stage = bench.open(fault=refusing)
    await _require_error(stage, bench, "an error under the status 200", (ConnectorError,))


async def outlives_a_500(bench: Bench) -> None:
    """29: one failure of the source is waited out, a lasting one is a TransientError."""
    bench.require_http()
    stage = bench.open()
    whole = await stage.pull(bench.question())
    stage = bench.open(fault=faults.answering(500, which=faults.first))
    found = await stage.pull(bench.question())
    if len(found) != len(whole):
        raise Mismatch(
            expected=f"after one 500 the answer is whole: {len(whole)} observations",
            seen=f"{len(found)}",
        )
    stage = bench.open(fault=faults.answering(500))
    await _require_error(stage, bench, "always a 500", (TransientError,))


async def tells_broken_answers(bench: Bench) -> None:
    """30: silence, resets, cut-off JSON, HTML, broken gzip and an empty 200 are errors."""
    bench.require_http()
    for told, (fault, errors) in _BROKEN.items():
        stage = bench.open(fault=fault)
        await _require_error(stage, bench, told, errors)


async def fails_on_a_later_page(bench: Bench) -> None:
    """31: a failure on the third page is no short series."""
    pages = bench.specimen.pages
    if pages is None:
        reason = "its specimen says nothing of pages"
        raise NotApplicable(reason)
    asked = bench.room_for(3 * pages.size)
    facts = bench.spread(asked, 3 * pages.size)
    failing = faults.answering(502, which=lambda _: len(stage.wire.questions) >= _THIRD)
    stage = bench.open(facts, fault=failing)
    question = bench.question(around(asked))
    await _require_error(stage, bench, "a 502 on page 3", (TransientError,), question)


async def _require_error(
    stage: Stage,
    bench: Bench,
    told: str,
    errors: tuple[type[ConnectorError], ...],
    question: PullRequest | None = None,
) -> None:
    wanted = f"{told}: {' or '.join(error.__name__ for error in errors)}"
    try:
        found = await stage.pull(question or bench.question())
    except ConnectorError as error:
        if isinstance(error, errors) and not isinstance(error, ConnectorBug):
            return
        raise Mismatch(expected=wanted, seen=told_error(error)) from error
    raise Mismatch(expected=wanted, seen=f"an answer of {len(found)} observations")


class Surprise(RuntimeError):
    """An exception of which no connector has heard."""


async def lets_surprises_through(bench: Bench) -> None:
    """33: what nobody expects becomes a ConnectorBug, and the process lives on."""
    bench.require_http()
    wanted = "an exception of which it has not heard ends the pull as a ConnectorBug"
    stage = bench.open(fault=_surprise)
    try:
        found = await stage.pull(bench.question())
    except ConnectorBug:
        return
    except ConnectorError as error:
        raise Mismatch(expected=wanted, seen=told_error(error)) from error
    raise Mismatch(expected=wanted, seen=f"an answer of {len(found)} observations")


async def _surprise(sent: Sent, ask: Ask) -> NoReturn:
    del sent, ask
    message = "This is unheard of."
    raise Surprise(message)


async def ends_in_time(bench: Bench) -> None:
    """34: at its deadline, or when nobody waits any more, a pull is over within a second."""
    bench.require_http()
    await _require_over(bench, f"at its deadline of {PATIENCE}", after=PATIENCE)
    await _require_over(bench, "when it is cancelled", after=None)


async def _require_over(bench: Bench, told: str, *, after: timedelta | None) -> None:
    """Require that a pull ends within a second, also of real time; `after` None: cancelled."""
    wanted = f"{told} the pull is over within a second"
    # A machine that is busy may hold up one pull; a connector that blocks holds up each.
    blocked = min([await _seconds_of_a_pull(bench, wanted, after=after) for _ in range(2)])
    if blocked > _WITHIN:
        raise Mismatch(expected=wanted, seen=f"it blocked the loop for {blocked:.1f} seconds")


async def _seconds_of_a_pull(bench: Bench, wanted: str, *, after: timedelta | None) -> float:
    """Have a pull ended, and give the real seconds for which it kept the loop."""
    await bench.spec()  # what a first call takes, such as a process of its own, is not meant
    stage = bench.open(fault=faults.silence, patience=after)
    started = time.monotonic()
    pull = asyncio.create_task(stage.pull(bench.question()))
    await asyncio.sleep(_A_MOMENT)
    if after is None:
        pull.cancel()
    patience = timedelta(0) if after is None else after
    _, going_on = await asyncio.wait({pull}, timeout=patience.total_seconds() + _WITHIN)
    seconds = time.monotonic() - started
    pull.cancel()
    (outcome,) = await asyncio.gather(pull, return_exceptions=True)
    if going_on:
        raise Mismatch(expected=wanted, seen="it goes on")
    if not isinstance(outcome, TransientError | asyncio.CancelledError):
        raise Mismatch(expected=wanted, seen=f"it ends with {outcome!r}")
    return seconds


async def resumes_elsewhere(bench: Bench) -> None:
    """35: what is pending goes on in a fresh process, and isn't begun anew."""
    if not bench.specimen.exports:
        reason = "its answers don't take minutes"
        raise NotApplicable(reason)
    question = bench.question()
    stage = bench.open()
    pulled = await stage.pull_once(question)
    if not isinstance(pulled, Pending):
        raise Mismatch(expected="`Pending`, as its specimen says", seen="an answer at once")
    begun = {sent.same for sent in stage.wire.sent if sent.request.method not in _READING}
    before = len(stage.wire.sent)
    with fresh(stage.connector) as elsewhere:
        stage.connector = elsewhere
        found = await stage.resume(question, pulled)
    again = [sent.line for sent in stage.wire.sent[before:] if sent.same in begun]
    if again:
        raise Mismatch(expected="the export is begun once", seen=f"again {again[0]}")
    stage = bench.open()
    require_same(found, await stage.pull(question), bench.specimen.zone)


CHECKS: Final = (
    Check(28, "errors under 403 and 200 are heard", Topic.FAILURE, hears_errors_under_200),
    Check(29, "one 500 is outlived, many are told", Topic.FAILURE, outlives_a_500),
    Check(30, "broken answers are errors", Topic.FAILURE, tells_broken_answers),
    Check(31, "a failure on page 3 is no short series", Topic.FAILURE, fails_on_a_later_page),
    Check(33, "the unexpected is a ConnectorBug", Topic.FAILURE, lets_surprises_through),
    Check(34, "it ends in time", Topic.FAILURE, ends_in_time),
    Check(35, "what is pending resumes elsewhere", Topic.FAILURE, resumes_elsewhere),
)
