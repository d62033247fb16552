"""Lend a connector what it may use for one call: the one way in, of the product and of the kit."""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from journey_atlas_sdk.connector import Connector
from journey_atlas_sdk.hosting.budget import Budgets, Lane
from journey_atlas_sdk.hosting.client import open_client
from journey_atlas_sdk.hosting.clock import Clock, RealClock
from journey_atlas_sdk.hosting.context import HostContext

_log = logging.getLogger("journey_atlas.connections")


def _as_it_is(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    return transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """What the calls of a connection are lent from.

    `connection` names it in the log, and its budget where the connector names no other: it must be
    unique among all that share `budgets`. `present` tells the product's moment, which may stand
    still (a demo's); None: that of `clock`, by which all waiting is done. `timeout` None: the one
    of the connector's info. `transport` may wrap the host's own, or give another in its place, such
    as a fake's.
    """

    connection: str
    budgets: Budgets
    lane: Lane = Lane.SCHEDULED
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    clock: Clock = field(default_factory=RealClock)
    present: Callable[[], datetime] | None = None
    timeout: timedelta | None = None
    allow_private: bool = False
    transport: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = _as_it_is
    log: logging.Logger = _log


@asynccontextmanager
async def lend(
    connector: Connector[Any],  # Any: whatever its settings are
    lending: Lending,
) -> AsyncGenerator[HostContext]:
    """Lend a connector what it may use for one call; its time begins now.

    A connector whose settings say `allow_private` may reach private networks, as if the lending
    said so.
    """
    timeout = lending.timeout or connector.info.timeout
    async with open_client(lending.transport(httpx.AsyncHTTPTransport())) as http:
        yield HostContext(
            http=http,
            log=lending.log.getChild(lending.connection),
            secrets=lending.secrets,
            clock=lending.present or lending.clock.now,
            timeout=timeout,
        )
