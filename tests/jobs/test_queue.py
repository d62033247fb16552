"""The queue's tables are as the installed pgqueuer wants them."""

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.jobs.queue import queries


async def test_the_migrations_made_what_the_installed_pgqueuer_expects(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as connection:
        plan = await queries(connection).plan_upgrade()

    assert plan.statements == ()
