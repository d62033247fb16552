"""The HTTP client that a connector is lent."""

import httpx

_SECONDS = 30


def open_client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """Make a client over a transport; it reads nothing from the environment."""
    return httpx.AsyncClient(transport=transport, timeout=_SECONDS, trust_env=False)
