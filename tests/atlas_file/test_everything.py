"""A file with every field goes through PostgreSQL and comes back as it went in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from api.atlas_file.entries import FileModel
from api.atlas_file.format import AtlasFile
from api.atlas_file.importing import import_atlas_file
from api.atlas_file.reading import read_document
from api.ids import new_id
from storage.atlases import StoredAtlases
from storage.engine import create_engine
from tests.atlas_file.files import FIRST, LATER

EVERYTHING = Path(__file__).with_name("everything.yaml")
SAMPLE = Path(__file__).parents[2] / "examples" / "norrhavn" / "atlas.yaml"


def test_the_file_uses_every_field_of_the_format() -> None:
    file = AtlasFile.model_validate(read_document(EVERYTHING.read_bytes()).value)

    used = {
        (_definer(type(group), name), name)
        for group in _groups(file)
        for name in group.model_fields_set
    }

    assert used == {(group, name) for group in _below(FileModel) for name in _own_names(group)}


@pytest.mark.parametrize("path", [EVERYTHING, SAMPLE], ids=["everything", "sample"])
async def test_what_was_stored_is_not_changed_by_the_same_file(
    path: Path, database_url: str
) -> None:
    engine = create_engine(database_url)
    try:
        atlases = StoredAtlases(engine)
        first = await import_atlas_file(path, atlases, now=FIRST, new_id=new_id)

        again = await import_atlas_file(path, atlases, now=LATER, new_id=new_id)

        assert again.changes_nothing
        assert again.unchanged == first.created
        assert again.revision == first.revision
    finally:
        await engine.dispose()


def _groups(group: BaseModel) -> Iterator[BaseModel]:
    """Walk a file's groups of fields, the nested ones too."""
    yield group
    for name in type(group).model_fields:
        match getattr(group, name):
            case BaseModel() as inner:
                yield from _groups(inner)
            case [*entries]:
                for entry in entries:
                    yield from _groups(entry) if isinstance(entry, BaseModel) else ()
            case _:
                pass


def _definer(group: type[BaseModel], name: str) -> type[BaseModel]:
    """Give the group that a field was written in: others may extend it."""
    return next(each for each in group.__mro__ if name in _own_names(each))


def _own_names(group: type) -> list[str]:
    own: dict[str, object] = vars(group).get("__annotations__", {})
    return list(own)


def _below(group: type[FileModel]) -> Iterator[type[FileModel]]:
    for below in group.__subclasses__():
        yield below
        yield from _below(below)
