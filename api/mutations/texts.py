"""Texts of an input: whether all of them can be kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import cast

from domain.errors import InvalidRecord
from journey_atlas_sdk.texts import is_text

Path = tuple[str | int, ...]


def require_texts(given: object) -> None:
    """Raise InvalidRecord, with its place in the input, for the first text that can't be kept."""
    for path in _unkept(given, ()):
        message = "A text can't hold the character U+0000."
        raise InvalidRecord(message, path=path)


def _unkept(given: object, path: Path) -> Iterator[Path]:
    if isinstance(given, str):
        if not is_text(given):
            yield path
        return
    for name, inside in _inside(given):
        yield from _unkept(inside, (*path, name))


def _inside(given: object) -> Iterator[tuple[str | int, object]]:
    """Give what is in an input, an object or a list, with its name or place there."""
    if is_dataclass(given):
        yield from ((field.name, getattr(given, field.name)) for field in fields(given))
    elif isinstance(given, Mapping):
        for name, inside in cast("Mapping[str, object]", given).items():  # JSON's names
            yield name, name
            yield name, inside
    elif isinstance(given, Sequence):
        yield from enumerate(cast("Sequence[object]", given))  # of whatever it is
