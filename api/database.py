"""Which database: the one of DATABASE_URL, else the embedded one; the demo has one of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.errors import CommandError
from api.settings import Settings
from storage.embedded import acquire
from storage.embedded.databases import ensure_database
from storage.migrate import current, heads, upgrade
from storage.sibling import ensure_sibling

DATABASE = "atlas"
DEMO_DATABASE = "atlas_demo"


@asynccontextmanager
async def open_database(settings: Settings, *, demo: bool = False) -> AsyncGenerator[str]:
    """Give the address of the database; the embedded server runs at least as long as this is open.

    The demo's and the embedded database are made and migrated where they are missing or old.
    Any other must be migrated already: CommandError says how.
    """
    if settings.database_url is None:
        name = DEMO_DATABASE if demo else DATABASE
        async with _embedded(settings, name) as url:
            await upgrade(url)
            yield url
    elif demo:
        url = await ensure_sibling(settings.database_url, DEMO_DATABASE)
        await upgrade(url)
        yield url
    else:
        await _require_migrated(settings.database_url)
        yield settings.database_url


async def upgrade_database(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Run the migrations that the database lacks; give its revisions before and after."""
    if settings.database_url is not None:
        return await _upgraded(settings.database_url)
    async with _embedded(settings, DATABASE) as url:
        return await _upgraded(url)


async def _upgraded(url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = await current(url)
    await upgrade(url)
    return before, await current(url)


@asynccontextmanager
async def _embedded(settings: Settings, name: str) -> AsyncGenerator[str]:
    home = settings.home / "postgresql"
    lease = await asyncio.to_thread(acquire, home, pg_bin=settings.pg_bin)
    try:
        await ensure_database(lease, name)
        yield lease.url(name)
    finally:
        await asyncio.to_thread(lease.release)


async def _require_migrated(url: str) -> None:
    at, wanted = await current(url), heads()
    if at == wanted:
        return
    seen = f"is at {', '.join(at)}" if at else "has no tables of the atlas yet"
    needed = f"this version needs {', '.join(wanted)}"
    message = f"The database {seen}, {needed}: run `atlas db upgrade`."
    raise CommandError(message)
