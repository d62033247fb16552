"""The hooks that a plugin may implement, all in one place."""

from collections.abc import Iterable
from typing import Any, Final

import pluggy

from journey_atlas_sdk.connector import Connector

PROJECT: Final = "journey_atlas"
ENTRY_POINT_GROUP: Final = "journey_atlas.connectors"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook that has its name."""


@hookspec
def atlas_connectors() -> Iterable[type[Connector[Any]]]:  # type: ignore[empty-body]  # a hook's specification has no body  # Any: each has settings of its own
    """Give the connector classes that this plugin brings."""
