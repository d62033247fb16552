"""Checks 36 to 38: a source is asked no more than is needed, and never more than it allows."""

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Final

from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.stage import Stage
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.wire import Sent
from journey_atlas_sdk.connector import Limit, PullRequest
from journey_atlas_sdk.errors import QuotaExhausted, RateLimited
from journey_atlas_sdk.hosting.apart.children import WAITERS

_HOUR: Final = timedelta(hours=1)
_A_WHILE: Final = timedelta(minutes=1)
_MOST_REQUESTS: Final = 2_000
"""After so many the simulated hour is cut short: no vendor's limit for an hour is much higher."""


async def asks_once(bench: Bench) -> None:
    """36: equal reads at once are one call of the host's, and this asks for nothing twice."""
    bench.require_http()
    stage = bench.open()
    await stage.pull(bench.question())
    # Who asks later whether an export is ready asks the same again.
    counted = Counter((sent.at, sent.same) for sent in stage.wire.questions)
    twice = [each for each, count in counted.items() if count > 1]
    if twice:
        _, (method, url, _) = twice[0]
        raise Mismatch(
            expected="one read sends each request once",
            seen=f"{counted[twice[0]]} times {method} {url}",
        )


async def keeps_to_its_limits(bench: Bench) -> None:
    """37: over an hour of asking as fast as it goes, no declared limit is passed."""
    bench.require_http()
    limits = bench.specimen.connector.info.limits
    if not limits:
        reason = "it declares no limits"
        raise NotApplicable(reason)
    stage = bench.open()
    ends, most = stage.clock.now() + _HOUR, min(_MOST_REQUESTS, bench.rows)
    while stage.clock.now() < ends and len(stage.wire.sent) < most:
        before = len(stage.wire.sent)
        wait = await _pull_or_wait(stage, bench.question())
        for number in range(before + 1, len(stage.wire.sent) + 1):
            for limit in limits:
                _require_within(limit, stage.wire.sent[:number])
        if wait or before == len(stage.wire.sent):
            await stage.clock.sleep((wait or _A_WHILE).total_seconds())


async def _pull_or_wait(stage: Stage, question: PullRequest) -> timedelta | None:
    """Ask; give how long to wait where its turn is later, None where it had its turn."""
    try:
        await stage.pull(question)
    except (RateLimited, QuotaExhausted) as error:
        return error.retry_after or _A_WHILE
    return None


def _require_within(limit: Limit, sent: Sequence[Sent]) -> None:
    """Look at the time of the limit that ends with the last of some requests."""
    since = sent[-1].at - timedelta(seconds=limit.seconds)
    recent = list(takewhile(lambda each: each.at > since, reversed(sent)))
    weight = sum(each.weight for each in recent) * limit.weight
    if weight > limit.count:
        raise Mismatch(
            expected=f"at most {limit.count} in {limit.seconds} s, a request counts {limit.weight}",
            seen=f"{weight} by {len(recent)} requests",
        )


async def leaves_the_source_alone(bench: Bench) -> None:
    """38: between two reads nothing goes on: no task, no thread, no request."""
    stage = bench.open()
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    await stage.pull(bench.question())
    before = len(stage.wire.sent)
    left = [task.get_name() for task in asyncio.all_tasks() - tasks]
    left += [
        thread.name
        for thread in set(threading.enumerate()) - threads
        if not thread.name.startswith(("asyncio_", WAITERS))  # the host's own
    ]
    await stage.clock.sleep(stage.connector.info.min_interval.total_seconds())
    late = stage.wire.sent[before:]
    if left or late:
        raise Mismatch(
            expected=f"nothing is asked within {stage.connector.info.min_interval} after a read",
            seen=", ".join([*(f"{name} goes on" for name in left), *(each.line for each in late)]),
        )


CHECKS: Final = (
    Check(36, "a read asks for nothing twice", Topic.LIMITS, asks_once),
    Check(37, "no declared limit is passed", Topic.LIMITS, keeps_to_its_limits),
    Check(38, "between two reads it is quiet", Topic.LIMITS, leaves_the_source_alone),
)
