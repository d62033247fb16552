"""Databases of an embedded server, and the fixtures that stand on them."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from storage.embedded import Lease
from storage.embedded.databases import (
    clone_database,
    database_exists,
    drop_database,
    ensure_database,
)
from storage.errors import EmbeddedError
from tests.embedded.clients import answer


def a_name() -> str:
    return f"test_{uuid4().hex}"


@pytest.fixture
async def origin(postgres: Lease) -> AsyncIterator[str]:
    name = a_name()
    await ensure_database(postgres, name)
    yield name
    await drop_database(postgres, name)


async def test_a_database_is_made_once_however_many_ask_for_it(
    postgres: Lease, origin: str
) -> None:
    await answer(postgres.url(origin), "CREATE TABLE kept ()")

    await asyncio.gather(*(ensure_database(postgres, origin) for _ in range(3)))

    assert await answer(postgres.url(origin), "SELECT count(*) FROM kept") == 0


async def test_several_callers_at_once_make_one_database(postgres: Lease) -> None:
    name = a_name()

    await asyncio.gather(*(ensure_database(postgres, name) for _ in range(4)))

    assert await database_exists(postgres, name)
    await drop_database(postgres, name)


async def test_a_clone_holds_what_its_template_held_and_goes_its_own_way(
    postgres: Lease, origin: str
) -> None:
    clone = a_name()
    await answer(postgres.url(origin), "CREATE TABLE numbers AS SELECT 7 AS number")

    await clone_database(postgres, template=origin, name=clone)
    await answer(postgres.url(clone), "DELETE FROM numbers")

    assert await answer(postgres.url(origin), "SELECT number FROM numbers") == 7
    await drop_database(postgres, clone)


async def test_a_dropped_database_is_gone_and_dropping_it_again_does_no_harm(
    postgres: Lease, origin: str
) -> None:
    await drop_database(postgres, origin)
    await drop_database(postgres, origin)

    assert not await database_exists(postgres, origin)


async def test_the_role_of_the_url_is_bound_by_row_level_security(
    postgres: Lease, origin: str
) -> None:
    await answer(postgres.url(origin), "CREATE TABLE secrets AS SELECT 1 AS secret")
    await answer(postgres.url(origin), "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY")
    await answer(postgres.url(origin), "ALTER TABLE secrets FORCE ROW LEVEL SECURITY")

    assert await answer(postgres.url(origin), "SELECT count(*) FROM secrets") == 0
    assert await answer(postgres.superuser_url(origin), "SELECT count(*) FROM secrets") == 1


@pytest.mark.parametrize("name", ["", "Atlas", 'a"b', "a-b", "a" * 64])
async def test_a_name_that_would_need_quoting_is_refused(postgres: Lease, name: str) -> None:
    with pytest.raises(EmbeddedError, match="no name for a database"):
        await ensure_database(postgres, name)


async def test_letters_beyond_ascii_have_cases_without_a_locale_of_the_machine(
    postgres: Lease, origin: str
) -> None:
    assert await answer(postgres.url(origin), "SELECT upper('æøå')") == "ÆØÅ"


@pytest.mark.parametrize("_", ["first", "second"])
async def test_each_test_has_a_database_of_its_own(database_url: str, _: str) -> None:
    await answer(database_url, "CREATE TABLE only_mine ()")

    assert await answer(database_url, "SELECT count(*) FROM only_mine") == 0


def test_a_sync_test_can_have_a_database_too(database_url: str) -> None:
    assert asyncio.run(answer(database_url, "SELECT 1")) == 1
