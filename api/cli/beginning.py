"""`atlas connector new`: an example plugin, copied under the author's own name."""

import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from api.connectors import load_registry
from api.errors import CommandError
from api.settings import Settings

_PLACES: Final = ("examples", "journey_atlas_examples")
"""Where the examples lie beside our packages: in a clone, and in an installation."""

_COPIED: Final = frozenset({".md", ".py", ".toml"})
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

_NEXT: Final = """\
{folder} holds a connector that works: {files} files, {lines} lines. Look:

  cd {folder}
  pytest                                     # its own tests and the conformance kit
  ATLAS_PLUGINS_DIR="$PWD" atlas connectors  # lists {name}

Then make it yours, beginning with the settings in {module}.py.
"""


async def new_connector(settings: Settings, name: str, *, http: bool) -> int:
    """Write a tested plugin into a new folder of its name, and say what to do with it."""
    _require_name(name)
    _require_free(name, load_registry(settings).connectors)
    example = "acme-metrics" if http else "acme-files"
    files = dict(_renamed(example, name))
    _write(Path(name), files)
    told = _NEXT.format(
        folder=name,
        name=name,
        module=_spellings(name)[1],
        files=len(files),
        lines=sum(text.count("\n") for text in files.values()),
    )
    sys.stdout.write(told)
    return 0


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        message = f"A connector's name is lower case letters, digits and single -, got {name!r}."
        raise CommandError(message)


def _require_free(name: str, taken: Mapping[str, object]) -> None:
    """Refuse a name that the product or Python knows already: theirs would come first."""
    module = _spellings(name)[1]
    if name in taken:
        message = f"There is a connector {name!r} already: choose another name."
        raise CommandError(message)
    if importlib.util.find_spec(module) is not None:
        message = f"Python has a module {module!r} already: choose a name such as acme-{name}."
        raise CommandError(message)


def _spellings(name: str) -> tuple[str, str, str, str]:
    """Write `acme-metrics` as a key, a module, a class and a title."""
    words = name.split("-")
    capitals = [word.capitalize() for word in words]
    return name, "_".join(words), "".join(capitals), " ".join(capitals)


def _renamed(example: str, name: str) -> Iterator[tuple[str, str]]:
    """Give an example's files by their path, with the author's name in the place of its own."""
    pairs = tuple(zip(_spellings(example), _spellings(name), strict=True))

    def rename(text: str) -> str:
        for theirs, ours in pairs:
            text = text.replace(theirs, ours)
        return text

    root = _example(example)
    for path in sorted(root.rglob("*")):
        if path.suffix in _COPIED and path.is_file():
            place = path.relative_to(root).as_posix()
            yield rename(place), rename(path.read_text(encoding="utf-8"))


def _example(name: str) -> Path:
    root = Path(__file__).resolve().parents[2]
    found = (root / place / name for place in _PLACES)
    return next(path for path in found if path.exists())


def _write(home: Path, files: Mapping[str, str]) -> None:
    """Write files below a new folder; CommandError where it is there, or can't be made."""
    try:
        home.mkdir()
        for place, text in files.items():
            path = home / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        message = f"{home} is there already: choose another name, or move it away."
        raise CommandError(message) from error
    except OSError as error:
        message = f"{home} can't be written: {error.strerror}."
        raise CommandError(message) from error
