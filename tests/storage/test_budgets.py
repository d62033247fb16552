"""One budget for all processes: however many ask at once, no more go than the source allows."""

import asyncio
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from ingest.budgets import SharedBudgets
from journey_atlas_sdk import Limit, TransientError
from journey_atlas_sdk.hosting.budget import Lane
from journey_atlas_sdk.testing import VirtualClock
from storage.budgets import StoredBudgets
from storage.engine import create_engine

FIVE = Limit(count=5, seconds=3600)
TWO_AT_ONCE = Limit(count=100, seconds=3600, concurrency=2)
NOTHING = timedelta(0)


async def test_of_many_at_once_as_many_go_as_the_limit_says(engine: AsyncEngine) -> None:
    clock = VirtualClock()
    processes = [SharedBudgets(StoredBudgets(engine), clock) for _ in range(2)]

    waits = await asyncio.gather(
        *(each.take("key", [FIVE], lane=Lane.INTERACTIVE) for each in processes * 10)
    )

    assert waits.count(NOTHING) == 5


async def test_places_are_shared_too_and_given_back_to_all(engine: AsyncEngine) -> None:
    one, another = (SharedBudgets(StoredBudgets(engine), VirtualClock()) for _ in range(2))

    async def take(budgets: SharedBudgets, holder: str) -> bool:
        wait = await budgets.take("key", [TWO_AT_ONCE], lane=Lane.INTERACTIVE, holder=holder)
        return wait == NOTHING

    taken = [await take(one, "a"), await take(another, "b"), await take(one, "c")]
    await another.give_back("key", "a")

    assert taken == [True, True, False]
    assert await take(another, "d")


async def test_a_pause_that_one_process_heard_of_holds_for_all(engine: AsyncEngine) -> None:
    clock = VirtualClock()
    one, another = (SharedBudgets(StoredBudgets(engine), clock) for _ in range(2))
    minute = timedelta(minutes=1)

    await one.pause("key", clock.now() + minute)

    assert await another.take("key", [], lane=Lane.INTERACTIVE) == minute
    assert await another.paused_until("key") == clock.now() + minute


async def test_without_its_database_nothing_goes_and_no_plugin_is_blamed() -> None:
    nowhere = create_engine("postgresql://atlas@127.0.0.1:1/nowhere")
    budgets = SharedBudgets(StoredBudgets(nowhere), VirtualClock())

    try:
        await budgets.take("key", [FIVE], lane=Lane.INTERACTIVE)
    except TransientError as error:
        told = error.message
    else:
        told = "It went."
    await budgets.give_back("key", "a")
    await nowhere.dispose()

    assert told == "What may go to the source can't be looked up."
