"""The migrations lead to exactly the tables of the code, and back."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import create_engine
from storage.migrate import current, downgrade, heads, upgrade
from storage.tables import metadata

CATALOGUE = {
    "columns": (
        "SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable) "
        "FROM information_schema.columns WHERE table_schema = 'public'"
    ),
    "constraints": (
        "SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) "
        "FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"
    ),
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


async def catalogue(engine: AsyncEngine) -> dict[str, dict[str, str]]:
    """Give PostgreSQL's own words for everything that the schema consists of."""
    found: dict[str, dict[str, str]] = {}
    async with engine.connect() as connection:
        for part, query in CATALOGUE.items():
            rows = (await connection.exec_driver_sql(query)).all()
            described = {str(row[0]): " ".join(map(str, row)) for row in rows}
            found[part] = {k: v for k, v in described.items() if "alembic_version" not in k}
    return found


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def made_from_metadata(url: str) -> Mapping[str, Mapping[str, str]]:
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    found = await catalogue(engine)
    await engine.dispose()
    return found


@pytest.mark.parametrize("part", CATALOGUE)
async def test_the_migrations_make_what_the_tables_say_to_the_letter(
    part: str, engine: AsyncEngine, empty_database_url: str
) -> None:
    migrated, declared = await catalogue(engine), await made_from_metadata(empty_database_url)

    assert len(migrated[part]) > 30
    assert migrated[part] == declared[part]


async def test_alembic_sees_no_difference_either(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_says_which_revision_it_is_at(empty_database_url: str) -> None:
    assert await current(empty_database_url) == ()

    await upgrade(empty_database_url)

    assert await current(empty_database_url) == heads()


async def test_every_migration_can_be_undone_and_done_again(empty_database_url: str) -> None:
    await upgrade(empty_database_url)
    engine = create_engine(empty_database_url)
    before = await catalogue(engine)

    await downgrade(empty_database_url, "base")
    emptied = await catalogue(engine)
    await upgrade(empty_database_url)

    assert emptied == {"columns": {}, "constraints": {}, "indexes": {}}
    assert await catalogue(engine) == before
    await engine.dispose()


async def test_several_processes_can_start_on_a_new_database_at_once(
    empty_database_url: str,
) -> None:
    await asyncio.gather(*(upgrade(empty_database_url) for _ in range(4)))

    assert await current(empty_database_url) == heads()


async def test_migrating_needs_neither_the_clone_nor_its_settings(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    await upgrade(empty_database_url)

    assert await current(empty_database_url) == heads()


def test_there_is_one_newest_revision() -> None:
    assert len(heads()) == 1
