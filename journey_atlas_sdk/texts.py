"""Texts as a database keeps them: without U+0000, and without halves of surrogate pairs."""

import re
from typing import Final

_UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")


def is_text(given: str) -> bool:
    """Say whether a text can be kept, and sent on in UTF-8."""
    return _UNKEPT.search(given) is None


def as_text(given: str) -> str:
    """Give a text with U+FFFD for each character that can't be kept."""
    return _UNKEPT.sub("\ufffd", given)
