"""Seals secrets with AES-256-GCM, each bound to its place: nothing opens anywhere else.

A key is 32 bytes, written in base64; its name follows from it. The first key of a ring seals, every
one opens, so that keys can be changed while secrets are in use (`docs/operators/secrets.md`).
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretName
from journey_atlas_sdk import ConfigError

KEY_BYTES = 32
NONCE_BYTES = 12
NAME_DIGITS = 16

SETTING = "journey-atlas connection secret 1"
RENEWED = "journey-atlas renewed secret 1"
"""What is sealed: a setting, or what one was exchanged for. Neither opens in the other's place."""


class KeyUnusable(ValueError):
    """What was given as a key isn't one."""


class NoKey(ConfigError):
    """There is no key to seal with."""

    code = "NO_SECRET_KEY"


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key and its name, which tells nothing of it."""

    material: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The beginning of a hash, so that nobody has to think of names."""
        digest = hashlib.sha256(SETTING.encode() + b" key\0" + self.material)
        return digest.hexdigest()[:NAME_DIGITS]


def new_key() -> str:
    """Make a key, written as `read_keys` takes it."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_keys(text: str) -> list[SecretKey]:
    """Read keys that commas or line ends part; KeyUnusable, which repeats nothing of them."""
    return [_read_key(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip()]


def _read_key(text: str) -> SecretKey:
    try:
        material = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        material = b""
    if len(material) != KEY_BYTES:
        message = f"A key is {KEY_BYTES} random bytes in base64, such as `openssl rand -base64 32`."
        raise KeyUnusable(message)
    return SecretKey(material)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens with the keys of the moment: a file of them may change at any time.

    What is sealed for one `purpose` opens for no other.
    """

    keys: Callable[[], Sequence[SecretKey]]
    purpose: str = SETTING

    def first_key(self) -> SecretKey:
        """Give the key that seals; NoKey where there is none."""
        keys = self.keys()
        if not keys:
            message = (
                "Secrets can't be stored: this server has no key. Set ATLAS_SECRET_KEY or "
                "ATLAS_SECRET_KEY_FILE, or refer to a variable or a file."
            )
            raise NoKey(message)
        return keys[0]

    def seal(
        self, organization: OrganizationId, of: SecretName, value: str, *, now: datetime
    ) -> SealedSecret:
        """Seal a value for its place; NoKey where there is none to seal with."""
        key, nonce = self.first_key(), os.urandom(NONCE_BYTES)
        box = AESGCM(key.material).encrypt(nonce, value.encode(), self._place(organization, of))
        return SealedSecret(of=of, key=key.name, sealed=nonce + box, changed_at=now)

    def open(self, organization: OrganizationId, secret: SealedSecret) -> str:
        """Give a secret's value; ConfigError where no key opens it, or not in this place."""
        key = next((each for each in self.keys() if each.name == secret.key), None)
        if key is None:
            message = (
                f"The key {secret.key} that opens the secret {secret.of.name!r} isn't here: give "
                "it to the server again, or set the secret anew."
            )
            raise ConfigError(message)
        nonce, box = secret.sealed[:NONCE_BYTES], secret.sealed[NONCE_BYTES:]
        try:
            place = self._place(organization, secret.of)
            return AESGCM(key.material).decrypt(nonce, box, place).decode()
        except InvalidTag:
            message = f"The secret {secret.of.name!r} was changed, or moved here: set it anew."
            raise ConfigError(message) from None

    def _place(self, organization: OrganizationId, of: SecretName) -> bytes:
        """Write down where a secret belongs; as a list in JSON no two places read the same."""
        return json.dumps([self.purpose, organization, of.connection, of.name]).encode()
