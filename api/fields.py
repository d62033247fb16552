"""How the public types declare their fields.

A type is a class that is never constructed: domain records flow through it. `described` declares a
field that is read from the record's attribute, `computed` one that a plain function answers:
`function(record, reading, **arguments)`. Such a function knows nothing of GraphQL, so that any
executor can call it.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import EnumType
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, cast, get_args, get_origin

import strawberry

from api.context import Context, Reading
from api.relay import Page
from api.types.enums import definition_of
from domain.node import Node

Function = Callable[..., Any]
"""A field's function; Any: its record, its arguments and its result are its own."""

GraphQLType = Any
"""A type, a reference to one, or an enum's definition: strawberry has no type for all three."""

Field = Any
"""A declared field; Any, because it stands where the class names the value's type."""

Value = Any
"""What flows through a field: only the field's function knows it."""


def described(
    description: str, *, graphql_type: GraphQLType = None, name: str | None = None
) -> Field:
    """Declare a field that is the record's attribute of the same name.

    `graphql_type` where the attribute's own type isn't public; `name` where the public name is
    another one.
    """
    return strawberry.field(description=description, graphql_type=graphql_type, name=name)


def computed(
    function: Function, graphql_type: GraphQLType, description: str, **arguments: str
) -> Field:
    """Declare a field that `function(record, reading, **arguments)` answers.

    `arguments` describes each further parameter of the function, by its name.
    """
    return answered_by(function, public_parameters(function, arguments), graphql_type, description)


def attribute(path: str) -> Function:
    """Give the function of a field that reads an attribute, of another one too (`atlas.revision`).

    For what `described` can't say: a second field that reads the same attribute, or another name.
    """
    get = attrgetter(path)

    def read(record: Value, _: Reading) -> Value:
        return get(record)

    return read


def many(graphql_type: GraphQLType) -> GraphQLType:
    """Give the type of a list that holds no null."""
    return list[graphql_type]


def maybe(graphql_type: GraphQLType) -> GraphQLType:
    """Give the type of a value that can be missing."""
    return Optional[graphql_type]  # noqa: UP045 - a reference has no `|`


def answered_by(
    function: Function,
    parameters: Sequence[inspect.Parameter],
    graphql_type: GraphQLType,
    description: str,
) -> Field:
    """Declare a field with public parameters of its own making."""
    resolver = _resolver(function, parameters)
    return strawberry.field(resolver=resolver, graphql_type=graphql_type, description=description)


def _resolver(function: Function, parameters: Sequence[inspect.Parameter]) -> Function:
    def resolve(root: Value, info: strawberry.Info[Context], **given: Value) -> Value:
        context = info.context
        context.require_running()
        found = function(root, context.reading(info.path), **given)
        if inspect.isawaitable(found):
            return _counted(found, context)
        context.count(_nodes(found))
        return found

    resolve.__name__ = function.__name__
    signature = inspect.Signature([*_GIVEN, *parameters])
    resolve.__signature__ = signature  # type: ignore[attr-defined]  # strawberry reads it
    return resolve


async def _counted(awaited: Awaitable[Value], context: Context) -> Value:
    found = await awaited
    context.count(_nodes(found))
    return found


_GIVEN = (
    inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
    inspect.Parameter(
        "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info[Context]
    ),
)


def _nodes(found: object) -> int:
    if isinstance(found, Node):
        return 1
    if isinstance(found, Page):
        return len(cast("Page[Node]", found).items)  # its nodes' kind isn't known here
    return len(cast("list[object]", found)) if isinstance(found, list | tuple) else 0  # as above


def public_parameters(
    function: Function, descriptions: Mapping[str, str]
) -> list[inspect.Parameter]:
    """Give the arguments that a client may name: all but record and reading."""
    parameters = list(inspect.signature(function).parameters.values())[2:]
    public = [p for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
    if {parameter.name for parameter in public} != set(descriptions):
        message = f"{function.__name__}: every argument, and nothing else, needs a description."
        raise TypeError(message)
    return [_public(parameter, descriptions[parameter.name]) for parameter in public]


def _public(parameter: inspect.Parameter, description: str) -> inspect.Parameter:
    """Turn a domain parameter into a public one; a default of None is left unsaid.

    `from_` is public as `from`, which is no name in Python.
    """
    default = strawberry.UNSET if parameter.default is None else parameter.default
    name = parameter.name.removesuffix("_") if parameter.name.endswith("_") else None
    said = strawberry.argument(description=description, name=name)
    annotation: GraphQLType = Annotated[public_type(parameter.annotation), said]
    kind = inspect.Parameter.KEYWORD_ONLY
    return parameter.replace(annotation=annotation, default=default, kind=kind)


def public_type(annotation: GraphQLType) -> GraphQLType:
    """Replace the domain's enums in an annotation by their public definitions."""
    if isinstance(annotation, EnumType):
        return definition_of(annotation)
    inner: list[GraphQLType] = [public_type(each) for each in get_args(annotation)]
    if isinstance(annotation, UnionType):
        return maybe(next(each for each in inner if each is not NoneType))
    origin: object = get_origin(annotation)
    return many(inner[0]) if origin is list else annotation
