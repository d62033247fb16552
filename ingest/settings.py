"""A connection's settings with its secrets put in from outside, as its connector wants them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.source import Connection
from journey_atlas_sdk import ConfigError, ConnectorInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Settings with the secrets filled in, and the secrets among them by name."""

    settings: Mapping[str, Any]  # Any: JSON
    secrets: Mapping[str, str]


def resolve(
    connection: Connection, info: ConnectorInfo, *, environment: Mapping[str, str]
) -> Resolved:
    """Fetch the secrets of a connection's settings from the environment.

    A secret is written as `{env: NAME}`, never itself: an atlas file and the database are read by
    many. Raises ConfigError, which names the setting and never a value.
    """
    named = {name for name, schema in _properties(info).items() if _is_secret(schema)}
    secrets = {
        name: _secret(name, given, environment)
        for name, given in connection.settings.items()
        if name in named and given is not None
    }
    return Resolved(settings={**connection.settings, **secrets}, secrets=secrets)


def _properties(info: ConnectorInfo) -> Mapping[str, Any]:  # Any: JSON Schema
    found: Mapping[str, Any] = info.settings_schema.get("properties", {})
    return found


def _is_secret(schema: Mapping[str, Any]) -> bool:  # Any: JSON Schema
    return any(way.get("writeOnly") for way in (schema, *schema.get("anyOf", ())))


def _secret(name: str, given: object, environment: Mapping[str, str]) -> str:
    match given:
        case {"env": str(variable)}:
            found = environment.get(variable)
            if found:
                return found
            message = (
                f"The setting {name!r} wants the environment variable {variable}: it is unset."
            )
            raise ConfigError(message)
        case _:
            message = f"The setting {name!r} is a secret: write {{env: NAME_OF_A_VARIABLE}}."
            raise ConfigError(message)
