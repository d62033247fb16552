"""Hours pass in no time, threads are waited for, and a wait without an end is an error."""

import asyncio
import socket
import time
from datetime import timedelta

import pytest

from journey_atlas_sdk.conformance import virtual_time
from journey_atlas_sdk.conformance.virtual_time import START, LoopClock, run


def test_an_hour_of_sleep_passes_at_once() -> None:
    async def an_hour() -> timedelta:
        clock = LoopClock()
        await asyncio.sleep(3_600)
        return clock.now() - START

    started = time.monotonic()

    assert run(an_hour()) == timedelta(hours=1)
    assert time.monotonic() - started < 1


def test_whoever_is_due_first_wakes_first() -> None:
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await asyncio.sleep(seconds)
        woken.append(seconds)

    async def three() -> None:
        await asyncio.gather(sleeper(30), sleeper(10), sleeper(20))

    run(three())

    assert woken == [10, 20, 30]


def test_a_timeout_ends_what_never_comes() -> None:
    async def forever() -> None:
        async with asyncio.timeout(60):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(forever())


def test_the_time_stands_still_while_a_thread_works() -> None:
    async def beside_a_thread() -> float:
        working = asyncio.create_task(asyncio.to_thread(time.sleep, 0.05))
        async with asyncio.timeout(0.01):  # of virtual time
            await working
        return asyncio.get_running_loop().time()

    assert run(beside_a_thread()) == 0


def test_a_thread_may_look_at_the_clock() -> None:
    async def from_a_thread() -> object:
        clock = LoopClock()
        return await asyncio.to_thread(clock.now)

    assert run(from_a_thread()) == START


def test_a_sleep_is_never_shorter_than_it_was_asked_to_be() -> None:
    async def thirds() -> float:
        clock = LoopClock()
        before = clock.monotonic()
        await clock.sleep(1 / 3)
        return clock.monotonic() - before

    assert run(thirds()) >= 1 / 3


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_time, "_PATIENCE", 0.05)
    monkeypatch.setattr(virtual_time, "_SLICE", 0.02)


def test_a_thread_that_works_is_waited_for_however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)

    def work() -> str:
        ends = time.process_time() + 0.3
        while time.process_time() < ends:
            pass
        return "done"

    async def a_working_thread() -> str:
        async with asyncio.timeout(1):
            return await asyncio.to_thread(work)

    assert run(a_working_thread()) == "done"


def test_a_thread_that_sleeps_on_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)

    async def a_sleeping_thread() -> None:
        async with asyncio.timeout(1):
            await asyncio.to_thread(time.sleep, 0.5)

    with pytest.raises(TimeoutError):
        run(a_sleeping_thread())


def test_waiting_for_nothing_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)

    async def nothing() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="Nothing is left"):
        run(nothing())


def test_an_open_line_does_not_hold_up_who_sleeps_while_its_other_end_waits_for_him() -> None:
    ours, theirs = socket.socketpair()

    async def asked_in_the_middle_of_a_sleep() -> float:
        ours.setblocking(False)  # noqa: FBT003 -- the standard library's
        listening = asyncio.create_task(asyncio.get_running_loop().sock_recv(ours, 1))
        await LoopClock().sleep(3600)
        listening.cancel()
        return asyncio.get_running_loop().time()

    started = time.monotonic()
    with ours, theirs:
        assert run(asked_in_the_middle_of_a_sleep()) >= 3600
    assert time.monotonic() - started < 5, "not the ten seconds for which a line is waited for"
