"""Find specimens in files: they stand beside a connector or in its tests, in `*_specimen.py`."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from journey_atlas_sdk.conformance.specimen import Specimen

SUFFIX: Final = "_specimen.py"


class NoSpecimen(Exception):
    """There is no specimen where one was looked for."""


def specimen_files(folder: Path) -> list[Path]:
    """List the files of specimens in a folder, and anywhere in its `tests`."""
    return sorted({*folder.glob(f"*{SUFFIX}"), *folder.glob(f"tests/**/*{SUFFIX}")})


def specimen_file_of(file: Path) -> Path:
    """Give the file of specimens that belongs to a connector's file, or that it is itself.

    It stands beside the connector or in `tests`. NoSpecimen, naming the file that is missing, where
    there is none.
    """
    if file.name.endswith(SUFFIX):
        return file
    name = f"{file.stem}{SUFFIX}"
    for found in (file.with_name(name), file.parent / "tests" / name):
        if found.is_file():
            return found
    message = f"{file.name} has no specimen: write one into {file.with_name(name)}."
    raise NoSpecimen(message if file.is_file() else f"{file} is no file.")


def specimens_in(file: Path) -> list[Specimen]:
    """Import a file and give its specimens; NoSpecimen where it has none.

    It is imported by its dotted name from the first folder above that is no package, which is put
    on Python's path, as is the folder above `tests`, so that it finds its neighbours. Whatever it
    raises goes through.
    """
    found = [each for each in vars(_imported(file)).values() if isinstance(each, Specimen)]
    if not found:
        message = f"{file} holds no Specimen."
        raise NoSpecimen(message)
    return found


def _imported(file: Path) -> ModuleType:
    file = file.resolve()
    folders: Sequence[Path] = file.parents
    root = next(folder for folder in folders if not (folder / "__init__.py").exists())
    for place in [root.parent, root] if root.name == "tests" else [root]:
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    name = ".".join(file.relative_to(root).with_suffix("").parts)
    known = sys.modules.get(name)
    if known is not None and known.__file__ != str(file):  # of the same name, in another folder
        del sys.modules[name]
    return importlib.import_module(name)
