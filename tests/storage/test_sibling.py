"""The demo's database beside another one, on the server of DATABASE_URL."""

from sqlalchemy import make_url, text

from storage.embedded import Lease
from storage.embedded.databases import database_exists, drop_database
from storage.engine import create_engine
from storage.sibling import ensure_sibling


async def test_a_sibling_is_made_once_and_the_given_database_stays_as_it_was(
    postgres: Lease, empty_database_url: str
) -> None:
    name = "sibling_of_a_test"
    database = make_url(empty_database_url).database or ""
    superuser = postgres.superuser_url(database)

    first = await ensure_sibling(f"{superuser}&pgbouncer=true", name)
    second = await ensure_sibling(superuser, name)

    assert await database_exists(postgres, name)
    assert first.replace("&pgbouncer=true", "") == second
    assert await tables_of(superuser) == []
    await drop_database(postgres, name)


async def tables_of(url: str) -> list[str]:
    engine = create_engine(url)
    async with engine.connect() as connection:
        names = await connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        found = list(names)
    await engine.dispose()
    return found
