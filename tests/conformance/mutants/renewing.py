"""Mutant 32: a token that ends in mid-pull ends the pull."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import ClassVar

import httpx

from journey_atlas_sdk import ConnectorInfo, Context
from journey_atlas_sdk.oauth import FetchedToken, RefreshToken
from tests.conformance.honest.renewing import CLIENT, RenewingSurvey
from tests.conformance.honest.renewing_fake import specimen


class FetchesOnce(RefreshToken):
    """Sends the token that it has, whatever becomes of it."""

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        flow = super().async_auth_flow(request)
        yield await anext(flow)
        await flow.aclose()


class NeverRenews(RenewingSurvey):
    info: ClassVar[ConnectorInfo] = replace(RenewingSurvey.info, key="renewing-32")

    def token(self, context: Context) -> FetchedToken:
        url = f"{self.settings.url}/token"
        return FetchesOnce(context, token_url=url, client=CLIENT, setting="refresh_token")


MUTANTS = {32: replace(specimen, connector=NeverRenews)}
