"""What the API refuses, and how every failure leaves it: with a code that says whose fault it is.

ApiError                  what a client may read
├── BadUserInput          the request asks for what can't be (BAD_USER_INPUT)
├── NotFound              nothing has that key or id (NOT_FOUND)
├── LimitExceeded         the request asks for too much (COST_LIMIT); names the limit
└── DeadlineExceeded      answering took too long (DEADLINE)
RequestRefused            a whole request is refused before anything ran
Abort                     not an error of a field: ends the operation at once
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

import domain.errors

log = logging.getLogger("atlas.api")

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
INTERNAL = "INTERNAL"

Formatted = dict[str, Any]
"""An error as the GraphQL specification shapes it, ready for JSON."""


class ApiError(Exception):
    """A failure whose message is written for the client."""

    code = INTERNAL

    def __init__(self, message: str, **details: str | int) -> None:
        """Say what was seen and what to do; `details` stand beside the code in the answer."""
        super().__init__(message)
        self.message = message
        self.details = details


class BadUserInput(ApiError):
    """The request asks for what can't be."""

    code = BAD_USER_INPUT


class NotFound(ApiError):
    """Nothing has that key or id."""

    code = "NOT_FOUND"


class LimitExceeded(ApiError):
    """The request asks for too much."""

    code = "COST_LIMIT"

    def __init__(self, limit: str, *, maximum: int, seen: str) -> None:
        """Name the limit as `docs/limits.md` does, and what was `seen` in its place."""
        message = f"{seen}; the limit `{limit}` allows {maximum}."
        super().__init__(message, limit=limit, maximum=maximum)


class DeadlineExceeded(ApiError):
    """Answering took longer than an operation may take."""

    code = "DEADLINE"


class RequestRefused(Exception):
    """A request that is refused before anything of it ran; its answer has no `data`."""

    def __init__(self, errors: Sequence[GraphQLError], *, code: str = BAD_USER_INPUT) -> None:
        """Keep the errors; `code` is that of those without a code of their own."""
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)
        self.code = code


class Abort(BaseException):
    """End an operation at once, because of `reason`.

    Not an `Exception`: the executor would make it one field's error and go on with the next.
    """

    def __init__(self, reason: ApiError) -> None:
        """Keep the reason: the operation's only error."""
        super().__init__(reason.message)
        self.reason = reason


def refused(error: ApiError) -> RequestRefused:
    """Refuse a whole request for a reason that a client may read."""
    return RequestRefused([GraphQLError(error.message, original_error=error)], code=error.code)


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
    if isinstance(original, ApiError):
        return _shaped(error, original.message, {"code": original.code, **original.details})
    if isinstance(original, domain.errors.DomainError):
        return _shaped(error, original.message, {"code": _domain_code(original)})
    reference = new_reference()
    log.error("Unexpected error %s at %s", reference, error.path, exc_info=original or error)
    message = f"Something went wrong here. Please report the reference {reference}."
    return _shaped(error, message, {"code": INTERNAL, "reference": reference})


def _domain_code(error: domain.errors.DomainError) -> str:
    known = isinstance(error, domain.errors.NotFound | domain.errors.Conflict)
    return error.code if known else BAD_USER_INPUT


def _shaped(error: GraphQLError, message: str, extensions: dict[str, str | int]) -> Formatted:
    shaped: Formatted = {"message": message}
    if error.locations:
        shaped["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        shaped["path"] = list(error.path)
    return {**shaped, "extensions": extensions}
