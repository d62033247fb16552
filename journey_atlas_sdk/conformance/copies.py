"""A connector's module run once more, as a fresh process would run it."""

import importlib.util
import inspect
import sys
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from journey_atlas_sdk.conformance.specimen import AnyConnector
from journey_atlas_sdk.hooks import PROJECT

_numbers: Final = count(1)


def module_of(connector: type[AnyConnector]) -> ModuleType:
    """Give the module that defines a connector."""
    return sys.modules[connector.__module__]


@contextmanager
def another(module: ModuleType) -> Generator[ModuleType]:
    """Run a module's file again under another name, and forget it afterwards.

    Its name stays in the same package, so that relative imports work; what it imports is as it was.
    """
    path = Path(inspect.getfile(module))
    package, _, stem = module.__name__.rpartition(".")
    name = ".".join(filter(None, (package, f"{stem}_again_{next(_numbers)}")))
    folders = list(module.__path__) if hasattr(module, "__path__") else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folders)
    if spec is None:
        message = f"{path} is no Python file."
        raise ImportError(message)
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # pydantic and dataclasses look their module up while it runs
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), made.__dict__)  # noqa: S102 -- its author's own code, and no bytecode is written
        yield made
    finally:
        for left in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[left]


@contextmanager
def fresh(connector: type[AnyConnector]) -> Generator[type[AnyConnector]]:
    """Give a connector's class as another process would have it: nothing is remembered in it."""
    with another(module_of(connector)) as made:
        found: Any = made
        for name in connector.__qualname__.split("."):
            found = getattr(found, name)
        # It is the same source, so it is the same kind of class.
        yield cast("type[AnyConnector]", found)


def plugin_of(connector: type[AnyConnector]) -> ModuleType | None:
    """Give the module whose hook brings a connector: its own, or a package around it."""
    name = connector.__module__
    while name:
        module = sys.modules.get(name)
        if module is not None and any(_is_hook(each) for each in vars(module).values()):
            return module
        name = name.rpartition(".")[0]
    return None


def _is_hook(candidate: object) -> bool:
    return callable(candidate) and hasattr(candidate, f"{PROJECT}_impl")
