"""Texts as a database keeps them, and as a message repeats them.

Neither U+0000 nor halves of surrogate pairs can be kept.
"""

import re
from typing import Final

LONGEST_WORDS: Final = 300

_UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")


def is_text(given: str) -> bool:
    """Say whether a text can be kept, and sent on in UTF-8."""
    return _UNKEPT.search(given) is None


def as_text(given: str) -> str:
    """Give a text with U+FFFD for each character that can't be kept."""
    return _UNKEPT.sub("\ufffd", given)


def says(source: str, words: str) -> str:
    """Write a message of a source's own words, of which a reader is shown the first 300 letters."""
    return f"{source} says: {words.strip()[:LONGEST_WORDS] or 'nothing'}"
