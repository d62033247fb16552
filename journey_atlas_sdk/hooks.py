"""The hooks that a plugin may implement, all in one place."""

from collections.abc import Iterable
from typing import Any, Final

import httpx
import pluggy

from journey_atlas_sdk.connector import Connector
from journey_atlas_sdk.errors import ConnectorError
from journey_atlas_sdk.observations import Observation

PROJECT: Final = "journey_atlas"
ENTRY_POINT_GROUP: Final = "journey_atlas.connectors"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook that has its name."""


@hookspec
def atlas_connectors() -> Iterable[type[Connector[Any]]]:  # type: ignore[empty-body]  # a hook's specification has no body  # Any: each has settings of its own
    """Give the connector classes that this plugin brings."""


@hookspec(firstresult=True)
def atlas_http_transport(
    connection: str, transport: httpx.AsyncBaseTransport
) -> httpx.AsyncBaseTransport | None:
    """Give what a connection's requests go through in place of `transport`, or around it.

    For proxies, recordings and fakes. `transport` is the host's own, or what an earlier plugin made
    of it: whoever sends past it sends past the check of addresses. None: leave it as it is.
    """


@hookspec
def atlas_observation_accepted(connection: str, observation: Observation) -> None:
    """Take notice of an observation that was checked and recorded, as its connector told it."""


@hookspec
def atlas_pull_failed(connection: str, metric: str, error: ConnectorError) -> None:
    """Take notice of a pull that failed; the error holds no secret."""
