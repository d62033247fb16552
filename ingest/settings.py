"""A connection's settings with its secrets put in from outside, as its connector wants them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast

from domain.node import NodeId, OrganizationId
from domain.secret import SealedSecret, SecretKind, SecretReference
from domain.source import Connection
from ingest.sealing import Sealer
from journey_atlas_sdk import ConfigError, ConnectorInfo

NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})

LONGEST_SECRET = 64 * 1024
"""Characters of a secret; whoever names a file with more means another one."""

Fetch = Callable[[str, SecretReference | None], str]
"""Give the value of the secret setting of a name; None: it is stored. Raises ConfigError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Settings with the secrets filled in, and the secrets among them by name."""

    settings: Mapping[str, Any] = field(repr=False)  # Any: JSON
    secrets: Mapping[str, str] = field(repr=False)


class SealedSecrets(Protocol):
    """Where the stored secrets are."""

    async def of_connection(
        self, organization: OrganizationId, connection: NodeId
    ) -> Sequence[SealedSecret]:
        """Give the secrets of a connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsResolver:
    """Knows where secrets are: stored and sealed, in the environment, in the files of a folder.

    `folder` None: no file may be named. The environment holds nothing of the server's own.
    """

    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    folder: Path | None = None
    store: SealedSecrets | None = None
    sealer: Sealer | None = None

    async def resolve(
        self,
        organization: OrganizationId,
        connection: Connection,
        info: ConnectorInfo,
        known: Mapping[str, str] = NOTHING_KNOWN,
    ) -> Resolved:
        """Fetch a connection's secrets; ConfigError names the setting and never a value.

        `known` are values that aren't stored yet, and count before those that are.
        """
        stored = {**await self._stored(organization, connection, known), **known}
        work = partial(resolve, connection, info, partial(self._fetch, stored))
        # In a thread where a file may be read: it can lie in a network.
        return await asyncio.to_thread(work) if self.folder is not None else work()

    def can_fetch(self, reference: SecretReference) -> bool:
        """Tell whether a value lies at the end of a reference at the moment."""
        try:
            return bool(self._fetch({}, "", reference))
        except ConfigError:
            return False

    async def _stored(
        self, organization: OrganizationId, connection: Connection, known: Mapping[str, str]
    ) -> Mapping[str, str]:
        names = connection.secrets.keys() - known.keys()
        if not names or self.store is None or self.sealer is None:
            return {}
        sealed = await self.store.of_connection(organization, connection.id)
        wanted = [each for each in sealed if each.of.name in names]
        return {each.of.name: self.sealer.open(organization, each) for each in wanted}

    def _fetch(
        self, stored: Mapping[str, str], name: str, reference: SecretReference | None
    ) -> str:
        if reference is None:
            return _found(stored.get(name), f"The secret {name!r} is lost: set it anew.")
        if reference.kind is SecretKind.FILE:
            return self._in_file(name, reference.name)
        variable = reference.name
        problem = f"The setting {name!r} wants the environment variable {variable}: it is unset."
        return _found(self.environment.get(variable), problem)

    def _in_file(self, name: str, file: str) -> str:
        problem = f"The setting {name!r} wants the file {file!r}"
        if self.folder is None:
            message = f"{problem}: this server has no folder of secrets (ATLAS_SECRETS_DIR)."
            raise ConfigError(message)
        folder = self.folder.resolve()
        path = (folder / file).resolve()
        if not path.is_relative_to(folder):
            message = f"{problem}: it isn't in the folder of secrets (ATLAS_SECRETS_DIR)."
            raise ConfigError(message)
        try:
            with path.open(encoding="utf-8") as opened:
                text = opened.read(LONGEST_SECRET + 1).rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            text = ""
        if len(text) > LONGEST_SECRET:
            message = f"{problem}: it is longer than {LONGEST_SECRET} characters."
            raise ConfigError(message)
        return _found(text, f"{problem}: it is missing, empty or no text.")


def resolve(connection: Connection, info: ConnectorInfo, fetch: Fetch) -> Resolved:
    """Put the secrets in; ConfigError for one that is written as itself, or that `fetch` misses."""
    secrets = dict[str, str]()
    for name in secret_settings(info):
        given = connection.settings.get(name)
        if name in connection.secrets:
            secrets[name] = fetch(name, None)
        elif given is not None:
            secrets[name] = fetch(name, reference_in(name, given))
    return Resolved(settings={**connection.settings, **secrets}, secrets=secrets)


def secret_settings(info: ConnectorInfo) -> list[str]:
    """Name the settings that are secrets, in the schema's order."""
    properties: Mapping[str, Any] = info.settings_schema.get("properties", {})  # Any: JSON Schema
    return [name for name, schema in properties.items() if _is_secret(schema)]


def reference_in(name: str, given: object) -> SecretReference:
    """Read what stands for a secret in an atlas file; ConfigError where it is no reference."""
    match [*cast("Mapping[str, object]", given).items()] if isinstance(given, Mapping) else ():
        case [("env", str(variable))] if variable:
            return SecretReference(SecretKind.ENVIRONMENT, variable)
        case [("file", str(file))] if file:
            return SecretReference(SecretKind.FILE, file)
        case _:
            message = (
                f"The setting {name!r} is a secret: write {{env: NAME_OF_A_VARIABLE}} or "
                "{file: NAME_OF_A_FILE}."
            )
            raise ConfigError(message)


def _found(value: str | None, problem: str) -> str:
    if not value:
        raise ConfigError(problem)
    return value


def _is_secret(schema: Mapping[str, Any]) -> bool:  # Any: JSON Schema
    return any(way.get("writeOnly") for way in (schema, *schema.get("anyOf", ())))
