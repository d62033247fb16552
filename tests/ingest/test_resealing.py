"""Changing the key: every secret is sealed with the first one, and what can't be is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretName
from ingest.resealing import reseal
from ingest.sealing import NoKey, Sealer, SecretKey, new_key, read_keys
from tests.builders import NOW, id_of

ONE, OTHER = OrganizationId(id_of("one")), OrganizationId(id_of("other"))


@dataclass
class Kept:
    """Sealed secrets in memory, by organization and name."""

    secrets: dict[OrganizationId, dict[str, SealedSecret]] = field(
        default_factory=dict[OrganizationId, dict[str, SealedSecret]]
    )

    async def organizations(self) -> list[OrganizationId]:
        return list(self.secrets)

    async def of_organization(self, organization: OrganizationId) -> list[SealedSecret]:
        return list(self.secrets[organization].values())

    async def seal_anew(
        self, organization: OrganizationId, before: SealedSecret, after: SealedSecret
    ) -> bool:
        assert self.secrets[organization][after.of.name] == before
        self.secrets[organization][after.of.name] = after
        return True


def a_ring(keys: Sequence[SecretKey]) -> Sealer:
    return Sealer(lambda: keys)


def sealed(by: SecretKey, organization: OrganizationId, name: str) -> SealedSecret:
    of = SecretName(id_of("surveys"), name)
    return a_ring([by]).seal(organization, of, f"value of {name}", now=NOW)


async def test_after_it_the_first_key_alone_opens_everything() -> None:
    [new, old] = read_keys(f"{new_key()},{new_key()}")
    kept = Kept({ONE: {"token": sealed(old, ONE, "token"), "url": sealed(new, ONE, "url")}})
    kept.secrets[OTHER] = {"token": sealed(old, OTHER, "token")}

    done = await reseal(kept, a_ring([new, old]))

    assert (done.anew, done.already, done.closed) == (2, 1, [])
    alone = a_ring([new])
    assert [
        alone.open(organization, secret)
        for organization, secrets in kept.secrets.items()
        for secret in secrets.values()
    ] == ["value of token", "value of url", "value of token"]
    assert all(each.changed_at == NOW for each in kept.secrets[ONE].values())


async def test_a_secret_that_no_key_opens_is_named_and_left_as_it_is() -> None:
    [new, lost] = read_keys(f"{new_key()},{new_key()}")
    secret = sealed(lost, ONE, "token")
    kept = Kept({ONE: {"token": secret}})

    done = await reseal(kept, a_ring([new]))

    assert done.closed == [secret.of]
    assert kept.secrets[ONE]["token"] is secret


async def test_without_a_key_nothing_begins() -> None:
    with pytest.raises(NoKey):
        await reseal(Kept(), a_ring([]))
