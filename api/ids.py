"""New ids: uuidv7 as text, so that what is made later sorts later."""

import uuid_utils


def new_id() -> str:
    """Give an id that nobody else has."""
    return str(uuid_utils.uuid7())
