"""Keeps secrets: where they are stored, what seals them, and how settings find them."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.secret_keys import sealer_of
from api.settings import Settings, foreign_variables
from ingest.sealing import Sealer
from ingest.settings import SettingsResolver
from storage.engine import Engine
from storage.secrets import StoredSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """The secrets of all connections."""

    store: StoredSecrets
    sealer: Sealer
    resolver: SettingsResolver


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
    return Safe(store=store, sealer=sealer, resolver=resolver)
