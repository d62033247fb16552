"""Lend a connector what it may use for one call: the one way in, of the product and of the kit."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from journey_atlas_sdk.connector import Connector
from journey_atlas_sdk.errors import ConnectorBug
from journey_atlas_sdk.hosting.addresses import AddressGuard, GuardedTransport, Resolve
from journey_atlas_sdk.hosting.apart.connector import Apart
from journey_atlas_sdk.hosting.budget import Budgets, Lane
from journey_atlas_sdk.hosting.client import open_client
from journey_atlas_sdk.hosting.clock import Clock, RealClock
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.hosting.gate import Gate
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.hosting.retrying import Jitter
from journey_atlas_sdk.hosting.tokens import Tokens
from journey_atlas_sdk.hosting.tracing import Trace
from journey_atlas_sdk.hosting.transport import HostTransport
from journey_atlas_sdk.hosting.vault import MemoryVault, Vault

AnyConnector = Connector[Any]  # Any: whatever its settings are

_log = logging.getLogger("journey_atlas.connections")


def _as_it_is(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    return transport


def _up_to(most: float) -> float:
    return random.uniform(0, most)  # noqa: S311 -- spreads callers, guards nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """What the calls of a connection are lent from.

    `connection` names it in the log, and its budget where the connector names no other: it must be
    unique among all that share `budgets` and `tokens`. `vault` is its own. `present` tells the
    product's moment, which may stand still (a demo's); None: that of `clock`, by which all waiting
    is done. `timeout` None: the one of the connector's info. `transport` may wrap the host's own,
    or give another in its place, such as a fake's. `trace` is told what goes over the wire, and of
    each wait. `programs` is the folder of those that connectors may run, each at `NAME/bin/NAME`;
    None: none.
    """

    connection: str
    budgets: Budgets
    vault: Vault = field(default_factory=MemoryVault)
    tokens: Tokens = field(default_factory=Tokens)
    lane: Lane = Lane.SCHEDULED
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    clock: Clock = field(default_factory=RealClock)
    present: Callable[[], datetime] | None = None
    timeout: timedelta | None = None
    allow_private: bool = False
    resolve: Resolve | None = None
    transport: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = _as_it_is
    trace: Trace | None = None
    jitter: Jitter = _up_to
    programs: Path | None = None
    new_id: Callable[[], str] = lambda: uuid4().hex
    log: logging.Logger = _log


@asynccontextmanager
async def lend(connector: AnyConnector, lending: Lending) -> AsyncGenerator[HostContext]:
    """Lend a connector what it may use for one call, whose time begins now.

    A connector whose settings say `allow_private` may reach private networks, as if the lending
    said so. ConnectorBug where its `budget_key` won't do.
    """
    redactor = Redactor(lending.secrets.values())
    guard = AddressGuard(allow_private=_allows_private(connector, lending), resolve=lending.resolve)
    timeout = lending.timeout or connector.info.timeout
    gate = Gate(
        name=lending.new_id(),
        budgets=lending.budgets,
        key=_budget(connector, lending.connection),
        limits=connector.info.limits,
        lane=lending.lane,
        clock=lending.clock,
        ends_at=lending.clock.monotonic() + timeout.total_seconds(),
        trace=lending.trace,
    )
    transport = HostTransport(
        lending.transport(GuardedTransport(guard)),
        gate,
        redactor=redactor,
        jitter=lending.jitter,
    )
    async with open_client(transport) as http, gate.open():
        context = HostContext(
            connection=lending.connection,
            http=http,
            transport=transport,
            log=_redacting(lending.log.getChild(lending.connection), redactor),
            secrets=lending.secrets,
            present=lending.present or lending.clock.now,
            timeout=timeout,
            gate=gate,
            guard=guard,
            redactor=redactor,
            vault=lending.vault,
            tokens=lending.tokens,
            programs=lending.programs,
        )
        gate.key = _budget(connector, await _budget_key(connector, context))
        try:
            yield context
        finally:
            context.over = True


def _allows_private(connector: AnyConnector, lending: Lending) -> bool:
    return lending.allow_private or getattr(connector.settings, "allow_private", False) is True


def _budget(connector: AnyConnector, name: str) -> str:
    return f"{connector.info.key}/{name}"


async def _budget_key(connector: AnyConnector, context: HostContext) -> str:
    """Give the name of a budget among the connector's: by default the connection's."""
    key, own = connector.info.key, None
    try:
        if isinstance(connector, Apart):
            async with asyncio.timeout(context.gate.left()):
                own = await connector.ask_budget_key(context)
        else:
            own = connector.budget_key()
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a stranger's code may raise anything
        message = f"The connector {key!r} failed to name its budget: {type(error).__name__}."
        raise ConnectorBug(message, detail=context.redactor.told(error)) from None
    if own is not None and context.redactor.text(own) != own:
        message = f"The connector {key!r} names its budget by a secret."
        raise ConnectorBug(message)
    return own or context.connection


def _redacting(log: logging.Logger, redactor: Redactor) -> logging.Logger:
    """Give a call its own log in front of one that all share, so that no filter stays behind."""
    own = logging.Logger(log.name)  # noqa: LOG001 -- not one that the process keeps by name
    own.parent = log
    own.addFilter(redactor)
    return own
