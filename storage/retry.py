"""The one place that tries again: lost connections, deadlocks and serialization failures."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from storage.errors import DatabaseUnreachable

T = TypeVar("T")

SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
# The server refuses or ends connections: shutting down, starting up, or failing over.
UNAVAILABLE = ("57P01", "57P02", "57P03", "08000", "08003", "08006", "25006")

PAUSES_SECONDS = (0.05, 0.2, 0.8)


async def retrying(unit: Callable[[], Awaitable[T]]) -> T:
    """Run a unit of work, and run it again where that can help, at most four times in all.

    The unit must be idempotent: a connection can be lost after the commit arrived.
    DatabaseUnreachable where the database stayed away; every other error passes as it is.
    """
    for pause in PAUSES_SECONDS:
        try:
            return await unit()
        except (DBAPIError, OSError) as error:
            if not is_transient(error):
                raise
        await asyncio.sleep(pause)
    try:
        return await unit()
    except (DBAPIError, OSError) as error:
        if not is_lost(error):
            raise
        raise DatabaseUnreachable(str(error.__cause__ or error)) from error


def is_transient(error: DBAPIError | OSError) -> bool:
    """Tell whether the same work may well succeed a moment later."""
    return is_lost(error) or sqlstate_of(error) in (SERIALIZATION_FAILURE, DEADLOCK)


def is_lost(error: DBAPIError | OSError) -> bool:
    """Tell whether the database went away, rather than disliked the statement."""
    if isinstance(error, OSError):
        return True
    return error.connection_invalidated or sqlstate_of(error) in UNAVAILABLE


def sqlstate_of(error: BaseException) -> str | None:
    """Give PostgreSQL's code for what went wrong; None where it didn't come from there."""
    if not isinstance(error, DBAPIError):
        return None
    code: object = getattr(error.orig, "sqlstate", None)
    return code if isinstance(code, str) else None
