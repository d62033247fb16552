"""Settings of a source that is asked over HTTP: where it is and how it knows us.

Imported by its own name.
"""

from typing import Annotated, Self

import httpx
from pydantic import AfterValidator, Field, model_validator

from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import ConfigError
from journey_atlas_sdk.settings import AllowPrivate, Secret, Settings
from journey_atlas_sdk.texts import says


def _web_address(written: str) -> str:
    written = written.strip()
    try:
        url = httpx.URL(written)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        message = "Write an address that begins with http:// or https://."
        raise ValueError(message)
    if url.userinfo or url.fragment:
        message = "Leave user, password and #fragment out; they have settings of their own."
        raise ValueError(message)
    return written


WebAddress = Annotated[str, AfterValidator(_web_address)]
"""A setting that is an address: http:// or https://, without user, password and #fragment."""


NumericId = Annotated[str, Field(pattern=r"^[0-9]+$", coerce_numbers_to_str=True)]
"""A setting that is a service's id of something: digits, as a text, however it is written."""


def refusal(response: httpx.Response) -> ConfigError:
    """Give the ConfigError that tells a refused question in the source's own words."""
    return ConfigError(says(str(response.url.host), response.text))


class ServiceSettings(Settings):
    """Where a service is; the base of a vendor's settings, which give `url` its default."""

    url: WebAddress = Field(description="`http://` or `https://`, without user and password.")
    allow_private: AllowPrivate = False

    def at(self, path: str) -> str:
        """Give the address of a path, which begins with a slash."""
        return f"{self.url.rstrip('/')}{path}"


class WebSettings(ServiceSettings):
    """Where the server is and how it knows us; the base of a connector's settings.

    Give `token`, or `username` and `password`, or nothing.
    """

    token: Secret | None = Field(default=None, description="Sent as `Authorization: Bearer …`.")
    username: str | None = Field(default=None, description="Instead of a token.")
    password: Secret | None = Field(default=None, description="Of that user.")

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.username is None) != (self.password is None):
            message = "`username` and `password` come together."
            raise ValueError(message)
        if self.token is not None and self.username is not None:
            message = "Give either `token` or `username` and `password`."
            raise ValueError(message)
        return self

    def auth(self, context: Context) -> httpx.Auth | None:
        """Tell the server who asks; None where the settings name nobody."""
        if self.token is not None:
            return Bearer(context.secret("token"))
        if self.username is not None:
            return httpx.BasicAuth(self.username, context.secret("password"))
        return None
