"""One call to one connector: asked under a deadline, its answer checked, its failure named.

Each call raises a ConnectorError, always one that says what happens next: a time-out is a
TransientError, anything that is not the contract's own error a ConnectorBug.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

from journey_atlas_sdk.connector import (
    Connector,
    Delivery,
    Dirty,
    MetricSpec,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.errors import ConnectorBug, ConnectorError, DataError, TransientError
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.observations import Observation

MOST_OBSERVATIONS = 200_000
"""Of one pull: five centuries of days; more is a source's mistake, and would fill the memory."""

AnyConnector = Connector[Any]  # Any: only the connector knows the type of its settings
Pulled = Sequence[Observation] | Pending
Received = Sequence[Dirty] | Sequence[Observation]


async def pull(connector: AnyConnector, request: PullRequest, context: HostContext) -> Pulled:
    """Give all observations that answer a question, oldest first, or that it isn't ready yet."""
    async with _within_the_contract(connector, context):
        found = await _gather(connector, request, context)
    if any(isinstance(each, Pending) for each in found):
        return _alone(found)
    observations = [each for each in found if isinstance(each, Observation)]
    _require_promised(observations, request)
    return observations


async def check(connector: AnyConnector, context: HostContext) -> None:
    """Have a connector try its settings out."""
    async with _within_the_contract(connector, context):
        await connector.check(context)


async def discover(connector: AnyConnector, context: HostContext) -> list[MetricSpec]:
    """List the metrics that a source has."""
    async with _within_the_contract(connector, context):
        return list(await connector.discover(context))


async def describe(connector: AnyConnector, metric: str, context: HostContext) -> MetricSpec | None:
    """Give what a source says of one metric; None where it lists none."""
    async with _within_the_contract(connector, context):
        return await connector.describe(metric, context)


async def receive(connector: AnyConnector, delivery: Delivery, context: HostContext) -> Received:
    """Have a connector read what its source sent."""
    async with _within_the_contract(connector, context):
        return await connector.receive(delivery, context)


@asynccontextmanager
async def _within_the_contract(
    connector: AnyConnector, context: HostContext
) -> AsyncGenerator[None]:
    limit = context.timeout.total_seconds()
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
) -> list[Observation | Pending]:
    answer = connector.pull(request, context)
    if isinstance(answer, AsyncIterable):
        return await _gather_async(answer)
    return await asyncio.to_thread(_gather_plain, answer)


async def _gather_async(
    answer: AsyncIterable[Observation | Pending],
) -> list[Observation | Pending]:
    found: list[Observation | Pending] = []
    async for each in answer:
        found.append(each)
        _require_bounded(found)
    return found


def _gather_plain(answer: Iterable[Observation | Pending]) -> list[Observation | Pending]:
    found = list(islice(answer, MOST_OBSERVATIONS + 1))
    _require_bounded(found)
    return found


def _require_bounded(found: Sequence[Observation | Pending]) -> None:
    if len(found) > MOST_OBSERVATIONS:
        message = f"The source delivered more than {MOST_OBSERVATIONS:,} observations in one pull."
        raise DataError(message)


def _alone(found: Sequence[Observation | Pending]) -> Pending:
    """Give the one Pending; what stands beside it would be a part taken for the whole."""
    match found:
        case [Pending() as pending]:
            return pending
        case _:
            message = "A pull gave `Pending` beside other things; it comes alone."
            raise ConnectorBug(message)


def _require_promised(found: Sequence[Observation], request: PullRequest) -> None:
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
