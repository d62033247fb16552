"""Where the keys come from that seal secrets: the settings, else a file of our own."""

import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.errors import SettingsError
from api.settings import Settings
from ingest.sealing import KeyUnusable, Sealer, SecretKey, new_key, read_keys

KEY_FILE, KEY_FILE_OF_DEMO = "secret.key", "secret-demo.key"

_log = logging.getLogger("atlas.secrets")


def sealer_of(settings: Settings, *, demo: bool = False) -> Sealer:
    """Give what seals and opens secrets; SettingsError where a given key is none.

    Where none is given, an embedded database has a key beside it. For one of DATABASE_URL nothing
    can be sealed then: its servers may be many, and a key on one of them would be lost to all.
    """
    if settings.secret_key is not None:
        keys = _given(settings.secret_key.get_secret_value(), "ATLAS_SECRET_KEY")
        return Sealer(lambda: keys)
    if settings.secret_key_file is not None:
        file = GivenKeyFile(settings.secret_key_file)
        file.read()
        return Sealer(file.read)
    own = own_key_file(settings, demo=demo)
    return Sealer(own.read if own else list)


def own_key_file(settings: Settings, *, demo: bool = False) -> "OwnKeyFile | None":
    """Give the file whose keys are ours to change; None where the operator keeps the keys.

    The demo's database has one of its own.
    """
    given = settings.secret_key is not None or settings.secret_key_file is not None
    if given or settings.database_url is not None:
        return None
    return OwnKeyFile(settings.home / (KEY_FILE_OF_DEMO if demo else KEY_FILE))


@dataclass(frozen=True, slots=True)
class GivenKeyFile:
    """A file of keys that somebody else keeps; it is read at each use, so it may change."""

    path: Path

    def read(self) -> list[SecretKey]:
        """Give its keys; SettingsError where it can't be read or holds none."""
        try:
            text = self.path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            message = f"ATLAS_SECRET_KEY_FILE: {self.path} can't be read."
            raise SettingsError(message) from error
        return _given(text, "ATLAS_SECRET_KEY_FILE")


@dataclass(frozen=True, slots=True)
class OwnKeyFile:
    """The file of keys beside an embedded database: made at the first use, its owner's alone."""

    path: Path

    def read(self) -> list[SecretKey]:
        """Give its keys, and make it where it is missing."""
        if not self.path.exists():
            self._make()
        return read_keys(self.path.read_text(encoding="ascii"))

    def add(self) -> None:
        """Put a new key before the others: it seals from now on."""
        before = [key.strip() for key in self._lines()]
        self._replace([new_key(), *before])

    def keep_first(self) -> None:
        """Forget all keys but the first."""
        self._replace(self._lines()[:1])

    def _make(self) -> None:
        """Write beside and link: whoever comes second finds the whole file of the first one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._beside([new_key()])
        try:
            self.path.hardlink_to(beside)
        except FileExistsError:
            return
        finally:
            beside.unlink()
        _log.warning(
            "A key for secrets was made: %s. Keep a copy: no stored secret opens without it.",
            self.path,
        )

    def _lines(self) -> list[str]:
        self.read()
        return self.path.read_text(encoding="ascii").split()

    def _replace(self, lines: Sequence[str]) -> None:
        """Write beside and rename: a server that reads meanwhile sees the old or the new one."""
        self._beside(lines).replace(self.path)

    def _beside(self, lines: Sequence[str]) -> Path:
        """Write a file beside it, which its owner alone may read."""
        opened, name = tempfile.mkstemp(prefix=f"{self.path.name}.", dir=self.path.parent)
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in lines))
        return Path(name)


def _given(text: str, setting: str) -> list[SecretKey]:
    try:
        keys = read_keys(text)
    except KeyUnusable as unusable:
        message = f"{setting}: {unusable}"
        raise SettingsError(message) from None
    if not keys:
        message = f"{setting} holds no key."
        raise SettingsError(message)
    return keys
