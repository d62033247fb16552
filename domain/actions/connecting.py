"""Make and change connections: settings are held against the connector, secrets are sealed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

from domain.actions.changes import Planned
from domain.actions.editing import (
    Desk,
    Target,
    edited,
    free_id,
    free_key,
    key_from,
    planned,
    problems_of_key,
    require_none,
    targeted,
)
from domain.actions.record_rules import problems_of_record
from domain.atlas import Atlas
from domain.errors import DomainError, InvalidRecord, SecretsNeeded
from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretName, SecretReference, SecretValue
from domain.source import Connection, Settings

SecretDraft = SecretValue | SecretReference | None
"""What shall stand behind a secret setting; None: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDraft:
    """What is given of a connection: `fields` by the record's names, `secrets` by setting.

    What is left out stays as it is. `settings` among the fields replaces all but the secret ones.
    """

    id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: Mapping[str, SecretDraft] = field(default_factory=dict[str, SecretDraft])


class Connectors(Protocol):
    """What a use case needs to know of connectors."""

    def require(self, connector: str) -> None:
        """Raise InvalidRecord, which names those there are, where none has this key."""
        ...

    def secret_settings(self, connector: str) -> Collection[str]:
        """Name the settings that are secrets."""
        ...

    def destinations(self, connector: str) -> Collection[str]:
        """Name the settings that say where secrets are sent."""
        ...

    def problems(
        self, connection: Connection, given: Mapping[str, SecretDraft], *, before: Settings
    ) -> Iterable[DomainError]:
        """Tell what is wrong with a connection's settings and the secrets given with them.

        `before` are the settings as they are stored: what somebody may do no more, they may keep.
        """
        ...

    def seal(
        self, organization: OrganizationId, of: SecretName, value: SecretValue, *, now: datetime
    ) -> SealedSecret:
        """Seal a secret; Refused where there is no key."""
        ...


def create_connection(
    atlas: Atlas, draft: ConnectionDraft, desk: Desk, connectors: Connectors
) -> Planned:
    """Make a connection; without a key it gets one made from its title."""
    return _sealed(atlas, new_connection(atlas, draft, desk, connectors), draft, connectors)


def update_connection(
    atlas: Atlas, target: Target, draft: ConnectionDraft, desk: Desk, connectors: Connectors
) -> Planned:
    """Change what is given of a connection; its connector stays the one it was made for.

    SecretsNeeded where its secrets would be sent elsewhere and aren't given anew.
    """
    changed = changed_connection(atlas, target, draft, desk, connectors)
    return _sealed(atlas, changed, draft, connectors)


def new_connection(
    atlas: Atlas, draft: ConnectionDraft, desk: Desk, connectors: Connectors
) -> Connection:
    """Give a connection as it would be made; raises what is wrong with it."""
    fields: dict[str, Any] = {**draft.fields, "settings": {}}
    fields["key"] = fields.get("key") or free_key(atlas, key_from(fields["title"]))
    new_id = free_id(atlas, draft.id, desk)
    blank = Connection(id=new_id, created_at=desk.now, updated_at=desk.now, **fields)
    connectors.require(blank.connector)
    settings = _settings(blank, draft, connectors)
    made = replace(blank, settings=settings, secrets=_marks(blank, draft, desk.now))
    require_none(_problems(atlas, made, blank, draft, connectors))
    return made


def changed_connection(
    atlas: Atlas, target: Target, draft: ConnectionDraft, desk: Desk, connectors: Connectors
) -> Connection:
    """Give a connection as it would be after a change; raises what is wrong with it."""
    stored = targeted(atlas, target, Connection)
    connectors.require(stored.connector)
    settings = _settings(stored, draft, connectors)
    own = {"settings": settings, "secrets": _marks(stored, draft, desk.now)}
    changed = edited(stored, desk, **{**draft.fields, **own})
    _require_secrets_anew(stored, changed, draft, connectors)
    require_none(_problems(atlas, changed, stored, draft, connectors))
    return changed


def _settings(stored: Connection, draft: ConnectionDraft, connectors: Connectors) -> Settings:
    """Give the settings as they will be, with references in the places of secrets."""
    secret = connectors.secret_settings(stored.connector)
    given: Settings = draft.fields.get("settings") or {}
    require_none(_open_secrets(given, secret))
    kept = {name: value for name, value in stored.settings.items() if name in secret}
    plain = given if "settings" in draft.fields else stored.settings
    settings = {**plain, **kept}
    for name, secret_draft in draft.secrets.items():
        settings.pop(name, None)
        if isinstance(secret_draft, SecretReference):
            settings[name] = secret_draft.written
    return settings


def _open_secrets(given: Settings, secret: Collection[str]) -> Iterator[DomainError]:
    for name in given:
        if name in secret:
            message = f"The setting {name!r} is a secret: give it in `secrets`."
            yield InvalidRecord(message, path=("settings", name))


def _marks(stored: Connection, draft: ConnectionDraft, now: datetime) -> Mapping[str, datetime]:
    """Name the secrets that will be stored, each with when it was set."""
    kept = {name: at for name, at in stored.secrets.items() if name not in draft.secrets}
    new = {name: now for name, each in draft.secrets.items() if isinstance(each, SecretValue)}
    return {**kept, **new}


def _require_secrets_anew(
    stored: Connection, changed: Connection, draft: ConnectionDraft, connectors: Connectors
) -> None:
    """Refuse to send secrets elsewhere: whoever may edit could read them at a place of his own."""
    places = connectors.destinations(stored.connector)
    moved = [name for name in places if stored.settings.get(name) != changed.settings.get(name)]
    held = {
        name
        for name in connectors.secret_settings(stored.connector)
        if name in stored.secrets or name in stored.settings
    }
    missing = sorted(held - draft.secrets.keys())
    if moved and missing:
        message = (
            f"With another {' and '.join(moved)} the connection's secrets would be sent elsewhere: "
            f"give them anew ({', '.join(missing)})."
        )
        raise SecretsNeeded(message, path=("secrets",), legal=missing)


def _problems(
    atlas: Atlas,
    connection: Connection,
    stored: Connection,
    draft: ConnectionDraft,
    connectors: Connectors,
) -> Iterable[DomainError]:
    return chain(
        problems_of_key(atlas, connection),
        problems_of_record(connection),
        connectors.problems(connection, draft.secrets, before=stored.settings),
    )


def _sealed(
    atlas: Atlas, connection: Connection, draft: ConnectionDraft, connectors: Connectors
) -> Planned:
    """Plan to write a connection with the secrets that were given."""
    organization = atlas.organization.id
    sealed = [
        connectors.seal(organization, SecretName(connection.id, name), given, now=at)
        for name, given in draft.secrets.items()
        if isinstance(given, SecretValue) and (at := connection.secrets[name])
    ]
    forgotten = [
        SecretName(connection.id, name)
        for name, given in draft.secrets.items()
        if not isinstance(given, SecretValue)
    ]
    plan = planned(atlas, connection)
    changes = replace(plan.changes, sealed=sealed, forgotten=forgotten)
    return Planned(changes=changes, node=connection)
