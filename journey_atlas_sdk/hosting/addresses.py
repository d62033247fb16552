"""Which addresses a connector may reach: the web's, and a private network's where it is allowed.

A name is resolved once and the connection goes to the very address that was looked at: whoever
runs a source's name server can't point it elsewhere in between. However an address is written
(decimal, octal, hexadecimal, short), the resolver gives its one plain form.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache, partial
from typing import Final, cast

import httpcore
import httpx

from journey_atlas_sdk.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host; OSError where it has none."""

_METADATA: Final = frozenset(
    ipaddress.ip_address(written)
    for written in (
        "169.254.169.254",  # AWS, Google Cloud, Azure and most others
        "169.254.170.2",  # AWS containers
        "fd00:ec2::254",  # AWS over IPv6
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure's host, an address of the web
        "192.0.0.192",  # Oracle Cloud
    )
)
_V4_INSIDE: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
_OF_A_NETWORK: Final = tuple(
    map(
        ipaddress.IPv6Network,
        ("fec0::/10", "64:ff9b:1::/48", "5f00::/16"),  # a site, its NAT64, its segments
    )
)
"""Private ones of which Python says that they are global."""


class _Reach(Enum):
    WEB = "the web"
    PRIVATE = "a private network, or this machine"
    NOBODY = "no source"


class AddressGuard:
    """Looks a host up and refuses what a connection may not reach."""

    def __init__(self, *, allow_private: bool = False, resolve: Resolve | None = None) -> None:
        """Allow private networks or don't; `resolve` None: the machine's own resolver."""
        self._allow_private = allow_private
        self._resolve = resolve or look_up

    async def addresses(self, host: str, port: int) -> list[str]:
        """Give the addresses of a host, all of which may be reached.

        OSError where it has none. ConfigError where one may not be reached: link-local addresses
        and those of a cloud's metadata never, private ones unless they are allowed.
        """
        found = await self._resolve(host, port)
        if not found:
            message = f"{host} has no address."
            raise OSError(message)
        reaches = {_reach(ipaddress.ip_address(written)) for written in found}
        if _Reach.NOBODY in reaches:
            message = f"{host} has an address at which no source can be."
            raise ConfigError(message)
        if _Reach.PRIVATE in reaches and not self._allow_private:
            message = f"{host} is in a private network: set `allow_private` if that is right."
            raise ConfigError(message)
        return list(found)


async def look_up(host: str, port: int) -> list[str]:
    """Give a host's addresses in the resolver's order, each once."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _reach(address: Address) -> _Reach:
    address = _v4_of(address) or address
    if (
        address in _METADATA
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    ):
        return _Reach.NOBODY
    is_of_a_network = any(address in network for network in _OF_A_NETWORK)
    return _Reach.WEB if address.is_global and not is_of_a_network else _Reach.PRIVATE


def _v4_of(address: Address) -> ipaddress.IPv4Address | None:
    """Give the IPv4 address that an IPv6 one leads to; None: it leads to none."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if any(address in network for network in _V4_INSIDE):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport, whose connections go through a guard."""

    def __init__(self, guard: AddressGuard) -> None:
        """Connect to nothing yet."""
        super().__init__(verify=_tls())
        # cast: where anyio is missing httpcore has another class of that name
        network = cast(httpcore.AsyncNetworkBackend, httpcore.AnyIOBackend())
        # The one thing that httpx lets nobody choose: who connects. TLS still sees the name.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(), network_backend=GuardedNetwork(guard, network)
        )


@cache
def _tls() -> ssl.SSLContext:
    """Read the trusted certificates once a process: it takes tens of milliseconds."""
    return httpx.create_ssl_context()


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that a guard has looked at."""

    def __init__(self, guard: AddressGuard, network: httpcore.AsyncNetworkBackend) -> None:
        """Connect by `network`, which gets addresses in place of names."""
        self._guard = guard
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Try a host's addresses in turn, each for its share of the time."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(host, port)
                connect = partial(
                    self._network.connect_tcp,
                    port=port,
                    timeout=timeout and timeout / len(addresses),
                    local_address=local_address,
                    socket_options=socket_options,
                )
                return await _first(connect, addresses)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return await self._guard.addresses(host, port)
        except (OSError, UnicodeError) as error:
            message = f"The name {host} can't be resolved: {error}"
            raise httpcore.ConnectError(message) from error


async def _first(
    connect: Callable[[str], Awaitable[httpcore.AsyncNetworkStream]], addresses: Sequence[str]
) -> httpcore.AsyncNetworkStream:
    """Connect to the first address that answers; the failure of the last one stands for all."""
    *others, last = addresses
    for address in others:
        with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
            return await connect(address)
    return await connect(last)
