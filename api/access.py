"""Who may call at all: no web page of a stranger, by whatever name it calls this server.

A page that a user opens elsewhere can send requests to this machine, and a name of the page's own
can be made to lead here (DNS rebinding). Browsers can't hide either: the name stands in `Host`, the
page's place in `Origin`.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Forbidden
from api.media_types import JSON
from api.settings import Settings

ANY = "*"
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_loopback(address: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


@dataclass(frozen=True, slots=True)
class Callers:
    """Whose requests are answered: by these names of the server, from these pages besides its own.

    `hosts` may hold `*`: any name.
    """

    hosts: frozenset[str]
    origins: frozenset[str]

    def refusal(self, headers: Headers) -> str | None:
        """Say why a request isn't answered; None: it is."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if ANY not in self.hosts and _place(f"//{host}").name not in self.hosts:
            return f"This server doesn't go by the name {host[:100]!r} (ATLAS_HOSTS)."
        if origin is None or origin.lower() in self.origins or _is_own(origin, host):
            return None
        return f"Pages of {origin[:100]!r} may not use this server (ATLAS_ORIGINS)."


def callers_of(settings: Settings) -> Callers:
    """Give whose requests are answered.

    On loopback only by names of this machine and those that were named; beyond it by any name,
    unless some were named: then whoever opened the server has put his own access control in front.
    """
    named = {host.lower() for host in settings.hosts}
    local = is_loopback(settings.host)
    hosts = {*THIS_MACHINE, settings.host, *named} if local or named else {ANY}
    return Callers(frozenset(hosts), frozenset(each.lower() for each in settings.origins))


@dataclass(frozen=True, slots=True)
class OnlyCallers:
    """Middleware that answers nobody else."""

    app: ASGIApp
    callers: Callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it: with status 403, a WebSocket before it is accepted."""
        if scope["type"] in ("http", "websocket"):
            message = self.callers.refusal(Headers(scope=scope))
            if message is not None:
                await _refuse(message, scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _refuse(message: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4403, "reason": ""})
        return
    told = {"errors": [{"message": message, "extensions": {"code": Forbidden.code}}]}
    headers = {"x-content-type-options": "nosniff"}
    response = Response(orjson.dumps(told), 403, headers, media_type=JSON)
    await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Place:
    """A server as an address names it; without a port it is that of the scheme. None: no such."""

    name: str | None = None
    port: int | None = None


def _place(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        return _Place(parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme))
    except ValueError:
        return _Place()


def _is_own(origin: str, host: str) -> bool:
    """Tell whether a page came from this server, by the name and port that the request calls."""
    page, called = _place(origin), _place(f"//{host}")
    ports = DEFAULT_PORTS.values() if called.port is None else (called.port,)
    return page.name is not None and page.name == called.name and page.port in ports
