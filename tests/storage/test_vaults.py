"""What a vault keeps: one exchange at a time, and what came of a secret, whoever asks next."""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

import httpx
import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.node import Kind
from domain.secret import SealedSecret, SecretName
from domain.source import Connection
from ingest.opening import Opener
from ingest.reading import LEASE
from ingest.resealing import reseal
from ingest.sealing import RENEWED, Sealer, SecretKey, new_key, read_keys
from ingest.settings import SettingsResolver
from ingest.vaults import MemoryVaults, SealedVaults, Vaults
from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    Observation,
    PullReason,
    PullRequest,
    Secret,
    Settings,
    TransientError,
)
from journey_atlas_sdk.hosting.vault import Vault
from journey_atlas_sdk.oauth import RefreshToken
from plugins.hooked import Hooks
from plugins.registry import RegisteredConnector, Registry
from storage.atlases import StoredAtlases
from storage.engine import create_engine
from storage.renewals import StoredRenewals, Turn
from storage.tables import TABLE_OF, renewed_secrets
from tests.builders import NOW, a_connection, an_atlas, id_of
from tests.hosting.lent import ADDRESS
from tests.hosting.login import CLIENT, TOKENS, Login
from tests.plugins.hooking import a_hooked_plugin
from tests.storage.records import changes

SHOP, TILL = a_connection("shop", connector="shop"), a_connection("till")
ATLAS = an_atlas(SHOP, TILL)
HERE = ATLAS.organization.id
TOKEN = SecretName(SHOP.id, "token")
CANARY = "canary-7f3a"


@dataclass
class Source:
    """Takes each of its refresh tokens once; `exchanged` are those that it took, in order."""

    good: str = CANARY
    exchanged: list[str] = field(default_factory=list[str])

    async def renew(self, token: str) -> str:
        """Give the next one; AuthError for one that is spent."""
        await asyncio.sleep(0.001)
        if token != self.good:
            raise AuthError(token)
        self.exchanged.append(token)
        self.good = f"{CANARY}-{len(self.exchanged)}"
        return self.good


@dataclass
class Machine:
    """What the processes of an installation share: keys and a clock."""

    engine: AsyncEngine
    keys: list[SecretKey] = field(default_factory=lambda: read_keys(new_key()))
    moment: datetime = NOW
    numbers: "count[int]" = field(default_factory=count)

    def process(self, engine: AsyncEngine | None = None) -> SealedVaults:
        """Start a process that remembers nothing."""
        return SealedVaults(
            renewals=StoredRenewals(engine or self.engine),
            sealer=Sealer(lambda: self.keys, RENEWED),
            clock=lambda: self.moment,
            new_id=lambda: f"exchange {next(self.numbers)}",
        )

    def vault(self) -> Vault:
        """Give the shop's vault in a process that remembers nothing."""
        return of(self.process())

    async def kept(self) -> list[SealedSecret]:
        """Give all that is in the database."""
        return await StoredRenewals(self.engine).sealed.of_organization(HERE)


def of(vaults: Vaults, connection: Connection = SHOP, **known: str) -> Vault:
    return vaults.of(ATLAS, connection, known)


@pytest.fixture
async def machine(engine: AsyncEngine, atlases: StoredAtlases) -> Machine:
    await atlases.apply(changes(SHOP, TILL), now=NOW)
    return Machine(engine)


@pytest.fixture(params=["in memory", "sealed"])
def vaults(request: pytest.FixtureRequest, machine: Machine) -> Vaults:
    return machine.process() if request.param == "sealed" else MemoryVaults()


async def more(secret: str) -> str:
    await asyncio.sleep(0.001)
    return f"{secret}+"


# ---- what both keep


async def test_a_secret_is_exchanged_for_one_caller_at_a_time(vaults: Vaults) -> None:
    found = await asyncio.gather(
        *(of(vaults).renew("token", given="a", renew=more) for _ in range(3))
    )

    assert sorted(found) == ["a+", "a++", "a+++"]


async def test_each_secret_of_each_connection_has_successors_of_its_own(vaults: Vaults) -> None:
    one, other = of(vaults), of(vaults, TILL)

    found = [await one.renew("token", given="a", renew=more) for _ in range(2)]
    apart = [
        await one.renew("spare", given="a", renew=more),
        await other.renew("token", given="a", renew=more),
    ]

    assert (found, apart) == (["a+", "a++"], ["a+", "a+"])
    assert "a+" not in repr((one, other))


async def test_another_value_in_the_settings_forgets_what_came_of_the_earlier_one(
    vaults: Vaults,
) -> None:
    given = ("a", "a", "b", "b", "a")

    found = [await of(vaults).renew("token", given=each, renew=more) for each in given]

    assert found == ["a+", "a++", "b+", "b++", "a+"]


async def test_an_exchange_that_fails_leaves_the_secret_as_it_was(vaults: Vaults) -> None:
    async def fails(secret: str) -> str:
        raise TransientError(secret)

    await of(vaults).renew("token", given="a", renew=more)
    with pytest.raises(TransientError, match=r"a\+"):
        await of(vaults).renew("token", given="a", renew=fails)

    assert await of(vaults).renew("token", given="a", renew=more) == "a++"


async def test_whoever_gives_up_waiting_leaves_the_turn_to_the_next(vaults: Vaults) -> None:
    async def never(_: str) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await of(vaults).renew("token", given="a", renew=never)

    assert await of(vaults).renew("token", given="a", renew=more) == "a+"


# ---- what only a sealed one keeps


class ShopSettings(Settings):
    token: Secret


class Shop(Connector[ShopSettings]):
    """Asks for a person who once agreed."""

    info = ConnectorInfo(key="shop", title="Shop", version="1", settings=ShopSettings)

    def pull(self, request: PullRequest, context: Context) -> list[Observation]:
        raise NotImplementedError

    async def check(self, context: Context) -> None:
        auth = RefreshToken(context, token_url=TOKENS, client=CLIENT, setting="token")
        await context.http.get(ADDRESS, auth=auth)


async def test_an_opener_that_begins_goes_on_with_the_token_that_was_rotated(
    machine: Machine, database_url: str
) -> None:
    login, shop = Login(rotates=True), replace(SHOP, settings={"token": {"env": "SHOP_TOKEN"}})
    plugin = a_hooked_plugin("wire", atlas_http_transport=lambda: httpx.MockTransport(login))
    found = RegisteredConnector(connector=Shop, plugin="shop", origin="built-in")
    registry = Registry({"shop": found}, hooks=Hooks([plugin]))

    for _ in range(3):
        engine = create_engine(database_url)
        opener = Opener(
            registry=registry,
            clock=lambda: NOW,
            settings=SettingsResolver(environment={"SHOP_TOKEN": "first"}),
            vaults=machine.process(engine),
        )
        for _ in range(2):
            opened = await opener.open(ATLAS, shop, reason=PullReason.CHECK)
            await opened.check()
        await engine.dispose()

    assert login.exchanged == ["first", "next1", "next2"]
    assert login.asked_with == ["t1", "t1", "t2", "t2", "t3", "t3"]


async def test_a_process_that_begins_goes_on_with_what_another_one_got(machine: Machine) -> None:
    source = Source()

    for _ in range(3):
        await machine.vault().renew("token", given=CANARY, renew=source.renew)

    assert source.exchanged == [CANARY, f"{CANARY}-1", f"{CANARY}-2"]


async def test_of_processes_at_once_none_uses_a_token_that_another_one_spent(
    machine: Machine, database_url: str
) -> None:
    source, engines = Source(), [create_engine(database_url) for _ in range(2)]
    processes = [machine.process(engine) for engine in engines]

    found = await asyncio.gather(
        *(of(each).renew("token", given=CANARY, renew=source.renew) for each in processes * 3)
    )

    assert len(source.exchanged) == len(set(source.exchanged)) == 6
    assert sorted(found) == [f"{CANARY}-{number}" for number in range(1, 7)]
    for engine in engines:
        await engine.dispose()


async def test_the_turn_of_a_killed_process_ends_by_itself(machine: Machine) -> None:
    killed = Turn(organization=HERE, of=TOKEN, holder="killed")
    await StoredRenewals(machine.engine).begin(killed, now=NOW, until=NOW + LEASE)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await machine.vault().renew("token", given="a", renew=more)
    machine.moment += LEASE

    assert await machine.vault().renew("token", given="a", renew=more) == "a+"


async def test_what_the_source_gave_is_kept_though_nobody_waits_for_it_any_more(
    machine: Machine,
) -> None:
    source = Source()

    async def too_late(token: str) -> str:
        found = await source.renew(token)
        asking.cancel()
        return found

    asking = asyncio.create_task(machine.vault().renew("token", given=CANARY, renew=too_late))
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert await machine.vault().renew("token", given=CANARY, renew=source.renew) == source.good


async def test_while_a_source_thinks_no_connection_to_the_database_is_held(
    machine: Machine, database_url: str
) -> None:
    only_one = create_engine(database_url, pool_size=1, max_overflow=0)
    process, both_ask = machine.process(only_one), asyncio.Barrier(2)

    async def together(secret: str) -> str:
        await both_ask.wait()
        return await more(secret)

    async with asyncio.timeout(10):
        one, other = await asyncio.gather(
            of(process).renew("token", given="a", renew=together),
            of(process, TILL).renew("token", given="b", renew=together),
        )

    assert (one, other) == ("a+", "b+")
    await only_one.dispose()


async def test_an_exchange_that_takes_long_stays_one(machine: Machine) -> None:
    turn = Turn(organization=HERE, of=TOKEN, holder="slow")
    renewals = StoredRenewals(machine.engine)
    await renewals.begin(turn, now=NOW, until=NOW + LEASE)
    await renewals.extend(turn, until=NOW + 3 * LEASE)
    another = replace(turn, holder="another")

    assert await renewals.begin(another, now=NOW + LEASE, until=NOW + 2 * LEASE) is None
    assert await renewals.begin(another, now=NOW + 3 * LEASE, until=NOW + 4 * LEASE)


async def test_what_was_kept_by_a_try_whose_answer_was_lost_is_kept(machine: Machine) -> None:
    renewals, sealer = StoredRenewals(machine.engine), machine.process().sealer
    turn = Turn(organization=HERE, of=TOKEN, holder="one")
    await renewals.begin(turn, now=NOW, until=NOW + LEASE)
    successor = sealer.seal(HERE, TOKEN, "a+", now=NOW)

    for _ in range(2):
        await renewals.keep(turn, successor)

    assert await machine.kept() == [successor]


async def test_a_secret_that_is_set_anew_in_mid_exchange_is_the_next_one_to_be_exchanged(
    machine: Machine, atlases: StoredAtlases
) -> None:
    setting = Sealer(lambda: machine.keys).seal(HERE, TOKEN, "b", now=NOW)

    async def meanwhile(secret: str) -> str:
        await atlases.apply(replace(changes(base=1), sealed=[setting]), now=NOW)
        return await more(secret)

    await machine.vault().renew("token", given="a", renew=more)
    with pytest.raises(TransientError, match="can't be kept"):
        await machine.vault().renew("token", given="a", renew=meanwhile)

    assert await machine.kept() == []
    assert await machine.vault().renew("token", given="b", renew=more) == "b+"


async def test_with_a_secret_goes_what_came_of_it(machine: Machine, atlases: StoredAtlases) -> None:
    for connection in (SHOP, TILL):
        await of(machine.process(), connection).renew("token", given="a", renew=more)
    await of(machine.process()).renew("spare", given="a", renew=more)

    await atlases.apply(replace(changes(base=1), forgotten=[TOKEN]), now=NOW)

    left = [each.of for each in await machine.kept()]
    assert sorted(left, key=lambda name: name.name) == [
        SecretName(SHOP.id, "spare"),
        SecretName(TILL.id, "token"),
    ]


async def test_with_a_connection_goes_what_came_of_its_secrets(machine: Machine) -> None:
    await machine.vault().renew("token", given="a", renew=more)
    connections = TABLE_OF[Kind.CONNECTION]

    async with machine.engine.begin() as connection:
        await connection.execute(delete(connections).where(connections.c.id == SHOP.id))

    assert await machine.kept() == []


async def test_what_is_kept_opens_as_nothing_else_and_nowhere_else(machine: Machine) -> None:
    await machine.vault().renew("token", given=CANARY, renew=Source().renew)
    [kept] = await machine.kept()
    sealer = machine.process().sealer

    async with machine.engine.connect() as connection:
        [row] = await connection.execute(select(renewed_secrets))
    assert CANARY not in f"{[*row]}"
    assert f"{CANARY}-1" in sealer.open(HERE, kept)
    for another, place in (
        (Sealer(lambda: machine.keys), kept),
        (sealer, replace(kept, of=SecretName(TILL.id, "token"))),
        (sealer, replace(kept, of=SecretName(SHOP.id, "spare"))),
    ):
        with pytest.raises(ConfigError, match="was changed, or moved here"):
            another.open(HERE, place)


async def test_a_changed_key_opens_what_was_kept_and_the_next_exchange_goes_on(
    machine: Machine,
) -> None:
    source = Source()
    await machine.vault().renew("token", given=CANARY, renew=source.renew)
    [new], [old] = read_keys(new_key()), machine.keys

    machine.keys = [new, old]
    done = await reseal(StoredRenewals(machine.engine).sealed, machine.process().sealer)
    machine.keys = [new]
    await machine.vault().renew("token", given=CANARY, renew=source.renew)

    assert (done.anew, done.closed) == (1, [])
    assert source.exchanged == [CANARY, f"{CANARY}-1"]


async def test_a_lost_key_is_named_and_a_spent_token_is_not_tried_instead(machine: Machine) -> None:
    source = Source()
    await machine.vault().renew("token", given=CANARY, renew=source.renew)
    machine.keys = read_keys(new_key())

    with pytest.raises(ConfigError, match="isn't here"):
        await machine.vault().renew("token", given=CANARY, renew=source.renew)

    assert source.exchanged == [CANARY]


async def test_without_a_key_the_memory_keeps_it_and_the_log_says_so_once(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    machine.keys, process = [], machine.process()

    found = [await of(process).renew("token", given="a", renew=more) for _ in range(2)]

    assert found == ["a+", "a++"]
    assert await machine.kept() == []
    assert caplog.text.count("in memory alone") == 1


@pytest.mark.parametrize(
    ("tried", "known"),
    [
        pytest.param(replace(SHOP, id=id_of("not yet")), {}, id="a connection that isn't there"),
        pytest.param(SHOP, {"token": CANARY}, id="a secret that isn't stored"),
    ],
)
async def test_a_token_that_was_tried_out_before_it_was_stored_is_not_spent(
    machine: Machine, tried: Connection, known: dict[str, str]
) -> None:
    source, process = Source(), machine.process()

    await of(process, tried, **known).renew("token", given=CANARY, renew=source.renew)
    before = await machine.kept()
    for each in (process, machine.process()):
        await of(each).renew("token", given=CANARY, renew=source.renew)

    assert before == []
    assert source.exchanged == [CANARY, f"{CANARY}-1", f"{CANARY}-2"]


async def test_without_the_database_no_token_is_spent(machine: Machine) -> None:
    nowhere, source = create_engine("postgresql://atlas@127.0.0.1:1/nowhere"), Source()

    with pytest.raises(TransientError, match="can't be kept or looked up"):
        await of(machine.process(nowhere)).renew("token", given=CANARY, renew=source.renew)

    assert source.exchanged == []
    await nowhere.dispose()
