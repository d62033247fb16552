"""Sealed secrets open in their place alone, with the key that sealed them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.node import OrganizationId
from domain.secret import SecretName
from ingest.sealing import KeyUnusable, NoKey, Sealer, SecretKey, new_key, read_keys
from journey_atlas_sdk import ConfigError
from tests.builders import NOW, id_of

CANARY = "canary-3f9e"
HERE = OrganizationId(id_of("norrhavn"))
TOKEN = SecretName(id_of("surveys"), "token")


def a_sealer(keys: Sequence[SecretKey] | None = None) -> Sealer:
    ring = read_keys(new_key()) if keys is None else keys
    return Sealer(lambda: ring)


def test_what_was_sealed_is_opened_and_cannot_be_read_without() -> None:
    sealer = a_sealer()

    sealed = sealer.seal(HERE, TOKEN, CANARY, now=NOW)

    assert sealer.open(HERE, sealed) == CANARY
    assert CANARY.encode() not in sealed.sealed
    assert sealed.changed_at == NOW


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    sealer = a_sealer()

    assert sealer.seal(HERE, TOKEN, CANARY, now=NOW) != sealer.seal(HERE, TOKEN, CANARY, now=NOW)


@pytest.mark.parametrize(
    ("organization", "of"),
    [
        pytest.param(OrganizationId(id_of("rival")), TOKEN, id="another organization"),
        pytest.param(HERE, SecretName(id_of("rival"), "token"), id="another connection"),
        pytest.param(HERE, SecretName(id_of("surveys"), "url"), id="another setting"),
    ],
)
def test_a_sealed_secret_opens_nowhere_else(organization: OrganizationId, of: SecretName) -> None:
    sealer = a_sealer()
    moved = replace(sealer.seal(HERE, TOKEN, CANARY, now=NOW), of=of)

    with pytest.raises(ConfigError, match="moved here"):
        sealer.open(organization, moved)


def test_a_changed_byte_is_noticed() -> None:
    sealer = a_sealer()
    sealed = sealer.seal(HERE, TOKEN, CANARY, now=NOW)
    forged = replace(sealed, sealed=sealed.sealed[:-1] + bytes([sealed.sealed[-1] ^ 1]))

    with pytest.raises(ConfigError, match="set it anew"):
        sealer.open(HERE, forged)


def test_the_first_key_seals_and_every_key_opens() -> None:
    old, new = read_keys(f"{new_key()},{new_key()}")
    sealed = a_sealer([old]).seal(HERE, TOKEN, CANARY, now=NOW)

    both = a_sealer([new, old])

    assert both.open(HERE, sealed) == CANARY
    assert both.seal(HERE, TOKEN, CANARY, now=NOW).key == new.name != sealed.key


def test_a_missing_key_is_named_and_tells_nothing_else() -> None:
    sealed = a_sealer().seal(HERE, TOKEN, CANARY, now=NOW)

    with pytest.raises(ConfigError, match=f"The key {sealed.key} that opens the secret 'token'"):
        a_sealer().open(HERE, sealed)


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(NoKey, match="ATLAS_SECRET_KEY"):
        a_sealer([]).seal(HERE, TOKEN, CANARY, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hunter2", id="a password"),
        pytest.param("c2hvcnQ=", id="too short"),
        pytest.param("ø" * 44, id="no base64"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyUnusable, match="32 random bytes") as caught:
        read_keys(text)

    assert text not in str(caught.value)


def test_keys_come_one_a_line_or_with_commas() -> None:
    one, other = new_key(), new_key()

    assert read_keys(f"{one}\n{other}\n") == read_keys(f" {one}, {other}")


def test_a_key_shows_itself_to_nobody() -> None:
    [key] = read_keys(new_key())

    assert str(key.material) not in repr(key)
