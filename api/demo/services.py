"""What the sample's connections `survey` and `analytics` ask: stand-ins, in this process.

They come as any plugin may: with the hook that gives a connection's requests another way.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import httpx
from starlette.types import ASGIApp

from api.demo import analytics, survey
from api.demo.sample import sample_file
from api.demo.vendors import mixpanel, surveymonkey
from journey_atlas_sdk import hookimpl
from journey_atlas_sdk.hosting.loading import manager_of
from plugins.hooked import HookedPlugin, Hooks
from plugins.registry import Registry

SECRETS: Final[Mapping[str, str]] = {
    "NORRHAVN_SURVEY_TOKEN": surveymonkey.TOKEN,
    "NORRHAVN_ANALYTICS_SECRET": mixpanel.SECRET,
}
"""The variables that the sample's secrets are read from."""

_NAME: Final = "norrhavn"


class Services:
    """A plugin that answers for the sample bank's services."""

    def __init__(self) -> None:
        """Open them, with the sample's history in them."""
        observations = sample_file().parent / "observations"
        self._by_connection: Mapping[str, ASGIApp] = {
            "survey": survey.service(observations),
            "analytics": analytics.service(observations),
        }

    @hookimpl
    def atlas_http_transport(self, connection: str) -> httpx.AsyncBaseTransport | None:
        """Answer the requests of the bank's own connections; the others go their way."""
        service = self._by_connection.get(connection)
        return None if service is None else httpx.ASGITransport(service)


def with_services(registry: Registry) -> Registry:
    """Add the sample bank's services to what was found."""
    plugin = HookedPlugin(_NAME, "sample", manager_of(Services(), _NAME))
    return replace(registry, hooks=Hooks([*registry.hooks.plugins, plugin]))
