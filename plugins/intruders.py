"""Whether each of our packages is ours: all of them share one parent folder.

Our rooms have plain names. A folder `storage/` in front of ours on Python's path would be imported
instead of it, and break the product far from the cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

OWN_PACKAGES: Final = (
    "api",
    "connectors",
    "domain",
    "ingest",
    "journey_atlas_sdk",
    "plugins",
    "storage",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intruder:
    """A package that stands elsewhere; `found` None: it is nowhere."""

    package: str
    found: Path | None
    expected: Path

    @property
    def message(self) -> str:
        """One sentence: what was found, what was expected, what to do."""
        if self.found is None:
            return f"The package {self.package!r} is missing in {self.expected}: install again."
        return (
            f"The package {self.package!r} comes from {self.found}, not from {self.expected}: "
            f"move or rename that folder, or take {self.found.parent} off PYTHONPATH."
        )


def package_homes(names: tuple[str, ...] = OWN_PACKAGES) -> dict[str, Path | None]:
    """Give the folder that each package is imported from, without importing it; None: nowhere."""
    return {name: _home(name) for name in names}


def find_intruders(
    homes: Mapping[str, Path | None], *, anchor: str = "journey_atlas_sdk"
) -> list[Intruder]:
    """List the packages that don't stand beside the anchor, in order of name.

    The anchor is the one package whose name nobody else would choose; KeyError without it.
    """
    anchored = homes[anchor]
    if anchored is None:
        message = f"The package {anchor!r} can't be found."
        raise KeyError(message)
    root = anchored.resolve().parent
    return [
        Intruder(package=name, found=home, expected=root / name)
        for name, home in sorted(homes.items())
        if home is None or home.resolve() != root / name
    ]


def _home(name: str) -> Path | None:
    spec = find_spec(name)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if folders:
        return Path(folders[0])
    # A single file `storage.py` takes the name just as well.
    return Path(spec.origin) if spec and spec.origin else None
