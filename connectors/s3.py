"""CSV files in S3, or in a store with its API: read anew at each pull, like a local folder's.

Which files are read, and what the key must be allowed to do, is told in docs/connectors/s3.md.
"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated, Final, Self
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import httpx
from pydantic import Field, model_validator

from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    Capability,
    ConfigError,
    Connector,
    ConnectorError,
    ConnectorInfo,
    Context,
    DataError,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    hookimpl,
)
from journey_atlas_sdk.observation_csv import CsvFormat, ObservationFile, answer, open_file, specs
from journey_atlas_sdk.settings import AllowPrivate
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.unpacking import unpacked
from journey_atlas_sdk.web import WebAddress

_MOST_LISTED: Final = 1_000
_FILE: Final = re.compile(r"(?P<stem>.+)\.csv(?:\.gz)?", re.IGNORECASE)
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_CODE: Final = re.compile(rb"<Code>(?P<name>\w+)</Code>")
_BY_CODE: Final[dict[str, type[ConnectorError]]] = {
    "InvalidAccessKeyId": AuthError,
    "SignatureDoesNotMatch": AuthError,
    "ExpiredToken": AuthError,
    "InvalidToken": AuthError,
    "AccessDenied": AccessDenied,
}


class S3Settings(CsvFormat):
    """Where the files are, who asks, and how their cells are written; give `key` or `prefix`."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] = Field(
        description="Its name."
    )
    key: str | None = Field(default=None, description="Of the one file to read.")
    prefix: str | None = Field(
        default=None,
        description="Instead of a key: all *.csv and *.csv.gz files whose keys begin so are read.",
    )
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = Field(
        default="us-east-1", description="The bucket's own; a wrong one is refused."
    )
    endpoint: WebAddress | None = Field(
        default=None, description="Of another store with the API of S3; left out: Amazon's."
    )
    access_key_id: str = Field(description="Who asks.")
    secret_access_key: Secret = Field(description="Its secret; the machine's own role isn't used.")
    session_token: Secret | None = Field(
        default=None, description="Of temporary keys, which end after hours."
    )
    allow_private: AllowPrivate = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.key is None) == (self.prefix is None):
            message = "Give either `key` or `prefix`; an empty prefix is the whole bucket."
            raise ValueError(message)
        return self

    @property
    def address(self) -> str:
        """The bucket's address: Amazon's has its name in the host, others' in the path."""
        if self.endpoint is not None:
            return f"{self.endpoint.rstrip('/')}/{self.bucket}"
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com"


class S3(Connector[S3Settings]):
    """Asks the store itself, each request signed."""

    info = ConnectorInfo(
        key="s3",
        title="CSV files in S3",
        version="1.0.0",
        settings=S3Settings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/s3.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the rows of the metric that have exactly the asked dimensions, oldest first."""
        keys = await self._keys(context)
        named = [key for key in keys if _stem(key) == request.metric]
        files = [await self._file(key, context) for key in named or keys]
        read = partial(answer, files, request, self.settings, now=context.now())
        for observation in await context.blocking(read, weight=0):
            yield observation

    async def check(self, context: Context) -> None:
        """Find the files, and read the header of one."""
        keys = await self._keys(context)
        await self._file(keys[0], context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that the files name, with the columns that break them down."""
        files = [await self._file(key, context) for key in await self._keys(context)]
        return await context.blocking(lambda: specs(files, self.settings.units), weight=0)

    async def _keys(self, context: Context) -> list[str]:
        """Name the files, in order; ConfigError where there are none or very many."""
        if self.settings.key is not None:
            return [self.settings.key]
        prefix = quote(self.settings.prefix or "", safe="")
        listing = await self._get(f"?encoding-type=url&list-type=2&prefix={prefix}", context)
        keys, is_all = await context.blocking(lambda: _listed(listing), weight=0)
        files = [key for key in keys if _FILE.fullmatch(PurePosixPath(key).name)]
        if not files or not is_all:
            found = f"{len(files)} files *.csv" if is_all else f"more than {_MOST_LISTED} objects"
            message = f"{found} begin with {self.settings.prefix!r} in {self.settings.bucket}."
            raise ConfigError(message)
        return sorted(files)

    async def _file(self, key: str, context: Context) -> ObservationFile:
        """Fetch a file and read its header."""
        body, name = await self._get(f"/{quote(key, safe='/~')}", context), PurePosixPath(key).name

        def read() -> ObservationFile:
            plain = unpacked(body, max_bytes=self.settings.max_bytes)
            return open_file(name, _stem(key), plain, self.settings)

        return await context.blocking(read, weight=0)

    async def _get(self, rest: str, context: Context) -> bytes:
        url = f"{self.settings.address}{rest}"
        headers = await context.blocking(lambda: self._signed(url, context), weight=0)
        limits = terms(expect=_REFUSALS, max_bytes=self.settings.max_bytes)
        response = await context.http.get(url, headers=headers, extensions=limits)
        _require_answer(response)
        return response.content

    def _signed(self, url: str, context: Context) -> dict[str, str]:
        """Give the headers that sign a GET."""
        try:
            from botocore import auth, awsrequest, credentials  # noqa: PLC0415 -- an extra
        except ImportError as error:
            message = "The package botocore is not installed: install journey-atlas[s3]."
            raise ConfigError(message) from error
        settings = self.settings
        token = context.secret("session_token") if settings.session_token is not None else None
        secret = context.secret("secret_access_key").strip()
        signer = auth.S3SigV4Auth(
            credentials.Credentials(settings.access_key_id, secret, token), "s3", settings.region
        )
        request = awsrequest.AWSRequest(method="GET", url=url)
        signer.add_auth(request)
        return dict(request.headers.items())


@hookimpl
def atlas_connectors() -> list[type[S3]]:
    """Bring the S3 connector."""
    return [S3]


def _stem(key: str) -> str:
    found = _FILE.fullmatch(PurePosixPath(key).name)
    return found["stem"] if found else PurePosixPath(key).name


def _listed(body: bytes) -> tuple[list[str], bool]:
    """Read a listing: the keys, and whether they are all."""
    try:
        listing = ET.fromstring(body)  # noqa: S314 -- bounded, and expat refuses bombs
    except ET.ParseError as error:
        message = "The store's answer is no listing of S3: check `endpoint`."
        raise DataError(message, detail=repr(body[:200])) from error
    keys = [unquote(key.text or "") for key in listing.iterfind("{*}Contents/{*}Key")]
    return keys, listing.findtext("{*}IsTruncated") != "true"


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal's code stands for; its own words hold no secret."""
    if response.status_code not in _REFUSALS:
        return
    code = _CODE.search(response.content)
    name = code["name"].decode() if code else f"status {response.status_code}"
    message = f"{response.url.host} refuses with {name}."
    raise _BY_CODE.get(name, ConfigError)(message)
