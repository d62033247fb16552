"""Keeps the tests off the network: only Unix sockets and this machine's own addresses are open."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "", None})


class NetworkForbidden(RuntimeError):
    """A test tried to leave the machine; no OSError, so that no retry swallows it."""


def close_sockets(patch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every name that isn't this machine's, until `patch` is undone."""
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:  # Any: the standard library's own
    def guarded(self: socket.socket, address: Any) -> Any:  # noqa: ANN401 - by family
        if self.family != socket.AF_UNIX:
            _refuse_stranger(address[0])
        return connect(self, address)

    return guarded


def _guarded_lookup(look_up: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - str or bytes
        _refuse_stranger(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *arguments, **options)

    return guarded


def _refuse_stranger(host: str | None) -> None:
    if host not in LOOPBACK:
        message = f"A test tried to reach {host!r}: replay a recorded answer instead."
        raise NetworkForbidden(message)
