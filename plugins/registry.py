"""The connectors that can be used, by key, and the plugins that can't."""

import logging
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from journey_atlas_sdk import ConfigError, Connector, ConnectorBug, ConnectorError, ConnectorInfo
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.connector import Apart
from plugins.hooked import Hooks
from plugins.problems import PluginProblem

AnyConnector = Connector[Any]  # Any: each connector has settings of its own

_ALL: Final = "*"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredConnector:
    """A connector, the plugin that brought it and where that plugin comes from.

    `children`: among which processes it runs; None: in this one.
    """

    connector: type[AnyConnector]
    plugin: str
    origin: str
    children: Children | None = None

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
        registered = self.get(key)
        connector = registered.connector
        if registered.children is not None:
            return Apart(connector, settings, children=registered.children)
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

    def with_apart(self, keys: Collection[str], children: Children) -> "Registry":
        """Run the connectors of these keys among `children`, all of them where one key is `*`.

        One that isn't there, be it in quarantine, is told in the log and otherwise left.
        """
        for key in sorted(set(keys) - {_ALL, *self.connectors}):
            _log.warning("%s can't run apart: %s", key, self._no_connector(key))
        chosen = self.connectors.keys() if _ALL in keys else self.connectors.keys() & set(keys)
        apart = {key: replace(self.connectors[key], children=children) for key in chosen}
        return replace(self, connectors={**self.connectors, **apart})

    def _no_connector(self, key: str) -> str:
        there = ", ".join(self.connectors) or "none"
        broken = ", ".join(problem.name for problem in self.problems)
        quarantined = f" In quarantine: {broken} (`atlas connectors` tells why)." if broken else ""
        return f"No connector has the key {key!r}. There are: {there}.{quarantined}"


def _place(error: BaseException) -> str:
    """Give file and line of the innermost call that an error comes from."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{last.filename}:{last.lineno}"
