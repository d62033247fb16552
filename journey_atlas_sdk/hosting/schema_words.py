"""What a JSON Schema asks for, as a person reads it: for the pages about connectors."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from journey_atlas_sdk.settings import JsonSchema

Definitions = Mapping[str, JsonSchema]

_KINDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_FORMATS: Final = {
    "path": "a path",
    "date": "a day",
    "date-time": "a moment",
    "duration": "a duration",
    "uri": "an address",
}
_BOUNDS: Final = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


def fields(schema: JsonSchema) -> Iterator[tuple[str, str, str, str]]:
    """Give of each property its name, its default (or "needed"), what it takes, what it is."""
    needed: list[str] = schema.get("required", [])
    definitions: Definitions = schema.get("$defs", {})
    properties: Mapping[str, JsonSchema] = schema.get("properties", {})
    for name, each in properties.items():
        default = "needed" if name in needed else _default(each)
        yield f"`{name}`", default, takes(each, definitions), each.get("description", "")


def takes(schema: JsonSchema, definitions: Definitions) -> str:
    """Say what a value may be, as in "a whole number, at least 1" or "`A` or `B`"."""
    match schema:
        case {"$ref": str(place)}:
            return takes(definitions[place.rpartition("/")[2]], definitions)
        case {"writeOnly": True}:
            return "a secret"
        case {"enum": [*values]}:
            return _either(map(_written, values))
        case {"anyOf": [*ways]}:
            return _either(takes(way, definitions) for way in ways if way.get("type") != "null")
        case _:
            return _kind(schema, definitions)


def _kind(schema: JsonSchema, definitions: Definitions) -> str:
    match schema:
        case {"const": value}:
            return _written(value)
        case {"type": "array", "items": _}:
            return f"a list of {takes(schema['items'], definitions)}"
        case {"type": "object", "properties": {**inner}}:
            return f"{{{', '.join(f'`{name}`' for name in inner)}}}"
        case {"type": "object", "additionalProperties": {}}:
            return f"{{name: {takes(schema['additionalProperties'], definitions)}}}"
        case _:
            kind = _FORMATS.get(schema.get("format", "")) or _KINDS.get(schema.get("type", ""))
            bounds = (f"{_BOUNDS[word]} {schema[word]:,.12g}" for word in _BOUNDS if word in schema)
            return ", ".join((kind or "anything", *bounds))


def _either(ways: Iterable[str]) -> str:
    unique = list(dict.fromkeys(ways))
    # An exact number may come as text as well: JSON's own numbers are not exact.
    if any(way.startswith("a number") for way in unique):
        unique = [way for way in unique if way != "text"]
    return " or ".join(unique)


def _default(schema: JsonSchema) -> str:
    """Give the default; none where it is null, empty, or made anew each time."""
    default = schema.get("default")
    return "none" if default is None or default in ([], {}) else _written(default)


def _written(value: object) -> str:
    """Write a value as it stands in an atlas file; what can't be seen in quotes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_visible = text.isprintable() and text == text.strip() != ""
    return f"`{text if is_visible else json.dumps(text)}`"
