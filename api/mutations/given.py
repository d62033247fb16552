"""What a client gave: fields that were left out stay as they are, ids lead to nodes."""

from collections.abc import Collection
from typing import Any, TypeVar, cast
from uuid import UUID

import strawberry

from api.mutations.acting import Acting
from api.relay import decode_id
from api.types.node import TYPE_NAMES
from domain.actions.editing import Target, require_in_use, required
from domain.errors import InvalidRecord, NotFound
from domain.node import Node

N = TypeVar("N", bound=Node)


@strawberry.input(description="Which node, as it was read.")
class VersionedInput:
    """What every input of a change has."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    version: int = strawberry.field(
        description="The version that was read; a stale one is refused."
    )


def given_fields(given: object, *names: str, clearable: Collection[str] = ()) -> dict[str, Any]:
    """Give the fields of an input that were given, by name; null only where it means something.

    Any: each has the type of its own.
    """
    found: dict[str, Any] = {}
    for name in names:
        value: object = getattr(given, name)
        if value is strawberry.UNSET:
            continue
        if value is None and name not in clearable:
            message = f"`{name}` can't be null: leave it out and it stays as it is."
            raise InvalidRecord(message, path=(name,))
        found[name] = value
    return found


def optional(value: object) -> Any:  # noqa: ANN401 - the value's own type
    """Give a value, None where it was left out or null."""
    return None if value is strawberry.UNSET else value


def object_of(given: object, name: str) -> dict[str, Any]:  # Any: JSON
    """Read settings or parameters; InvalidRecord unless they are an object."""
    if not isinstance(given, dict):
        message = f"`{name}` is an object: a value for each name."
        raise InvalidRecord(message, path=(name,))
    return dict(cast("dict[str, Any]", given))  # JSON's objects have strings for keys


def target_of(given: VersionedInput, kind: type[Node], acting: Acting) -> Target:
    """Give which node of which version an input means; the node becomes the subject."""
    acting.subject = node_of(given.id, kind, acting, path=("id",)).id
    return Target(acting.subject, given.version)


def node_of(text: str, kind: type[N], acting: Acting, *, path: tuple[str, ...]) -> N:
    """Give the node of a global id; NotFound where there is none of this kind."""
    asked = decode_id(text)
    here = acting.atlas.organization.id
    is_ours = asked is not None and asked.organization == here
    if asked is None or not is_ours or asked.type_name != TYPE_NAMES[kind.kind]:
        message = f"This is no id of a {kind.kind} here."
        raise NotFound(message, path=path)
    return required(acting.atlas, asked.id, kind, path=path)


def node_in_use(text: str, kind: type[N], acting: Acting, *, path: tuple[str, ...]) -> N:
    """Give the node of a global id; NotFound as above, Archived where it was put away."""
    node = node_of(text, kind, acting, path=path)
    require_in_use(node, path=path)
    return node


def own_id(text: object) -> str | None:
    """Read an id that a client made, None where it made none; InvalidRecord unless it is a UUID."""
    if not isinstance(text, str):
        return None
    try:
        return str(UUID(text))
    except ValueError:
        message = f"`newId` is a UUID of your own making, not {text[:40]!r}."
        raise InvalidRecord(message, path=("newId",)) from None
