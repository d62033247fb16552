"""The survey tool, entered with a token that ends soon and a refresh token that is spent by use."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import httpx

from journey_atlas_sdk import ConnectorInfo, Context, Secret, Settings, hookimpl
from journey_atlas_sdk.oauth import Client, FetchedToken, RefreshToken
from tests.conformance.honest.survey import Survey

CLIENT = Client("atlas", "")


class RenewingSettings(Settings):
    """Where the tool is; a refresh token stands instead of a token."""

    url: str
    refresh_token: Secret
    webhook_secret: Secret


class RenewingSurvey(Survey):
    """Reads answers as its parent does, with tokens that it fetches."""

    info: ClassVar[ConnectorInfo] = replace(
        Survey.info, key="renewing", title="Survey tool with OAuth", settings=RenewingSettings
    )
    auth: FetchedToken | None = None

    async def send(
        self, path: str, parameters: Mapping[str, str], context: Context
    ) -> httpx.Response:
        self.auth = self.auth or self.token(context)
        return await context.http.get(
            f"{self.settings.url}{path}",
            params=parameters,
            headers={"Accept": "application/json"},
            auth=self.auth,
        )

    def token(self, context: Context) -> FetchedToken:
        return RefreshToken(
            context,
            token_url="https://login.example/token",  # noqa: S106 -- an address, not the tool's
            client=CLIENT,
            setting="refresh_token",
        )


@hookimpl
def atlas_connectors() -> list[type[RenewingSurvey]]:
    """Bring the connector."""
    return [RenewingSurvey]
