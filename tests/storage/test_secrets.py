"""Sealed secrets are written with the change that sets them, and nothing else can read them."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretName
from domain.source import Connection
from ingest.sealing import Sealer, new_key, read_keys
from storage.atlases import StoredAtlases
from storage.secrets import StoredSecrets
from storage.tables import metadata
from tests.builders import NOW, a_connection, an_organization, id_of
from tests.storage.records import changes

HERE = an_organization().id
TOKEN = SecretName(id_of("csv"), "token")
CANARY = "canary-c0de"
KEYS = read_keys(new_key())
SEALER = Sealer(lambda: KEYS)


def sealed(value: str = CANARY, of: SecretName = TOKEN) -> SealedSecret:
    return SEALER.seal(HERE, of, value, now=NOW)


async def test_a_secret_comes_back_as_it_was_sealed_and_its_mark_with_the_connection(
    atlases: StoredAtlases, secrets: StoredSecrets
) -> None:
    secret = sealed()

    marked = a_connection(secrets={"token": NOW})
    await atlases.apply(replace(changes(marked), sealed=[secret]), now=NOW)

    assert await secrets.of_connection(HERE, TOKEN.connection) == [secret]
    assert await secrets.of_organization(HERE) == [secret]
    assert await secrets.organizations() == [HERE]
    atlas = await atlases.load("norrhavn")
    assert atlas is not None
    assert atlas.get(TOKEN.connection, Connection).secrets == {"token": NOW}


async def test_a_newer_secret_takes_the_place_of_the_older_and_a_forgotten_one_is_gone(
    atlases: StoredAtlases, secrets: StoredSecrets
) -> None:
    url = SecretName(TOKEN.connection, "url")
    first = replace(changes(a_connection()), sealed=[sealed(), sealed("u", url)])
    await atlases.apply(first, now=NOW)
    newer = sealed("newer")

    second = replace(changes(base=1), sealed=[newer], forgotten=[url])
    await atlases.apply(second, now=NOW)

    assert await secrets.of_connection(HERE, TOKEN.connection) == [newer]


async def test_another_organization_has_none_of_them(
    atlases: StoredAtlases, secrets: StoredSecrets
) -> None:
    await atlases.apply(replace(changes(a_connection()), sealed=[sealed()]), now=NOW)

    rival = OrganizationId(id_of("rival"))

    assert await secrets.of_connection(rival, TOKEN.connection) == []
    assert await secrets.of_organization(rival) == []


async def test_a_secret_that_was_set_meanwhile_is_not_sealed_over(
    atlases: StoredAtlases, secrets: StoredSecrets
) -> None:
    before, newer = sealed(), sealed("newer")
    await atlases.apply(replace(changes(a_connection()), sealed=[before]), now=NOW)
    await atlases.apply(replace(changes(base=1), sealed=[newer]), now=NOW)

    assert not await secrets.seal_anew(HERE, before, sealed())
    assert await secrets.seal_anew(HERE, newer, sealed("newer"))
    [left] = await secrets.of_connection(HERE, TOKEN.connection)
    assert SEALER.open(HERE, left) == "newer"


async def test_no_cell_of_the_database_holds_the_secret(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    marked = a_connection(secrets={"token": NOW})
    await atlases.apply(replace(changes(marked), sealed=[sealed()]), now=NOW)

    async with engine.connect() as connection:
        cells = [
            cell if isinstance(cell, bytes) else str(cell).encode()
            for table in metadata.sorted_tables
            for row in await connection.execute(table.select())
            for cell in row
        ]

    assert len(cells) > 20
    assert not [cell for cell in cells if CANARY.encode() in cell]
