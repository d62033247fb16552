"""Checks 23 to 26: an answer that comes in pieces is whole, however many they are."""

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from operator import getitem
from typing import Any, Final

from journey_atlas_sdk.conformance import faults
from journey_atlas_sdk.conformance.bench import Bench, around
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import require_truth, require_values, told
from journey_atlas_sdk.conformance.many_facts import ManyFacts
from journey_atlas_sdk.conformance.specimen import Keeps, Pages
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.wire import Answer, Ask, Endless, Fault, Sent, no_fault
from journey_atlas_sdk.conformance.world import Fact, between
from journey_atlas_sdk.errors import ConnectorBug, ConnectorError
from journey_atlas_sdk.observations import Window

LONG: Final = timedelta(days=1)
"""Enough time for a pull of very many pages under any limit."""

_MOST_REQUESTS: Final = 200
_BYTES_OF_A_ROW: Final = 320
_BYTES_OF_AN_OBSERVATION: Final = 1_200
_BYTES_AT_LEAST: Final = 8_000_000
_MEGA: Final = 1_000_000
_PERIODS: Final = 20
_MOST_PERIODS: Final = 3_000


async def reads_every_page(bench: Bench) -> None:
    """23: none, one, a page, a page and one, many; a link that leads nowhere or round ends."""
    pages = _pages(bench)
    size = pages.size
    for count in (0, 1, size, size + 1, 3 * size + 1):
        await _require_all(bench, count)
    if pages.link:
        path = pages.link.split(".")
        fault = faults.spoiling(lambda answer: _with_empty_link(answer, path))
        await _require_all(bench, size + 1, fault=fault)
    await _require_end(bench, 3 * size + 1)


def _pages(bench: Bench) -> Pages:
    if bench.specimen.pages is None:
        reason = "its specimen says nothing of pages"
        raise NotApplicable(reason)
    return bench.specimen.pages


async def _require_all(bench: Bench, count: int, fault: Fault | None = None) -> None:
    asked = bench.room_for(count)
    facts = bench.spread(asked, count)
    stage = bench.open(facts, fault=fault or no_fault, patience=LONG)
    found = await stage.pull(bench.question(around(asked)))
    filled = [period for period in asked if between(facts, period.start, period.end)]
    require_values(found, bench.truth(facts, filled), bench.specimen.zone)
    invented = [one for one in found if one.value and not filled]
    if invented:
        seen = told(invented[0], bench.specimen.zone)
        raise Mismatch(expected="nothing where the source has nothing", seen=seen)


async def _require_end(bench: Bench, count: int) -> None:
    asked = bench.room_for(count)
    facts = bench.spread(asked, count)
    stage = bench.open(facts, fault=_looping(), patience=LONG)
    stage.wire.most = _MOST_REQUESTS
    try:
        found = await stage.pull(bench.question(around(asked)))
    except Endless as error:
        raise Mismatch(
            expected="a next link that leads in a circle ends the pull with an error",
            seen=str(error),
        ) from error
    except ConnectorBug:
        raise
    except ConnectorError:
        return
    require_truth(found, bench.truth(facts, asked), bench.specimen.zone)


def _looping() -> Fault:
    """Answer every request to an address as the first one to it was answered."""
    first: dict[tuple[str, str], Answer] = {}

    async def fault(sent: Sent, ask: Ask) -> Answer:
        address = (sent.request.method, sent.request.url.path)
        if address not in first:
            first[address] = await ask()
        return first[address]

    return fault


def _with_empty_link(answer: Answer, path: Sequence[str]) -> Answer:
    """Write the link of a last page as an empty text instead of null or nothing."""
    try:
        body: dict[str, Any] = json.loads(answer.body)  # Any: the source's own
        inner = reduce(getitem, path[:-1], body)
        if not inner.get(path[-1]):
            inner[path[-1]] = ""
    except (ValueError, KeyError, AttributeError):  # another kind of answer
        return answer
    return replace(answer, body=json.dumps(body).encode())


async def survives_a_changing_page(bench: Bench) -> None:
    """24: what comes in while the pages are read moves nothing out, and nothing in twice."""
    count = 3 * _pages(bench).size
    late, *asked, new = bench.room_for(count, more=2)
    facts = bench.spread(asked, count)
    comes = [*bench.facts_in([late], each=1), *bench.facts_in([new], each=1)]
    comes = [replace(each, number=count + nth) for nth, each in enumerate(comes)]

    async def fault(sent: Sent, ask: Ask) -> Answer:
        del sent
        answer = await ask()
        if len(stage.wire.questions) == 1:
            stage.change([comes[0], *facts, comes[1]])
        return answer

    stage = bench.open(facts, fault=fault, patience=LONG)
    found = await stage.pull(bench.question(Window(late.start, new.end)))
    found = [one for one in found if late.end <= one.start and one.end <= new.start]
    require_truth(found, bench.truth(facts, asked), bench.specimen.zone)


async def splits_long_windows(bench: Bench) -> None:
    """25: more than the source takes at once is asked in parts that it takes."""
    info = bench.specimen.connector.info
    if info.max_window is None and info.max_points is None:
        reason = "it names no longest window"
        raise NotApplicable(reason)
    (period,) = bench.recent(1)
    most = info.max_points or _MOST_PERIODS
    if info.max_window is not None:
        most = min(most, info.max_window // (period.end - period.start))
    asked = bench.recent(min(most + max(most // 2, 1), _MOST_PERIODS))
    facts = bench.facts_in(asked, each=1)
    stage = bench.open(facts, patience=LONG)
    found = await stage.pull(bench.question(around(asked)))
    require_values(found, bench.truth(facts, asked), bench.specimen.zone)


async def stays_small(bench: Bench) -> None:
    """26: very many rows pass through, and don't pile up."""
    asked, facts, broken_down_by = await _very_many(bench)
    grain = bench.specimen.golden.grain
    question = bench.question(around(asked), grain=grain, dimensions=broken_down_by)
    stage = bench.open(facts, patience=LONG)
    tracemalloc.start()
    try:
        found = await stage.pull(question)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    allowed = _BYTES_AT_LEAST + bench.rows * _BYTES_OF_A_ROW + len(found) * _BYTES_OF_AN_OBSERVATION
    if peak > allowed:
        raise Mismatch(
            expected=f"at most {allowed / _MEGA:.1f} MB while {bench.rows:,} rows pass through",
            seen=f"{peak / _MEGA:.1f} MB",
        )


async def _very_many(bench: Bench) -> tuple[list[Window], Sequence[Fact], tuple[str, ...]]:
    """Give facts over some periods: events, else rows of many parts of a dimension."""
    asked = bench.recent(_PERIODS)
    if bench.specimen.keeps is Keeps.EVENTS:
        return asked, ManyFacts(bench=bench, asked=asked, total=bench.rows), ()
    if not bench.specimen.dimensions:
        reason = "its rows are one a period, and no dimension multiplies them"
        raise NotApplicable(reason)
    name = next(iter(bench.specimen.dimensions))
    return asked, ManyFacts(bench=bench, asked=asked, total=bench.rows, dimension=name), (name,)


CHECKS: Final = (
    Check(23, "every page is read, and a circle ends", Topic.PAGING, reads_every_page),
    Check(24, "a page that changes is counted once", Topic.PAGING, survives_a_changing_page),
    Check(25, "long windows are split", Topic.PAGING, splits_long_windows),
    Check(26, "very many rows stay small", Topic.PAGING, stays_small),
)
