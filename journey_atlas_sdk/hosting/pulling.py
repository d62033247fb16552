"""One call to one connector: asked under a deadline, its answer checked, its failure named.

Each call raises a ConnectorError, always one that says what happens next: a time-out is a
TransientError, anything that is not the contract's own error a ConnectorBug.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from inspect import isasyncgenfunction
from typing import Any, Final

from journey_atlas_sdk.connector import (
    Connector,
    Delivery,
    Dirty,
    MetricSpec,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import (
    ConnectorBug,
    ConnectorError,
    DataError,
    TransientError,
    UnknownMetric,
)
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.hosting.failures import Missing
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.hosting.tracing import Failure
from journey_atlas_sdk.observations import Observation, ObservationState

MOST_OBSERVATIONS = 200_000
"""Of one pull: five centuries of days; more is a source's mistake, and would fill the memory."""

_LONGEST_DETAIL: Final = 4_000
_LONGEST_TURN_SECONDS: Final = 0.05

AnyConnector = Connector[Any]  # Any: only the connector knows the type of its settings
Pulled = Sequence[Observation] | Pending
Received = Sequence[Dirty] | Sequence[Observation]


async def pull(connector: AnyConnector, request: PullRequest, context: HostContext) -> Pulled:
    """Give all observations that answer a question, oldest first, or that it isn't ready yet."""
    async with _told(context):
        found = await _found(connector, request, context)
        if any(isinstance(each, Pending) for each in found):
            return _alone(found)
        observations = [each for each in found if isinstance(each, Observation)]
        _require_promised(observations, request)
    return observations


def surprise(key: str, error: BaseException, redactor: Redactor) -> ConnectorBug:
    """Name what a connector raised that is none of the contract's errors."""
    message = f"The connector {key!r} failed: {type(error).__name__}."
    return ConnectorBug(message, detail=redactor.told(error)[-_LONGEST_DETAIL:])


def state_at(now: datetime, one: Observation) -> ObservationState:
    """Give an observation's state: PROVISIONAL until its period is over, whoever calls it FINAL."""
    return ObservationState.PROVISIONAL if one.end > now else one.state


async def check(connector: AnyConnector, context: HostContext) -> None:
    """Have a connector try its settings out."""
    async with _told(context), _within_the_contract(connector, context):
        await connector.check(context)


async def discover(connector: AnyConnector, context: HostContext) -> list[MetricSpec]:
    """List the metrics that a source has."""
    async with _told(context), _within_the_contract(connector, context):
        found = list(await connector.discover(context))
        require_kinds(found, MetricSpec, of="discover")
    return found


async def describe(connector: AnyConnector, metric: str, context: HostContext) -> MetricSpec | None:
    """Give what a source says of one metric; None where it lists none."""
    async with _told(context), _within_the_contract(connector, context):
        found = await connector.describe(metric, context)
        require_kinds([found] if found is not None else [], MetricSpec, of="describe")
    return found


async def receive(connector: AnyConnector, delivery: Delivery, context: HostContext) -> Received:
    """Have a connector read what its source sent."""
    async with _told(context), _within_the_contract(connector, context):
        found = await connector.receive(delivery, context)
        require_kinds(found, Dirty, Observation, of="receive")
    return found


@asynccontextmanager
async def _told(context: HostContext) -> AsyncGenerator[None]:
    """Tell the trace how a call failed."""
    try:
        yield
    except ConnectorError as error:
        if context.gate.trace:
            told = Failure(code=error.code, message=error.message, detail=error.detail)
            context.gate.trace(told)
        raise


@asynccontextmanager
async def _within_the_contract(
    connector: AnyConnector, context: HostContext
) -> AsyncGenerator[None]:
    """Bound a call in time, and name each failure; no secret is left in it, nor in its causes."""
    try:
        async with asyncio.timeout(context.gate.left()):
            yield
    except ConnectorError as error:
        await context.settle(error)
        raise error from None
    except TimeoutError:
        message = f"The source did not answer within {context.timeout.total_seconds():g} seconds."
        raise TransientError(message) from None
    except asyncio.CancelledError as error:
        if is_being_cancelled():
            raise
        raise surprise(connector.info.key, error, context.redactor) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a stranger's code may raise anything
        raise surprise(connector.info.key, error, context.redactor) from None
    finally:
        context.over = True


def is_being_cancelled() -> bool:
    """Say whether somebody ends the call, rather than the connector itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def require_kinds(found: Iterable[object], *kinds: type, of: str) -> None:
    """Refuse what the contract doesn't know: it would be lost without a word."""
    for each in found:
        if not isinstance(each, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            message = f"`{of}` gave a {type(each).__name__}; it gives {wanted}."
            raise ConnectorBug(message)


async def _found(
    connector: AnyConnector, request: PullRequest, context: HostContext
) -> list[Observation | Pending]:
    try:
        async with _within_the_contract(connector, context):
            found = await gather(connector, request, context)
            require_kinds(found, Observation, Pending, of="pull")
    except Missing as missing:
        raise UnknownMetric(request.metric, detail=missing.detail) from None
    return found


async def gather(
    connector: AnyConnector, request: PullRequest, context: Context
) -> list[Observation | Pending]:
    """Run a `pull`, plain or not, to its end."""
    if isasyncgenfunction(connector.pull):
        return await _gather_async(connector.pull(request, context))
    # What a plain one asks its source nobody sees: it counts as one request.
    answer = await context.blocking(lambda: _gather_plain(connector, request, context))
    return await _gather_async(answer) if isinstance(answer, AsyncIterable) else answer


async def _gather_async(
    answer: AsyncIterable[Observation | Pending],
) -> list[Observation | Pending]:
    """Take what comes; one that never waits for anything gives all others their turn anyway."""
    found, began = list[Observation | Pending](), time.monotonic()
    try:
        async for each in answer:
            found.append(each)
            _require_bounded(found)
            if time.monotonic() - began > _LONGEST_TURN_SECONDS:
                await asyncio.sleep(0)
                began = time.monotonic()
    finally:
        if isinstance(answer, AsyncGenerator):
            await answer.aclose()
    return found


def _gather_plain(
    connector: AnyConnector, request: PullRequest, context: Context
) -> list[Observation | Pending] | AsyncIterable[Observation | Pending]:
    """Run a plain `pull`, until nobody waits; one that hands on an async one gives that."""
    answer = connector.pull(request, context)
    if isinstance(answer, AsyncIterable):
        return answer
    found: list[Observation | Pending] = []
    for each in answer:
        found.append(each)
        _require_bounded(found)
        if context.cancelled():
            break
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
