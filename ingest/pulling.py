"""One question to one connector: asked under a deadline, its answer checked, its failure named."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from ingest.context import HostContext
from journey_atlas_sdk import (
    Connector,
    ConnectorBug,
    ConnectorError,
    ConnectorInfo,
    DataError,
    Grain,
    MetricSpec,
    Observation,
    PullRequest,
    TransientError,
    Window,
    period_of,
    periods,
)

MOST_OBSERVATIONS = 200_000
"""Of one pull: five centuries of days; more is a source's mistake, and would fill the memory."""

AnyConnector = Connector[Any]  # Any: only the connector knows the type of its settings


async def pull(
    connector: AnyConnector, request: PullRequest, context: HostContext
) -> list[Observation]:
    """Give all observations that answer a question, oldest first.

    Raises a ConnectorError, always one that says what happens next: a time-out is a TransientError,
    anything that is not the contract's own error a ConnectorBug.
    """
    async with _within_the_contract(connector, context):
        found = await _gather(connector, request, context)
    _require_promised(found, request)
    return found


async def describe(connector: AnyConnector, metric: str, context: HostContext) -> MetricSpec | None:
    """Give what a source says of one metric; None where it lists none. Raises as `pull` does."""
    async with _within_the_contract(connector, context):
        return await connector.describe(metric, context)


@asynccontextmanager
async def _within_the_contract(
    connector: AnyConnector, context: HostContext
) -> AsyncGenerator[None]:
    limit = connector.info.timeout.total_seconds()
    try:
        async with asyncio.timeout(limit):
            yield
    except ConnectorError:
        raise
    except TimeoutError as error:
        message = f"The source did not answer within {limit:g} seconds."
        raise TransientError(message) from error
    except Exception as error:  # a stranger's code may raise anything; the host lives on
        message = f"The connector {connector.info.key!r} failed: {type(error).__name__}."
        raise ConnectorBug(message, detail=str(error)) from error
    finally:
        context.over = True


async def _gather(
    connector: AnyConnector, request: PullRequest, context: HostContext
) -> list[Observation]:
    answer = connector.pull(request, context)
    if isinstance(answer, AsyncIterable):
        return await _gather_async(answer)
    return await asyncio.to_thread(_gather_plain, answer)


async def _gather_async(answer: AsyncIterable[Observation]) -> list[Observation]:
    found: list[Observation] = []
    async for observation in answer:
        found.append(observation)
        _require_bounded(found)
    return found


def _gather_plain(answer: Iterable[Observation]) -> list[Observation]:
    found = list(islice(answer, MOST_OBSERVATIONS + 1))
    _require_bounded(found)
    return found


def _require_bounded(found: list[Observation]) -> None:
    if len(found) > MOST_OBSERVATIONS:
        message = f"The source delivered more than {MOST_OBSERVATIONS:,} observations in one pull."
        raise DataError(message)


def _require_promised(found: list[Observation], request: PullRequest) -> None:
    """Refuse an answer to another question: it would be stored as if it were this one's."""
    asked = set(request.dimensions)
    seen: set[object] = set()
    for one in found:
        identity = (one.start, one.end, one.dimensions)
        told = f"{one.metric} from {one.start:%Y-%m-%d %H:%M}Z"
        for is_wrong, problem in (
            (one.metric != request.metric, f"is not {request.metric}, which was asked for"),
            (not request.window.holds(one.start, one.end), "lies outside the asked window"),
            ({name for name, _ in one.dimensions} != asked, "has other dimensions than asked for"),
            (identity in seen, "came twice"),
        ):
            if is_wrong:
                message = f"An observation {problem}: {told}."
                raise ConnectorBug(message)
        seen.add(identity)


def windows(
    since: datetime, now: datetime, grain: Grain, *, zone: ZoneInfo, info: ConnectorInfo
) -> Iterator[Window]:
    """Cut the time from `since` to the end of the running period into windows for pulls, in order.

    Cut at whole periods, at most `max_window` long and `max_points` periods each (at least one).
    """
    if grain in (Grain.TOTAL, Grain.INSTANT):
        yield Window(since, now)
        return
    whole = Window(period_of(since, grain, zone).start, period_of(now, grain, zone).end)
    if info.max_window is None and info.max_points is None:
        yield whole
        return
    yield from _chunks(list(periods(whole, grain, zone)), info)


def _chunks(whole_periods: list[Window], info: ConnectorInfo) -> Iterator[Window]:
    longest = info.max_window or timedelta.max
    most = info.max_points or len(whole_periods)
    first, count = whole_periods[0], 0
    last = first
    for period in whole_periods:
        if count and (period.end - first.start > longest or count == most):
            yield Window(first.start, last.end)
            first, count = period, 0
        last, count = period, count + 1
    yield Window(first.start, last.end)
