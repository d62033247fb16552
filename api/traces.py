"""What goes between connectors and their sources, written to the log."""

import logging

from journey_atlas_sdk.hosting.tracing import Event

_log = logging.getLogger("journey_atlas.trace")


def log_event(connection: str, event: Event) -> None:
    """Write what happened in a connection, in one line."""
    _log.info("%s  %s", connection, event)
