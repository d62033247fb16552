"""An exchange that takes long: its turn is kept, whatever the database does meanwhile."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from domain.secret import SealedSecret
from ingest.reading import LEASE
from ingest.sealing import RENEWED, Sealer, new_key, read_keys
from ingest.vaults import SealedVaults
from journey_atlas_sdk.conformance import virtual_time
from journey_atlas_sdk.conformance.virtual_time import START, LoopClock
from storage.errors import StorageError
from storage.renewals import Turn
from tests.builders import a_connection, an_atlas

SHOP = a_connection("shop")
MINUTE = 60


@dataclass
class Renewals:
    """Notes until when a turn is to last; where it `fails`, the database is away for signs of life.

    It holds one turn and one value.
    """

    fails: bool = False
    until: list[datetime] = field(default_factory=list[datetime])
    kept: list[SealedSecret] = field(default_factory=list[SealedSecret])

    async def begin(self, turn: Turn, *, now: datetime, until: datetime) -> Turn | None:
        assert until - now == LEASE
        self.until.append(until)
        return turn

    async def extend(self, turn: Turn, *, until: datetime) -> None:
        del turn
        self.until.append(until)
        if self.fails:
            raise StorageError

    async def keep(self, turn: Turn, newest: SealedSecret) -> None:
        del turn
        self.kept.append(newest)

    async def end(self, turn: Turn) -> None:
        del turn
        if self.fails:
            raise StorageError


def renewed_within_a_minute(renewals: Renewals) -> None:
    """Exchange a secret at a source that takes a minute for it."""

    async def slowly(secret: str) -> str:
        await asyncio.sleep(MINUTE)
        return f"{secret}+"

    async def exchange() -> str:
        keys, clock = read_keys(new_key()), LoopClock()
        vaults = SealedVaults(
            renewals=renewals,
            sealer=Sealer(lambda: keys, RENEWED),
            clock=clock.now,
            new_id=lambda: "exchange",
        )
        vault = vaults.of(an_atlas(SHOP), SHOP, {})
        return await vault.renew("token", given="a", renew=slowly)

    assert virtual_time.run(exchange()) == "a+"


def test_its_turn_never_ends_before_it() -> None:
    renewals = Renewals()

    renewed_within_a_minute(renewals)

    signs = [START, *(until - LEASE for until in renewals.until[1:]), START + timedelta(minutes=1)]
    pauses = [after - before for before, after in pairwise(signs)]
    assert max(pauses) < LEASE / 2
    assert len(renewals.kept) == 1


def test_it_goes_on_though_its_signs_of_life_get_lost(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    renewals = Renewals(fails=True)

    renewed_within_a_minute(renewals)

    assert len(renewals.until) > MINUTE / LEASE.total_seconds()
    assert len(renewals.kept) == 1
    assert "may be taken for dead" in caplog.text
    assert "ends by itself" in caplog.text
