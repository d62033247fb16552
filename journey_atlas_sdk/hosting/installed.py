"""The programs that a server's operator lets connectors run: each in an environment of its own."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from journey_atlas_sdk.errors import ConfigError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def installed_program(folder: Path | None, name: str) -> Path:
    """Give `folder`/NAME/bin/NAME, as an absolute path; ConfigError where no program is there.

    A name is one step of a path, so that whoever writes settings can't leave the folder.
    """
    if folder is None:
        message = "This server lends no programs: its operator has named no folder of them."
        raise ConfigError(message)
    program = folder.absolute() / name / "bin" / name
    if not _NAME.fullmatch(name) or not _can_run(program):
        there = ", ".join(sorted(_names(folder))) or "none"
        message = f"The operator of this server lends no program {name!r}; there are: {there}."
        raise ConfigError(message)
    return program


def _names(folder: Path) -> Iterator[str]:
    try:
        found = [each.name for each in folder.iterdir()]
    except OSError:  # it doesn't exist, or isn't ours to read
        return
    yield from (name for name in found if _can_run(folder / name / "bin" / name))


def _can_run(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)
