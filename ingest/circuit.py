"""Leaves a plugin alone that keeps breaking, and names whose it is."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.source import SourceError
from journey_atlas_sdk import ConnectorBug
from plugins.registry import RegisteredConnector

BUGS = 3
"""How many bugs in a row open the circuit; anything else that a connector says closes it."""

PAUSE = timedelta(minutes=10)
"""How long the sources of a broken connector aren't asked on demand; then one bug more reopens."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Circuits:
    """The connectors of this process that break, by key."""

    _bugs: dict[str, int] = field(default_factory=dict[str, int])
    _open_until: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def note(
        self, connector: RegisteredConnector, error: SourceError | None, *, now: datetime
    ) -> None:
        """Take in how a reading ended; None: well."""
        key = connector.info.key
        if error is None or error.code != ConnectorBug.code:
            self._bugs.pop(key, None)
            self._open_until.pop(key, None)
            return
        self._bugs[key] = self._bugs.get(key, 0) + 1
        if self._bugs[key] >= BUGS:
            self._open_until[key] = now + PAUSE
            told = (key, connector.plugin, connector.origin, PAUSE, error.message)
            _log.error("Connector %s of %s (%s) is left alone for %s: %s", *told)

    def open_until(self, key: str) -> datetime | None:
        """Tell until when a connector isn't asked; None: it never broke so often."""
        return self._open_until.get(key)
