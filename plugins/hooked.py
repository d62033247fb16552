"""What plugins do besides bringing connectors: carry requests, and look on.

An observer that fails is named and harms nobody; one that hangs is named and asked no more. A
transport that fails stops the call: requests that should go through a proxy must not go past it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import httpx
import pluggy

from journey_atlas_sdk import ConnectorBug, ConnectorError, Observation

PATIENCE_SECONDS: Final = 10
"""How long an observer may take over one pull before it is asked no more."""

TRANSPORT: Final = "atlas_http_transport"
ACCEPTED: Final = "atlas_observation_accepted"
FAILED: Final = "atlas_pull_failed"

Call = Callable[[], object]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HookedPlugin:
    """A plugin on a manager of its own, so that no other can be harmed."""

    name: str
    origin: str
    manager: pluggy.PluginManager

    def caller(self, hook: str) -> pluggy.HookCaller | None:
        """Give what calls its implementation of a hook; None: it has none."""
        found: pluggy.HookCaller = getattr(self.manager.hook, hook)
        return found if found.get_hookimpls() else None


@dataclass(slots=True)
class Hooks:
    """The hooks of all plugins, called in the order in which these were found."""

    plugins: Sequence[HookedPlugin] = ()
    patience_seconds: float = PATIENCE_SECONDS
    _given_up: set[str] = field(default_factory=set[str])

    def transport(self, connection: str, own: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        """Give what a connection's requests go through; ConnectorBug where a plugin breaks."""
        for plugin, call in self._callers(TRANSPORT):
            try:
                given = call(connection=connection, transport=own)
            except (Exception, SystemExit) as error:  # a stranger's code may raise anything
                raise _broken(plugin, type(error).__name__) from error
            if given is not None and not isinstance(given, httpx.AsyncBaseTransport):
                raise _broken(plugin, f"it gave a {type(given).__name__}")
            own = own if given is None else given
        return own

    async def accepted(self, connection: str, observations: Iterable[Observation]) -> None:
        """Tell observers what was recorded, one by one."""
        if any(self._callers(ACCEPTED)):
            told = [{"connection": connection, "observation": each} for each in observations]
            await self._tell(ACCEPTED, told)

    async def failed(self, connection: str, metric: str, error: ConnectorError) -> None:
        """Tell observers of a pull that failed."""
        await self._tell(FAILED, [{"connection": connection, "metric": metric, "error": error}])

    def _callers(self, hook: str) -> Iterator[tuple[HookedPlugin, pluggy.HookCaller]]:
        for plugin in self.plugins:
            call = plugin.caller(hook)
            if call is not None and plugin.name not in self._given_up:
                yield plugin, call

    async def _tell(self, hook: str, told: Sequence[Mapping[str, object]]) -> None:
        for plugin, call in self._callers(hook):
            calls = [partial(call, **each) for each in told]
            try:
                async with asyncio.timeout(self.patience_seconds):
                    await asyncio.wrap_future(_beside(calls))
            except TimeoutError:
                self._given_up.add(plugin.name)
                after = (hook, plugin.name, plugin.origin, self.patience_seconds)
                _log.error("%s of plugin %s (%s) hangs: asked no more after %g seconds", *after)
            except (Exception, SystemExit):  # noqa: BLE001 -- a stranger's code may raise anything
                _log.exception("%s of plugin %s (%s) failed", hook, plugin.name, plugin.origin)


def _broken(plugin: HookedPlugin, why: str) -> ConnectorBug:
    return ConnectorBug(f"{TRANSPORT} of plugin {plugin.name} ({plugin.origin}) failed: {why}.")


def _beside(calls: Sequence[Call]) -> "Future[None]":
    """Run calls in a thread that nobody waits for when the process ends: one may hang."""
    done: Future[None] = Future()
    done.set_running_or_notify_cancel()  # whoever gives up waiting can't cancel it

    def run() -> None:
        try:
            for call in calls:
                call()
        except BaseException as error:  # noqa: BLE001 -- whoever waits gets it
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, daemon=True, name="atlas-observer").start()
    return done
