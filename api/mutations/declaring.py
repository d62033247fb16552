"""How a mutation is declared: one input, one payload."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from api.context import Context, Reading
from api.fields import Field, GraphQLType, attribute, computed, described, many, maybe
from api.mutations.acting import Act, Outcome, begin, camel, outcome_of
from domain.node import Node


@strawberry.type(
    description="Why a mutation didn't do what was asked. It is expected to happen, so it is data; "
    "`errors` are for what nobody expects."
)
class UserError:
    """The public face of `acting.Problem`."""

    code: str = described("The reason, for programs; docs/frontend/error-codes.md lists them all.")
    path: list[str] = described(
        "The way to it inside the input, such as `settings`, `url`; empty: the whole of it."
    )
    message: str = described("The reason, for people.")
    legal: list[str] = described("What would do instead; empty where that isn't a list.")


def _revision(_: Outcome, reading: Reading) -> int:
    return reading.view.atlas.revision


@strawberry.interface(description="What every mutation tells.")
class Payload:
    """The public face of `acting.Outcome`."""

    user_errors = computed(
        attribute("problems"), many(UserError), "Why it wasn't done; empty: it was."
    )
    revision = computed(
        _revision, int, "The atlas's revision after it; the payload shows the atlas at it."
    )

    @classmethod
    def is_type_of(cls, record: object, _info: object) -> bool:
        """Tell whether a record is a payload; of which mutation, its field knows."""
        return isinstance(record, Outcome)


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of a payload, by its Python name; its type as it is, null or not."""

    name: str
    graphql_type: GraphQLType
    description: str


def mutation(
    act: Act,
    given: type,
    description: str,
    *,
    subject: Shown | None = None,
    results: Sequence[Shown] = (),
) -> Field:
    """Declare a mutation by the function that does it, named as the field.

    The payload shows its `subject`, a node, as it is after it, and `results` by their names.
    """
    payload = _payload(act.__name__, subject, results)
    resolver = _resolver(act, given)
    told = f"{description} Null, with an error, where it failed in a way that nobody expects."
    return strawberry.field(resolver=resolver, graphql_type=maybe(payload), description=told)


def _payload(name: str, subject: Shown | None, results: Sequence[Shown]) -> GraphQLType:
    title = "".join(word.title() for word in name.split("_"))
    fields: dict[str, Field] = {each.name: _result(each) for each in results}
    if subject is not None:
        shown = maybe(subject.graphql_type)
        fields[subject.name] = computed(_subject, shown, subject.description)
    made = type(f"{title}Payload", (Payload,), {"__module__": __name__, **fields})
    return strawberry.type(made, description=f"What `{camel(name)}` came to.")


def _subject(outcome: Outcome, reading: Reading) -> Node | None:
    return None if outcome.subject is None else reading.view.atlas.nodes.get(outcome.subject)


def _result(shown: Shown) -> Field:
    def result(outcome: Outcome, _: Reading) -> object:
        return outcome.results.get(shown.name)

    return computed(result, shown.graphql_type, shown.description)


def _resolver(act: Act, given: type) -> Callable[..., Awaitable[Outcome]]:
    async def resolve(root: object, info: strawberry.Info[Context], **arguments: object) -> Outcome:
        del root
        acting = await begin(info.context, info.path)
        outcome = await outcome_of(act, arguments["input"], acting)
        await info.context.read_anew(info.path)
        return outcome

    resolve.__name__ = act.__name__
    parameters = [*_GIVEN, inspect.Parameter("input", _KEYWORD, annotation=_described_input(given))]
    resolve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # strawberry reads it
    return resolve


def _described_input(given: type) -> Any:  # noqa: ANN401 - an annotation
    return Annotated[given, strawberry.argument(description="What is asked for.")]


_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
_GIVEN = (
    inspect.Parameter("root", _POSITIONAL, annotation=Any),
    inspect.Parameter("info", _POSITIONAL, annotation=strawberry.Info[Context]),
)
