"""What the format refuses, as problems with a place, in words: what was seen and what is legal."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.atlas_file.format import AtlasFile
from api.atlas_file.problems import FileProblem, Path
from api.atlas_file.reading import Marks
from api.atlas_file.scalars import REFUSED, seen


def complaints(error: ValidationError, marks: Marks) -> list[FileProblem]:
    """Place every error of the format in the file."""
    return [_complaint(details, marks) for details in error.errors(include_url=False)]


def _complaint(details: ErrorDetails, marks: Marks) -> FileProblem:
    path: Path = details["loc"]
    saw = details["input"]
    expected = type_at(path)
    match details["type"]:
        case "extra_forbidden":
            return _unknown_field(path, marks)
        case "missing":
            message = f"The field {path[-1]} is missing here."
            return marks.problem(path[:-1], message)
        case "enum":
            return _not_among(path, saw, tuple(_values(expected)), marks)
        case t if t == REFUSED:
            return marks.problem(path, details["msg"])
        case t if t in _WANTED:
            return marks.problem(path, f"{_WANTED[t]} is wanted here, not {seen(saw)}.")
        case _:
            return marks.problem(path, f"{details['msg']}; this is {seen(saw)}.")


_WANTED = {
    "model_type": "A group of fields",
    "dict_type": "A group of fields",
    "tuple_type": "A list",
}


def _unknown_field(path: Path, marks: Marks) -> FileProblem:
    holder = type_at(path[:-1])
    legal = tuple(holder.model_fields) if _is_model(holder) else ()
    name = str(path[-1])
    hint = _hint(name, legal)
    message = f"There is no field {name} here{hint}; legal are {', '.join(legal)}."
    return marks.problem(path, message, legal=legal, at_name=True)


def _not_among(path: Path, saw: object, legal: tuple[str, ...], marks: Marks) -> FileProblem:
    hint = _hint(saw, legal) if isinstance(saw, str) else ""
    message = f"Not legal here: {seen(saw)}{hint}; legal are {', '.join(legal)}."
    return marks.problem(path, message, legal=legal)


def _hint(saw: str, legal: Iterable[str]) -> str:
    by_lower = {name.lower(): name for name in legal}
    close = get_close_matches(saw.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""


def _values(enum: Any) -> list[str]:  # noqa: ANN401 -- annotations have no common type
    return [member.value for member in enum] if _is_enum(enum) else []


# Any in what follows: annotations have no common type.
def type_at(path: Path) -> Any:  # noqa: ANN401
    """Give the type that the format has for a path; None where it is free there."""
    found: Any = AtlasFile
    for step in path:
        if _is_model(found) and step in found.model_fields:
            found = bare_type(found.model_fields[str(step)].annotation)
        elif get_origin(found) is tuple:
            found = bare_type(get_args(found)[0])
        else:
            return None
    return found


def bare_type(annotation: Any) -> Any:  # noqa: ANN401
    """Take off what surrounds a type: Annotated, and "or nothing"."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return bare_type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        (only,) = (arg for arg in get_args(annotation) if arg is not type(None))
        return bare_type(only)
    return annotation


def _is_model(found: Any) -> bool:  # noqa: ANN401
    return isinstance(found, type) and issubclass(found, BaseModel)


def _is_enum(found: Any) -> bool:  # noqa: ANN401
    return isinstance(found, type) and issubclass(found, Enum)
