"""What groups of fields in an atlas file have in common."""

from pydantic import BaseModel, ConfigDict

from api.atlas_file.scalars import CustomValue, Flag, Key, Listed, Text, Title


class FileModel(BaseModel):
    """A group of fields; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeEntry(FileModel):
    """What every entry has."""

    key: Key
    title: Title | None = None
    description: Text | None = None
    archived: Flag | None = None


class AtlasNodeEntry(NodeEntry):
    """What every entry has that somebody answers for."""

    owner: Key | None = None
    accountable: Key | None = None
    contributors: Listed[Key] = None
    labels: Listed[Title] = None
    custom_fields: dict[str, CustomValue] | None = None
