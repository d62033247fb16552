"""A CSV file on a web server: fetched anew at each pull, read like one on the server's own disk.

What is fetched, and what is refused, is told in docs/connectors/csv-http.md.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Annotated, Final, Self
from urllib.parse import quote, urlsplit

import httpx
from pydantic import Field, model_validator

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    MetricSpec,
    Observation,
    PullRequest,
    TransientError,
    UnknownMetric,
    hookimpl,
)
from journey_atlas_sdk.observation_csv import CsvFormat, ObservationFile, answer, open_file, specs
from journey_atlas_sdk.observation_rows import RowParameters
from journey_atlas_sdk.web import Answer, WebSettings, get

_PLACE: Final = "{metric}"
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class CsvHttpSettings(CsvFormat, WebSettings):
    """Where the file is and how its cells are written.

    An address with `{metric}` in it is that of a file for each of `metrics`.
    """

    metrics: tuple[str, ...] = Field(default=(), description="What stands for {metric} in `url`.")
    allow_private: bool = Field(
        default=False, description="Ask a server in a private network, or this machine, too."
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=100)] = 30

    @model_validator(mode="after")
    def _metrics_of_a_pattern(self) -> Self:
        if (_PLACE in self.url) != bool(self.metrics):
            message = "`metrics` are named exactly when `url` has the place {metric}."
            raise ValueError(message)
        if _PLACE in urlsplit(self.url).netloc:
            message = "{metric} may stand in the path of `url`, not in its host."
            raise ValueError(message)
        return self


class CsvHttp(Connector[CsvHttpSettings]):
    """Fetches one file for each pull, whole or not at all."""

    info = ConnectorInfo(
        key="csv-http",
        title="CSV over HTTP",
        version="1.0.0",
        settings=CsvHttpSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        timeout=timedelta(seconds=120),  # longer than the longest answer
        documentation="docs/connectors/csv-http.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the rows of the metric that have exactly the asked dimensions, oldest first."""
        known = self.settings.metrics
        if known and request.metric not in known:
            raise UnknownMetric(request.metric, known=sorted(known))
        file = await self._file(request.metric, context)
        read = partial(answer, [file], request, self.settings, now=context.now())
        for observation in await context.blocking(read):
            yield observation

    async def check(self, context: Context) -> None:
        """Fetch a file and read its header."""
        await self._file(next(iter(self.settings.metrics), ""), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that the file names; where there are several files, the settings do."""
        units = self.settings.units
        if not self.settings.metrics:
            file = await self._file("", context)
            return await context.blocking(lambda: specs([file], units))
        return [
            MetricSpec(key=metric, title=metric, unit=units.get(metric), parameters=RowParameters)
            for metric in sorted(self.settings.metrics)
        ]

    async def _file(self, metric: str, context: Context) -> ObservationFile:
        """Fetch the file that answers for a metric, and read its header."""
        settings = self.settings
        url = httpx.URL(settings.url.replace(_PLACE, quote(metric, safe="")))
        if not settings.allow_private:
            await _require_public(url)
        found = await self._get(url, context)
        found.require_ok(context.now())
        name = PurePosixPath(url.path).name or url.host
        stem = metric if settings.metrics else PurePosixPath(name.removesuffix(".gz")).stem
        return await context.blocking(lambda: open_file(name, stem, found.body, settings))

    async def _get(self, url: httpx.URL, context: Context) -> Answer:
        """Follow redirects inside the origin, so that no credential and no request leaves it."""
        for _ in range(_MOST_REDIRECTS + 1):
            found = await get(
                context,
                url,
                headers=self.settings.authorization(context),
                max_bytes=self.settings.max_bytes,
                seconds=self.settings.timeout_seconds,
            )
            if found.status not in _REDIRECTS:
                return found
            url = _redirected(found)
        message = f"{url.host} redirects more than {_MOST_REDIRECTS} times."
        raise ConfigError(message)


@hookimpl
def atlas_connectors() -> list[type[CsvHttp]]:
    """Bring the connector for CSV over HTTP."""
    return [CsvHttp]


def _redirected(found: Answer) -> httpx.URL:
    here = found.url
    there = here.join(found.headers.get("Location", ""))
    if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
        origin = f"{there.scheme}://{there.netloc.decode('ascii')}"
        message = f"{here.host} redirects to {origin}: if that is right, write the address there."
        raise ConfigError(message)
    return there


async def _require_public(url: httpx.URL) -> None:
    """Raise ConfigError where a host is one of this network's: what it tells is not the web's."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        message = f"The name {url.host} can't be resolved."
        raise TransientError(message, detail=str(error)) from error
    for *_, address in found:
        if not _is_public(str(address[0])):
            message = f"{url.host} is in a private network: set `allow_private` if that is right."
            raise ConfigError(message)


def _is_public(written: str) -> bool:
    address = ipaddress.ip_address(written.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast
