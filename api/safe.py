"""Keeps secrets: where they are stored, what seals them, and how settings find them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from api.clock import real_clock
from api.ids import new_id
from api.secret_keys import sealer_of
from api.settings import Settings, foreign_variables
from ingest.sealing import RENEWED, Sealer
from ingest.settings import SettingsResolver
from ingest.vaults import SealedVaults
from storage.engine import Engine
from storage.renewals import StoredRenewals
from storage.secrets import StoredSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """The secrets of all connections, and (`renewed`) what they were exchanged for."""

    store: StoredSecrets
    sealer: Sealer
    resolver: SettingsResolver
    renewed: StoredSecrets
    vaults: SealedVaults


def safe_of(
    settings: Settings, engine: Engine, environment: Mapping[str, str], *, demo: bool
) -> Safe:
    """Make it; SettingsError where a given key is none."""
    store, sealer = StoredSecrets(engine), sealer_of(settings, demo=demo)
    resolver = SettingsResolver(
        environment=foreign_variables(environment),
        folder=settings.secrets_dir,
        store=store,
        sealer=sealer,
    )
    renewals = StoredRenewals(engine)
    vaults = SealedVaults(
        renewals=renewals,
        sealer=replace(sealer, purpose=RENEWED),
        clock=real_clock,
        new_id=new_id,
    )
    return Safe(
        store=store,
        sealer=sealer,
        resolver=resolver,
        renewed=renewals.sealed,
        vaults=vaults,
    )
