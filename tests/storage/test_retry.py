"""What is tried again, how often, and what never is."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import retry
from storage.atlases import StoredAtlases
from storage.engine import create_engine
from storage.errors import DatabaseUnreachable
from storage.retry import retrying


class Raised(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(f"code {sqlstate}")
        self.sqlstate = sqlstate


def failure(sqlstate: str | None, *, lost: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, Raised(sqlstate), connection_invalidated=lost)


class Unit:
    """A unit of work that fails as told, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.runs = 0

    async def __call__(self) -> str:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSES_SECONDS", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(failure("40001"), id="serialization failure"),
        pytest.param(failure("40P01"), id="deadlock"),
        pytest.param(failure("57P01"), id="server shuts down"),
        pytest.param(failure("57P03"), id="server starts up"),
        pytest.param(failure(None, lost=True), id="connection lost"),
        pytest.param(ConnectionRefusedError(), id="nobody listens"),
        pytest.param(FileNotFoundError(), id="no socket"),
    ],
)
async def test_what_may_pass_is_tried_again(error: Exception) -> None:
    unit = Unit(error, error, error)

    assert await retrying(unit) == "done"
    assert unit.runs == 4


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(failure("23505"), id="unique"),
        pytest.param(failure("42601"), id="syntax"),
        pytest.param(ValueError("wrong"), id="not the database's"),
    ],
)
async def test_what_would_fail_again_fails_at_once(error: Exception) -> None:
    unit = Unit(error)

    with pytest.raises(type(error)):
        await retrying(unit)

    assert unit.runs == 1


async def test_a_database_that_stays_away_is_named(tmp_path: object) -> None:
    engine = create_engine(f"postgresql://nobody@/nothing?host={tmp_path}")

    with pytest.raises(DatabaseUnreachable, match="doesn't answer"):
        await StoredAtlases(engine).revision("norrhavn")

    await engine.dispose()


async def test_a_deadlock_that_never_ends_is_told_as_it_is() -> None:
    deadlock = failure("40P01")

    with pytest.raises(DBAPIError, match="40P01"):
        await retrying(Unit(*[deadlock] * 4))


async def test_a_pool_of_dead_connections_heals(engine: AsyncEngine, database_url: str) -> None:
    atlases = StoredAtlases(engine)
    await atlases.revision("norrhavn")
    other = create_engine(database_url)
    async with other.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await other.dispose()

    assert await atlases.revision("norrhavn") is None
