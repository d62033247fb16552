"""Seal all stored secrets with the first key, so that the others can be dropped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretName
from ingest.sealing import Sealer
from journey_atlas_sdk import ConfigError


class AllSecrets(Protocol):
    """Where the stored secrets of all organizations are."""

    async def organizations(self) -> Sequence[OrganizationId]:
        """Give the ids of all organizations."""
        ...

    async def of_organization(self, organization: OrganizationId) -> Sequence[SealedSecret]:
        """Give all secrets of an organization."""
        ...

    async def seal_anew(
        self, organization: OrganizationId, before: SealedSecret, after: SealedSecret
    ) -> bool:
        """Put another seal on a secret; False where somebody else set it meanwhile."""
        ...


@dataclass(slots=True)
class Resealed:
    """What was done: secrets sealed anew, those that were already, those that no key opens."""

    anew: int = 0
    already: int = 0
    closed: list[SecretName] = field(default_factory=list[SecretName])

    def __add__(self, other: "Resealed") -> "Resealed":
        """Give what was done in both places."""
        closed = [*self.closed, *other.closed]
        return Resealed(self.anew + other.anew, self.already + other.already, closed)


async def reseal(store: AllSecrets, sealer: Sealer) -> Resealed:
    """Seal every secret with the first key; one that is set meanwhile has the first one anyway.

    NoKey where there is none.
    """
    done, first = Resealed(), sealer.first_key().name
    for organization in await store.organizations():
        for secret in await store.of_organization(organization):
            if secret.key == first:
                done.already += 1
                continue
            try:
                value = sealer.open(organization, secret)
            except ConfigError:
                done.closed.append(secret.of)
                continue
            after = sealer.seal(organization, secret.of, value, now=secret.changed_at)
            await store.seal_anew(organization, secret, after)
            done.anew += 1
    return done
