"""Who asks: httpx.Auth for a key that is sent as it is; `oauth` has those that fetch a token.

    await context.http.get(url, auth=Bearer(context.secret("token")))

Imported by its own name. A name and a password are `httpx.BasicAuth`'s.
"""

from collections.abc import Generator

import httpx

from journey_atlas_sdk.errors import ConfigError


class Bearer(httpx.Auth):
    """Sends `Authorization: Bearer …`."""

    def __init__(self, token: str) -> None:
        """Take a token, without the line end of the file it came from."""
        self._token = sendable(token)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the token to a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class ApiKey(httpx.Auth):
    """Sends a key in a header, or in the query where the source knows no better."""

    def __init__(self, key: str, *, header: str | None = None, query: str | None = None) -> None:
        """Take a key and either the header's or the query parameter's name."""
        if (header is None) == (query is None):
            message = "A key goes either into a header or into the query."
            raise ValueError(message)
        self._key = sendable(key)
        self._header = header
        self._query = query

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the key to a request."""
        if self._header is not None:
            request.headers[self._header] = self._key
        else:
            request.url = request.url.copy_set_param(str(self._query), self._key)
        yield request


def sendable(key: str) -> str:
    """Give a key that can stand in a header; ConfigError, which doesn't repeat it, where it can't.

    What comes from a file ends with a line end, which is taken off.
    """
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        message = "The key or token holds a character that can't be sent: copy it anew."
        raise ConfigError(message)
    return key
