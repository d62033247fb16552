"""A Singer tap's catalog: which streams it has, and which of their columns it is to tell.

For connectors whose source is a tap; imported by its own name. The form is that of
singer-io/getting-started, docs/DISCOVERY_MODE.md.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from journey_atlas_sdk.errors import ConfigError

Json = Any  # Any: JSON

_KEYS: Final = ("table-key-properties", "view-key-properties", "valid-replication-keys")


class _Metadata(BaseModel):
    model_config = ConfigDict(extra="allow")

    breadcrumb: list[str]
    metadata: dict[str, Json]


class _Stream(BaseModel):
    model_config = ConfigDict(extra="allow")

    tap_stream_id: str
    stream: str | None = None
    key_properties: list[str] | None = None
    replication_key: str | None = None
    json_schema: dict[str, Json] = Field(default_factory=dict[str, Json], alias="schema")
    metadata: list[_Metadata] = []

    @property
    def names(self) -> set[str]:
        """How its messages may call it."""
        return {self.tap_stream_id, self.stream or self.tap_stream_id}

    @property
    def columns(self) -> list[str]:
        """Its records' own columns; none where the tap doesn't know them before."""
        return sorted(self.json_schema.get("properties") or {})

    def chosen(self, columns: Collection[str], more: Mapping[str, Json]) -> "_Stream":
        """Choose it with these columns and those that it can't do without, and no others."""
        known = self._known()
        root = {**known.get((), {}), **more, "selected": True}
        firsts = (column.partition(".")[0] for column in columns)
        needed = {*columns, *firsts, *self._own(root)}
        places = {*known, *(("properties", name) for name in self.columns)} - {()}
        parts = {
            place: {**known.get(place, {}), "selected": place[1] in needed}
            for place in sorted(places)
            if len(place) > 1
        }
        return self._marked([((), root), *parts.items()], selected=True)

    def left_out(self) -> "_Stream":
        """Leave it out."""
        known = self._known()
        known[()] = {**known.get((), {}), "selected": False}
        return self._marked(known.items(), selected=False)

    def _known(self) -> dict[tuple[str, ...], dict[str, Json]]:
        """Give what the tap says of each place in its schema; () is the stream."""
        return {tuple(each.breadcrumb): each.metadata for each in self.metadata}

    def _marked(
        self, metadata: Iterable[tuple[tuple[str, ...], dict[str, Json]]], *, selected: bool
    ) -> "_Stream":
        # Old taps look for the mark in the schema, older ones beside it.
        return self.model_copy(
            update={
                "json_schema": {**self.json_schema, "selected": selected},
                "metadata": [_Metadata(breadcrumb=list(at), metadata=of) for at, of in metadata],
                "selected": selected,
            }
        )

    def _own(self, root: Mapping[str, Json]) -> set[str]:
        """Name its keys: what it is told apart and read on by."""
        listed: list[list[str]] = [root.get(name) or [] for name in _KEYS]
        read_on_by = (self.replication_key, root.get("replication-key"))
        return {*filter(None, read_on_by)}.union(self.key_properties or [], *listed)


class Catalog(BaseModel):
    """The streams of a tap, as `--discover` prints them; what isn't read is handed on."""

    model_config = ConfigDict(extra="allow")

    streams: list[_Stream]

    def require(self, stream: str, columns: Collection[str]) -> frozenset[str]:
        """Give the names that the messages of a stream may bear.

        ConfigError where the tap has no such stream, or it has none of these columns.
        """
        found = [each for each in self.streams if stream in each.names]
        if len(found) != 1:
            there = ", ".join(sorted(each.tap_stream_id for each in self.streams)) or "none"
            message = f"The tap has {len(found)} streams {stream!r}; it has: {there}."
            raise ConfigError(message)
        [one] = found
        strange = sorted({column for column in columns if not _stands_in(column, one.columns)})
        if strange and one.columns:
            there = ", ".join(one.columns)
            message = f"{stream} has no column {', '.join(strange)}; it has: {there}."
            raise ConfigError(message)
        return frozenset(one.names)

    def choosing(
        self, stream: str, columns: Collection[str], metadata: Mapping[str, Json]
    ) -> "Catalog":
        """Choose one stream, and of it these columns and its keys; `metadata` is laid over its."""
        streams = [
            each.chosen(columns, metadata) if stream in each.names else each.left_out()
            for each in self.streams
        ]
        return self.model_copy(update={"streams": streams})

    def written(self) -> str:
        """Write it as JSON."""
        content = self.model_dump(by_alias=True, exclude_unset=True)
        return json.dumps(content, default=float)  # a Decimal of a schema is a bound of its values


def _stands_in(column: str, columns: Collection[str]) -> bool:
    return column in columns or column.partition(".")[0] in columns
