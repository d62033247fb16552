"""How the public types declare their fields.

A type is a class that is never constructed: domain records flow through it. `described` declares a
field that is read from the record's attribute, `computed` one that a plain function answers:
`function(record, reading, **arguments)`. Such a function knows nothing of GraphQL, so that any
executor can call it.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin

import strawberry

from api.context import Context, Reading
from api.relay import Page
from api.types.enums import definition_of
from domain.node import Node

Function = Callable[..., Any]  # Any: each function's own record, arguments and result
GraphQLType = Any  # strawberry has no type for "a type, a lazy type or an enum's definition"


def described(
    description: str, *, graphql_type: GraphQLType = None, name: str | None = None
) -> Any:  # Any: strawberry replaces the value by the field
    """Declare a field that is the record's attribute of the same name.

    `graphql_type` where the attribute's own type isn't public; `name` where the public name is
    another one.
    """
    return strawberry.field(description=description, graphql_type=graphql_type, name=name)


def computed(
    function: Function, graphql_type: GraphQLType, description: str, **arguments: str
) -> Any:  # Any: as above
    """Declare a field that `function(record, reading, **arguments)` answers.

    `arguments` describes each further parameter of the function, by its name.
    """
    return answered_by(function, public_parameters(function, arguments), graphql_type, description)


def attribute(name: str) -> Function:
    """Give the function of a second field that reads the same attribute."""

    def read(record: object, _: Reading) -> object:
        return getattr(record, name)

    return read


def many(graphql_type: GraphQLType) -> GraphQLType:
    """Give the type of a list that holds no null."""
    return list[graphql_type]


def maybe(graphql_type: GraphQLType) -> GraphQLType:
    """Give the type of a value that can be missing."""
    return Optional[graphql_type]


def answered_by(
    function: Function,
    parameters: Sequence[inspect.Parameter],
    graphql_type: GraphQLType,
    description: str,
) -> Any:  # Any: as above
    """Declare a field with public parameters of its own making."""
    resolver = _resolver(function, parameters)
    return strawberry.field(resolver=resolver, graphql_type=graphql_type, description=description)


def _resolver(function: Function, parameters: Sequence[inspect.Parameter]) -> Function:
    def resolve(root: Any, info: strawberry.Info[Context], **given: Any) -> Any:
        # Any: the record and the arguments are the function's own
        context = info.context
        found = function(root, context.reading(info.path), **given)
        context.spend(_nodes(found))
        return found

    resolve.__name__ = function.__name__
    signature = inspect.Signature([*_GIVEN, *parameters])
    resolve.__signature__ = signature  # type: ignore[attr-defined]  # strawberry reads it
    return resolve


_GIVEN = (
    inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
    inspect.Parameter(
        "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info[Context]
    ),
)


def _nodes(found: object) -> int:
    if isinstance(found, Page):
        return len(found.items)
    if isinstance(found, list | tuple):
        return len(found)
    return int(isinstance(found, Node))


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
    """Turn a domain parameter into a public one; a default of None is left unsaid."""
    default = strawberry.UNSET if parameter.default is None else parameter.default
    said = strawberry.argument(description=description)
    annotation = Annotated[public_type(parameter.annotation), said]
    kind = inspect.Parameter.KEYWORD_ONLY
    return parameter.replace(annotation=annotation, default=default, kind=kind)


def public_type(annotation: Any) -> GraphQLType:  # Any: an annotation
    """Replace the domain's enums in an annotation by their public definitions."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return definition_of(annotation)
    origin, inner = get_origin(annotation), [public_type(each) for each in get_args(annotation)]
    if origin in (Union, UnionType):
        return Optional[next(each for each in inner if each is not NoneType)]
    if origin in (list, Sequence):
        return list[inner[0]]
    return annotation
