"""The HTTP client that a connector is lent: what isn't the answer it asked for is an error."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final

import httpx

from journey_atlas_sdk.errors import ConfigError, ConnectorError
from journey_atlas_sdk.hosting.answers import PACKING, named
from journey_atlas_sdk.hosting.failures import require_promised
from journey_atlas_sdk.terms import set_terms, terms_of

MOST_REDIRECTS: Final = 5
TIMEOUT: Final = httpx.Timeout(30, connect=10)
USER_AGENT: Final = "journey-atlas"

_LOGS_OF_THE_WIRE: Final = ("httpx", "httpcore.connection", "httpcore.http11")
_is_ours: ContextVar[bool] = ContextVar("is_ours", default=False)


def open_client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """Make a client over a `HostTransport`; it reads nothing from the environment."""
    return _SourceClient(
        transport=transport,
        timeout=TIMEOUT,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": PACKING},
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        event_hooks={"response": [_stay_in_the_origin]},
        trust_env=False,
    )


@contextmanager
def unlogged() -> Generator[None]:
    """Hold back what httpx itself logs of requests that are sent meanwhile: it holds whole URLs."""
    for name in _LOGS_OF_THE_WIRE:
        logging.getLogger(name).addFilter(_not_ours)
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def _not_ours(record: logging.LogRecord) -> bool:
    del record
    return not _is_ours.get()


class _SourceClient(httpx.AsyncClient):
    """Raises what an answer stands for, unless the request's terms expect its status."""

    def build_request(
        self,
        method: str,
        url: httpx.URL | str,
        **options: Any,  # noqa: ANN401 -- httpx's own, of which there are nine
    ) -> httpx.Request:
        """Make a request; ConfigError where the address is none."""
        try:
            return super().build_request(method, url, **options)
        except httpx.InvalidURL as error:
            message = f"The source's address can't be read: {error}."
            raise ConfigError(message) from error

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        **options: Any,  # noqa: ANN401 -- httpx's own: `auth` and `follow_redirects`
    ) -> httpx.Response:
        """Send a request; ConnectorError for all but a success of the promised type."""
        set_terms(request, replace(terms_of(request.extensions), is_streamed=stream))
        try:
            with unlogged(), named(request.url):
                response = await super().send(request, stream=stream, **options)
        except httpx.TooManyRedirects as error:
            message = f"{request.url.host} redirects more than {MOST_REDIRECTS} times."
            raise ConfigError(message) from error
        try:
            _require_wanted(response)
        except ConnectorError:
            await response.aclose()
            raise
        return response


def _require_wanted(response: httpx.Response) -> None:
    if response.status_code not in terms_of(response.request.extensions).expect:
        response.raise_for_status()
        require_promised(response)


async def _stay_in_the_origin(response: httpx.Response) -> None:
    """Refuse a redirect that leaves the origin: credentials and questions are not for others."""
    is_expected = response.status_code in terms_of(response.request.extensions).expect
    if is_expected or not response.has_redirect_location:
        return
    here = response.request.url
    try:
        there = here.join(response.headers["Location"])
    except httpx.InvalidURL:  # which httpx names when it tries to follow
        return
    if _origin(there) != _origin(here):
        message = (
            f"{here.host} redirects to {_shown(there)}: if that is right, write the address there."
        )
        raise ConfigError(message)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _shown(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
