"""A CSV file on a web server: fetched anew at each pull, read like one on the server's own disk.

What is fetched, and what is refused, is told in docs/connectors/csv-http.md.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated, Final, Self
from urllib.parse import quote, urlsplit

import httpx
from pydantic import Field, model_validator

from journey_atlas_sdk import (
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    MetricSpec,
    Observation,
    PullRequest,
    TransientError,
    UnknownMetric,
    hookimpl,
)
from journey_atlas_sdk.observation_csv import CsvFormat, ObservationFile, answer, open_file, specs
from journey_atlas_sdk.observation_rows import RowParameters
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.unpacking import unpacked
from journey_atlas_sdk.web import WebSettings

_PLACE: Final = "{metric}"


class CsvHttpSettings(CsvFormat, WebSettings):
    """Where the file is and how its cells are written.

    An address with `{metric}` in it is that of a file for each of `metrics`.
    """

    metrics: tuple[str, ...] = Field(
        default=(),
        description="What may stand for `{metric}` in `url`: needed where it has that place.",
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=100)] = Field(
        default=30, description="In which the whole file must have come."
    )

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
        timeout=timedelta(minutes=2),  # longer than the longest answer
        documentation="docs/connectors/csv-http.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the rows of the metric that have exactly the asked dimensions, oldest first."""
        known = self.settings.metrics
        if known and request.metric not in known:
            raise UnknownMetric(request.metric, known=sorted(known))
        file = await self._file(request.metric, context)
        read = partial(answer, [file], request, self.settings, now=context.now())
        for observation in await context.blocking(read, weight=0):
            yield observation

    async def check(self, context: Context) -> None:
        """Fetch a file and read its header."""
        await self._file(next(iter(self.settings.metrics), ""), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that the file names; where there are several files, the settings do."""
        units = self.settings.units
        if not self.settings.metrics:
            file = await self._file("", context)
            return await context.blocking(lambda: specs([file], units), weight=0)
        return [
            MetricSpec(key=metric, title=metric, unit=units.get(metric), parameters=RowParameters)
            for metric in sorted(self.settings.metrics)
        ]

    async def _file(self, metric: str, context: Context) -> ObservationFile:
        """Fetch the file that answers for a metric, and read its header."""
        settings = self.settings
        url = httpx.URL(settings.url.replace(_PLACE, quote(metric, safe="")))
        body = await self._body(url, context)
        name = PurePosixPath(url.path).name or url.host
        stem = metric if settings.metrics else PurePosixPath(name.removesuffix(".gz")).stem

        def read() -> ObservationFile:
            return open_file(name, stem, unpacked(body, max_bytes=settings.max_bytes), settings)

        return await context.blocking(read, weight=0)

    async def _body(self, url: httpx.URL, context: Context) -> bytes:
        settings, seconds = self.settings, self.settings.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                found = await context.http.get(
                    url,
                    auth=settings.auth(context),
                    extensions=terms(max_bytes=settings.max_bytes),
                )
        except TimeoutError as error:
            message = f"{url.host} did not answer in full within {seconds} seconds."
            raise TransientError(message) from error
        if found.status_code != HTTPStatus.OK:
            message = f"{url.host} answered with the status {found.status_code}, not with a file."
            raise DataError(message)
        return found.content


@hookimpl
def atlas_connectors() -> list[type[CsvHttp]]:
    """Bring the connector for CSV over HTTP."""
    return [CsvHttp]
