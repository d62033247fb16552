"""Make, change, put away and bring back connections; try one out."""

from collections.abc import Sequence
from functools import partial

import strawberry
from strawberry import ID, UNSET

from api.mutations.acting import Acting
from api.mutations.given import VersionedInput, given_fields, object_of, optional, own_id, target_of
from api.types.scalars import JSON
from domain.actions import connecting
from domain.actions.connecting import ConnectionDraft, SecretDraft
from domain.actions.editing import archived, restored
from domain.errors import InvalidRecord
from domain.secret import SecretKind, SecretReference, SecretValue
from domain.source import Connection

_SETTINGS = (
    "All of the connector's settings but the secret ones: an object, as its `settingsSchema` says."
)
_SECRETS = "Secrets to set, by the settings' names; others stay as they are."


@strawberry.input(
    one_of=True, description="What shall stand behind a secret setting: exactly one of these."
)
class SecretSourceInput:
    """A `SecretDraft`, as it is asked for."""

    value: str | None = strawberry.field(
        default=UNSET, description="The secret itself: stored sealed, and never shown again."
    )
    env: str | None = strawberry.field(
        default=UNSET, description="The name of an environment variable of the server."
    )
    file: str | None = strawberry.field(
        default=UNSET, description="The name of a file in the server's folder of secrets."
    )
    remove: bool | None = strawberry.field(
        default=UNSET, description="True: the setting has no secret any more."
    )


@strawberry.input(description="A secret of a connection.")
class SecretInput:
    """A setting and what shall stand behind it."""

    name: str = strawberry.field(description="The setting's name, such as `token`.")
    source: SecretSourceInput = strawberry.field(description="What shall stand behind it.")


@strawberry.input(description="A new connection.")
class CreateConnectionInput:
    """What `createConnection` takes."""

    connector: str = strawberry.field(description="The connector's key; it can't be changed later.")
    title: str = strawberry.field(description="The title.")
    key: str | None = strawberry.field(
        default=UNSET,
        description="The external key, unique in the organization over all kinds; where nothing is "
        "said, one made from the title.",
    )
    description: str | None = strawberry.field(default=UNSET, description="More about it.")
    settings: JSON | None = strawberry.field(default=UNSET, description=_SETTINGS)
    secrets: list[SecretInput] = strawberry.field(
        default_factory=list[SecretInput], description=_SECRETS
    )
    new_id: ID | None = strawberry.field(
        default=UNSET,
        description="A UUID that you made: asking twice then makes one connection, and the second "
        "time tells CONFLICT. Where nothing is said, the server makes one.",
    )


@strawberry.input(description="A change of a connection; what is left out stays as it is.")
class UpdateConnectionInput(VersionedInput):
    """What `updateConnection` takes."""

    title: str | None = strawberry.field(default=UNSET, description="Another title.")
    key: str | None = strawberry.field(default=UNSET, description="Another external key.")
    description: str | None = strawberry.field(
        default=UNSET, description="Another description; null takes it away."
    )
    settings: JSON | None = strawberry.field(
        default=UNSET,
        description=f"{_SETTINGS} Where that sends secrets elsewhere, they have to be given anew.",
    )
    secrets: list[SecretInput] = strawberry.field(
        default_factory=list[SecretInput], description=_SECRETS
    )


@strawberry.input(description="The connection to put away.")
class ArchiveConnectionInput(VersionedInput):
    """What `archiveConnection` takes."""


@strawberry.input(description="The connection to bring back.")
class RestoreConnectionInput(VersionedInput):
    """What `restoreConnection` takes."""


async def create_connection(given: CreateConnectionInput, acting: Acting) -> None:
    """Make a connection."""
    draft = ConnectionDraft(
        id=own_id(given.new_id),
        fields={
            "connector": given.connector,
            "title": given.title,
            **given_fields(given, "key", "description", clearable=("key", "description")),
            "settings": object_of(optional(given.settings) or {}, "settings"),
        },
        secrets=secrets_of(given.secrets),
    )
    connectors = acting.writing.connectors
    await acting.change(
        partial(connecting.create_connection, draft=draft, desk=acting.desk, connectors=connectors)
    )


async def update_connection(given: UpdateConnectionInput, acting: Acting) -> None:
    """Change what is given of a connection."""
    target = target_of(given, Connection, acting)
    draft = changes_of(given)
    connectors = acting.writing.connectors
    await acting.change(
        partial(
            connecting.update_connection,
            target=target,
            draft=draft,
            desk=acting.desk,
            connectors=connectors,
        )
    )


async def archive_connection(given: VersionedInput, acting: Acting) -> None:
    """Put a connection away."""
    target = target_of(given, Connection, acting)
    await acting.change(partial(archived, target=target, kind=Connection, desk=acting.desk))


async def restore_connection(given: VersionedInput, acting: Acting) -> None:
    """Bring a connection back."""
    target = target_of(given, Connection, acting)
    await acting.change(partial(restored, target=target, kind=Connection, desk=acting.desk))


def changes_of(given: UpdateConnectionInput) -> ConnectionDraft:
    """Give what is to change of a connection."""
    fields = given_fields(
        given, "title", "key", "description", "settings", clearable=("description",)
    )
    if "settings" in fields:
        fields["settings"] = object_of(fields["settings"], "settings")
    return ConnectionDraft(fields=fields, secrets=secrets_of(given.secrets))


def secrets_of(given: Sequence[SecretInput]) -> dict[str, SecretDraft]:
    """Read the secrets to set; InvalidRecord where one is set twice."""
    found: dict[str, SecretDraft] = {}
    for each in given:
        if each.name in found:
            message = f"The secret {each.name!r} is set twice."
            raise InvalidRecord(message, path=("secrets", each.name))
        found[each.name] = _draft(each)
    return found


def _draft(given: SecretInput) -> SecretDraft:
    source = given.source
    if isinstance(source.value, str):
        return SecretValue(source.value)
    if isinstance(source.env, str):
        return SecretReference(SecretKind.ENVIRONMENT, source.env)
    if isinstance(source.file, str):
        return SecretReference(SecretKind.FILE, source.file)
    if source.remove is True:
        return None
    message = f"Say `remove: true`, or leave the secret {given.name!r} out."
    raise InvalidRecord(message, path=("secrets", given.name, "remove"))
