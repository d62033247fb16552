"""Addresses of databases, as people and platforms write them."""

import pytest
from sqlalchemy import ARRAY, cast, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import create_engine, normalize_url
from storage.errors import DatabaseUrlRefused
from storage.tables.columns import Id
from tests.builders import id_of

DRIVER = "postgresql+asyncpg://"


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        pytest.param("postgres://u:p@h:5/d", DRIVER + "u:p@h:5/d", id="as platforms give it"),
        pytest.param("postgresql://u@h/d", DRIVER + "u@h/d", id="as libpq has it"),
        pytest.param("postgresql+psycopg://u@h/d", DRIVER + "u@h/d", id="another driver"),
        pytest.param(DRIVER + "u@h/d", DRIVER + "u@h/d", id="ours"),
        pytest.param("postgresql://u@/d?host=/a/b", DRIVER + "u@/d?host=/a/b", id="socket"),
        pytest.param("postgresql://u@%2Fa%2Fb/d", DRIVER + "u@/d?host=/a/b", id="socket as host"),
        pytest.param(
            "postgresql://u@h/d?sslmode=require", DRIVER + "u@h/d?ssl=require", id="sslmode"
        ),
    ],
)
def test_an_address_is_brought_to_the_drivers_form(given: str, normal: str) -> None:
    seen = normalize_url(given).render_as_string(hide_password=False)

    assert seen.replace("%2F", "/") == normal


@pytest.mark.parametrize("given", ["", "not an address", "mysql://u@h/d", "postgresql://u@h:x/d"])
def test_what_is_no_postgresql_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(DatabaseUrlRefused, match="Set DATABASE_URL to postgresql://"):
        normalize_url(given)


def test_a_refused_address_keeps_its_password_to_itself() -> None:
    with pytest.raises(DatabaseUrlRefused) as refused:
        normalize_url("mysql://ada:hunter2@host/database")

    assert "hunter2" not in str(refused.value)


async def prepared_statements(engine: AsyncEngine) -> int:
    count = "SELECT count(*) FROM pg_prepared_statements"
    async with engine.connect() as connection:
        for number in range(3):
            await connection.execute(text(f"SELECT {number} + :more"), {"more": number})
        return int(await connection.scalar(text(count)) or 0)


async def test_behind_a_pooler_no_prepared_statement_is_kept(database_url: str) -> None:
    separator = "&" if "?" in database_url else "?"
    pooled = create_engine(f"{database_url}{separator}pgbouncer=true")
    direct = create_engine(database_url)

    kept = (await prepared_statements(pooled), await prepared_statements(direct))

    await pooled.dispose()
    await direct.dispose()
    # The statement that counts is itself prepared while it runs.
    assert kept[0] <= 1
    assert kept[1] >= 3


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pooled"])
async def test_an_id_is_read_as_text_and_equal_ids_are_one_object(
    pooled: bool,  # noqa: FBT001 - a parameter of the test
    database_url: str,
) -> None:
    separator = "&" if "?" in database_url else "?"
    engine = create_engine(f"{database_url}{separator}pgbouncer=true" if pooled else database_url)
    ids = select(cast(id_of("G1"), Id()), cast([id_of("G1")], ARRAY(Id())), cast(None, Id()))

    async with engine.connect() as connection:
        one, (other,), nothing = (await connection.execute(ids)).one()

    await engine.dispose()
    assert one == id_of("G1")
    assert one is other
    assert nothing is None
