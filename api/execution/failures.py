"""How a failure leaves the API: always with a code that says whose fault it is."""

import logging
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from api.errors import BadUserInput, QueryError
from domain.errors import Conflict, DomainError, NotFound

log = logging.getLogger("atlas.api")

Formatted = dict[str, Any]
"""An error as the GraphQL specification shapes it, ready for JSON."""

INTERNAL = "INTERNAL"


def formatted(
    error: GraphQLError, *, new_reference: Callable[[], str], code: str = INTERNAL
) -> Formatted:
    """Shape an error for the client, always with `extensions.code`.

    `code` is that of an error which graphql-core itself found. What nobody expected is masked: the
    client reads a reference id, the log holds the exception under the same id.
    """
    original = error.original_error
    if original is None and code != INTERNAL:
        return _shaped(error, error.message, {"code": code})
    if isinstance(original, QueryError):
        return _shaped(error, original.message, {"code": original.code, **original.details})
    if isinstance(original, DomainError):
        return _shaped(error, original.message, {"code": _domain_code(original)})
    reference = new_reference()
    log.error("Unexpected error %s at %s", reference, error.path, exc_info=original or error)
    message = f"Something went wrong here. Please report the reference {reference}."
    return _shaped(error, message, {"code": INTERNAL, "reference": reference})


def _domain_code(error: DomainError) -> str:
    known = isinstance(error, NotFound | Conflict)
    return error.code if known else BadUserInput.code


def _shaped(error: GraphQLError, message: str, extensions: dict[str, str | int]) -> Formatted:
    shaped: Formatted = {"message": message}
    if error.locations:
        shaped["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        shaped["path"] = list(error.path)
    return {**shaped, "extensions": extensions}
