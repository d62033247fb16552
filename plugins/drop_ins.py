"""Import a loose `.py` file as a module of its own, whole or not at all."""

import importlib.util
import re
import sys
from hashlib import sha256
from pathlib import Path
from types import ModuleType


def import_file(path: Path) -> ModuleType:
    """Run a file as a module; whatever it raises goes through, and nothing of it stays.

    The module's name is made from the path, so that a file called `json.py` shadows nothing.
    """
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        message = f"{path} is no Python file."
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look their module up while it runs
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _module_name(path: Path) -> str:
    stem = re.sub(r"\W", "_", path.stem)
    digest = sha256(str(path.resolve()).encode()).hexdigest()[:8]
    return f"journey_atlas_drop_in_{stem}_{digest}"
