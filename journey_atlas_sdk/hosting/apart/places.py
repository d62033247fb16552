"""Where a class is defined, told so that another process finds the same one."""

import importlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from journey_atlas_sdk.errors import ConnectorBug

_IN_A_FUNCTION: Final = "<locals>"


@dataclass(frozen=True, slots=True)
class Place:
    """A class's module and its name in there; `file` is that module's, should no path lead to it.

    So it is with a loose file among the plugins.
    """

    module: str
    name: str
    file: str | None


def place_of(kind: type) -> Place:
    """Tell where a class is defined; ConnectorBug where it can't be found again."""
    if _IN_A_FUNCTION in kind.__qualname__:
        message = f"{kind.__qualname__} is made in a function: no other process would find it."
        raise ConnectorBug(message)
    module = sys.modules[kind.__module__]
    file = inspect.getsourcefile(module) if hasattr(module, "__file__") else None
    return Place(kind.__module__, kind.__qualname__, file)


def class_at(place: Place) -> type:
    """Give the class, its module imported where it isn't yet; whatever that raises goes through."""
    found: object = sys.modules.get(place.module) or _imported(place)
    for name in place.name.split("."):
        found = getattr(found, name)
    if not isinstance(found, type):
        message = f"{place.name} in {place.module} is no class."
        raise TypeError(message)
    return found


def _imported(place: Place) -> ModuleType:
    try:
        return importlib.import_module(place.module)
    except ModuleNotFoundError as error:
        if error.name != place.module or place.file is None:
            raise
    return _run(place.module, place.file)


def _run(name: str, file: str) -> ModuleType:
    """Run a file as a module of that name."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        message = f"{file} is no Python file."
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look their module up while it runs
    spec.loader.exec_module(module)
    return module
