"""How a failure leaves the API: always with a code that says whose fault it is."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from api.errors import BadUserInput, QueryError
from domain.errors import Conflict, DomainError, NotFound

log = logging.getLogger("atlas.api")

Formatted = dict[str, Any]
"""An error as the GraphQL specification shapes it, ready for JSON."""

Extensions = Mapping[str, str | int | list[str]]

INTERNAL = "INTERNAL"

MESSAGE_AT_MOST = 500
"""graphql-core quotes what it was given, however long that is."""


def formatted(
    error: GraphQLError, *, new_reference: Callable[[], str], code: str = INTERNAL
) -> Formatted:
    """Shape an error for the client, always with `extensions.code`.

    `code` is that of an error which graphql-core found in the request itself. What nobody expected
    is masked: the client reads a reference id, the log holds the exception under the same id.
    """
    original = error.original_error
    if isinstance(original, QueryError):
        return _shaped(error, original.message, {"code": original.code, **original.details})
    if isinstance(original, DomainError):
        return _shaped(error, original.message, _told(original))
    if code != INTERNAL:
        return _shaped(error, _shortened(error.message), {"code": code})
    reference = new_reference()
    log.error("Unexpected error %s at %s", reference, error.path, exc_info=original or error)
    message = f"Something went wrong here. Please report the reference {reference}."
    return _shaped(error, message, {"code": INTERNAL, "reference": reference})


def without_values(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """Give the mistakes of a mutation without the values that graphql-core quotes.

    Secrets may be among them.
    """
    return [
        GraphQLError(
            _unquoted(each.message), each.nodes, source=each.source, positions=each.positions
        )
        for each in errors
    ]


def _unquoted(message: str) -> str:
    for quoting, left in _QUOTING:
        message = quoting.sub(left, message)
    return message


_QUOTING = (
    (re.compile(r"[,;] found\b.*", re.DOTALL), "."),
    (re.compile(r"(represent [\w -]*value): .*", re.DOTALL), r"\1."),
    (re.compile(r"Value '.*' does not exist", re.DOTALL), "The value does not exist"),
    (re.compile(r"(Unexpected \w+) .*", re.DOTALL), r"\1."),
    (re.compile(r"(Invalid character[\w ]*):.*", re.DOTALL), r"\1."),
)
"""The ways in which graphql-core quotes what it was given."""


def _shortened(message: str) -> str:
    """Cut a message that quotes too much of what the client sent."""
    return message if len(message) <= MESSAGE_AT_MOST else f"{message[:MESSAGE_AT_MOST]} …"


def _told(error: DomainError) -> Extensions:
    known = isinstance(error, NotFound | Conflict)
    code = error.code if known else BadUserInput.code
    return {"code": code, "legal": list(error.legal)} if error.legal else {"code": code}


def _shaped(error: GraphQLError, message: str, extensions: Extensions) -> Formatted:
    shaped: Formatted = {"message": message}
    if error.locations:
        shaped["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        shaped["path"] = list(error.path)
    return {**shaped, "extensions": extensions}
