"""Equal work is done once, belongs to nobody in particular, and ends with its keeper."""

import asyncio

import pytest

from ingest.coalescing import Flights


async def test_who_asks_while_it_is_done_gets_the_same_task() -> None:
    flights, begun = Flights(), list[str]()
    gate = asyncio.Event()

    async def work() -> None:
        begun.append("work")
        await gate.wait()

    first, second = flights.join("key", work), flights.join("key", work)
    other = flights.join("another", work)
    await asyncio.sleep(0)

    assert first is second is flights.find("key")
    assert begun == ["work", "work"]
    gate.set()
    await asyncio.wait([first, other])


async def test_when_it_is_done_the_next_who_asks_begins_anew() -> None:
    flights = Flights()

    await flights.join("key", nothing)
    between = flights.find("key")
    again = flights.join("key", nothing)

    assert between is None
    await again
    assert flights.find("key") is None


async def test_a_failure_reaches_all_who_wait_and_not_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    flights = Flights()

    async def fails() -> None:
        raise ValueError

    done, _ = await asyncio.wait([flights.join("key", fails), flights.join("key", fails)])
    await flights.join("key", nothing)

    assert [type(task.exception()) for task in done] == [ValueError]
    assert [record.message for record in caplog.records] == ["Work behind the answers failed: key"]


async def test_closing_cancels_what_is_in_flight_and_waits_for_its_end() -> None:
    flights, ended = Flights(), list[str]()

    async def tidies_up() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("tidied up")

    task = flights.join("key", tidies_up)
    await asyncio.sleep(0)

    await flights.close()

    assert (task.cancelled(), ended) == (True, ["tidied up"])


async def nothing() -> None:
    """Do nothing."""
