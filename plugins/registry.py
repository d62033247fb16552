"""The connectors that can be used, by key, and the plugins that can't."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journey_atlas_sdk import ConfigError, Connector, ConnectorBug, ConnectorError, ConnectorInfo
from plugins.hooked import Hooks
from plugins.problems import PluginProblem

AnyConnector = Connector[Any]  # Any: each connector has settings of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredConnector:
    """A connector, the plugin that brought it and where that plugin comes from."""

    connector: type[AnyConnector]
    plugin: str
    origin: str

    @property
    def info(self) -> ConnectorInfo:
        """What the connector says of itself."""
        return self.connector.info


@dataclass(frozen=True, slots=True)
class Registry:
    """All that was found: `connectors` in order of key, the others in the order of loading."""

    connectors: Mapping[str, RegisteredConnector]
    problems: tuple[PluginProblem, ...] = ()
    hooks: Hooks = field(default_factory=Hooks)

    def get(self, key: str) -> RegisteredConnector:
        """Give the connector of that key; ConfigError naming those there are."""
        found = self.connectors.get(key)
        if found is None:
            raise ConfigError(self._no_connector(key))
        return found

    def open(self, key: str, settings: Mapping[str, Any]) -> AnyConnector:  # Any: JSON
        """Make a connector from a connection's settings, secrets filled in.

        ConfigError where the connector is unknown or the settings don't fit it, ConnectorBug where
        it breaks on settings that fit.
        """
        connector = self.get(key).connector
        checked = connector.info.settings.read(settings)
        try:
            return connector(checked)
        except ConnectorError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- a stranger's constructor
            message = f"The connector {key!r} failed on its settings."
            # What it says may hold a secret, which nobody here could black out.
            detail = f"{type(error).__name__} at {_place(error)}"
            raise ConnectorBug(message, detail=detail) from None

    def _no_connector(self, key: str) -> str:
        there = ", ".join(self.connectors) or "none"
        broken = ", ".join(problem.name for problem in self.problems)
        quarantined = f" In quarantine: {broken} (`atlas connectors` tells why)." if broken else ""
        return f"No connector has the key {key!r}. There are: {there}.{quarantined}"


def _place(error: BaseException) -> str:
    """Give file and line of the innermost call that an error comes from."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{last.filename}:{last.lineno}"
