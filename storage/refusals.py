"""What the database refused, in the domain's words."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.errors import Conflict, DomainError, InvalidRecord, NotFound, Refused
from storage.retry import sqlstate_of

FOREIGN_KEY = "23503"
UNIQUE = "23505"
CHECK = "23514"
DATA = "22"
TOO_MUCH = "54"
"""Classes of codes: a value that no column can hold, and one that is too long for an index."""

MESSAGES = {
    "uq_tenants_key": "An organization with this key exists already.",
    "uq_nodes_key": "Another node of the organization has the same key.",
    "uq_links_one_source": "The target already hangs under another node by this relation.",
    "uq_links_one_target": "The source already has another target by this relation.",
}


@contextmanager
def in_domain_words() -> Generator[None]:
    """Turn a violated constraint into Conflict, NotFound or Refused; its name is in the message.

    InvalidRecord where a value can't be kept at all.
    """
    try:
        yield
    except IntegrityError as error:
        raise _refusal(error) from error
    except DBAPIError as error:
        if not (sqlstate_of(error) or "").startswith((DATA, TOO_MUCH)):
            raise
        cause = error.orig.__cause__ if error.orig else None
        message = f"The database can't keep a value: {cause}."
        raise InvalidRecord(message) from error


def _refusal(error: IntegrityError) -> DomainError:
    cause = error.orig.__cause__ if error.orig else None
    name = str(getattr(cause, "constraint_name", None))
    detail = str(getattr(cause, "detail", None) or cause)
    message = f"{MESSAGES.get(name, 'The database refused a record.')} {detail} ({name})"
    match sqlstate_of(error):
        case str(code) if code == UNIQUE:
            return Conflict(message)
        case str(code) if code == FOREIGN_KEY:
            return NotFound(
                "A record points at a node that isn't in the atlas, or is of another kind. "
                f"{detail} ({name})"
            )
        case str(code) if code == CHECK:
            return InvalidRecord(f"A record breaks the rule {name}.")
        case _:
            return Refused(message)
