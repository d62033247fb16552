"""Long lists are sorted in steps, and work in steps pauses and stops."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.context import Reading, Services
from api.errors import Stopped
from api.filters.pace import SLICE_SECONDS, Pace, worked
from api.filters.selecting import STEP, in_order
from api.relay import Order
from domain.goal import Goal
from domain.steps import Steps
from plugins.registry import Registry
from tests.api.asking import FakeViews
from tests.builders import NOW, a_goal, a_view, an_atlas
from tests.fakes import FakeObservations
from tests.steps import finished

VALUES = st.none() | st.sampled_from(["", "a", "b", "ba", "c"])


@given(titles=st.lists(VALUES, max_size=5), times=st.integers(1, 70), descends=st.booleans())
def test_sorting_in_steps_gives_what_sorting_at_once_gives(
    titles: list[str | None], times: int, *, descends: bool
) -> None:
    goals = [a_goal(f"G{n}", description=title) for n, title in enumerate(titles * times)]
    order: Order[Goal] = Order("x", lambda goal: (goal.description,), (str,), (descends,))

    assert finished(in_order(goals, order)) == sorted(goals, key=order.place)


def test_a_node_that_stands_twice_in_a_list_stays_there_twice() -> None:
    order: Order[Goal] = Order("x", lambda goal: (goal.key,), (str,))
    goal = a_goal("G1")

    assert finished(in_order([goal, a_goal("G0"), goal], order)) == [a_goal("G0"), goal, goal]


def test_a_long_list_is_sorted_in_many_steps() -> None:
    order: Order[Goal] = Order("x", lambda goal: (goal.title,), (str,))
    goals = [a_goal(f"G{n}") for n in range(5 * STEP)]

    # Five runs are sorted, and merged in as many steps.
    assert len([*in_order(goals, order)]) == 5 + 5


def a_reading(monotonic: Callable[[], float], ends: Callable[[], bool] = lambda: False) -> Reading:
    views = FakeViews(an_atlas(), FakeObservations())
    services = Services(
        view=views.view,
        observations=views,
        registry=Registry(connectors={}),
        now=lambda: NOW,
        new_reference=lambda: "ref-1",
        monotonic=monotonic,
    )

    def require_running() -> None:
        if ends():
            message = "It has ended."
            raise Stopped(message)

    return Reading(view=a_view(an_atlas()), services=services, require_running=require_running)


def counting(to: int) -> Steps[int]:
    for _ in range(to):
        yield
    return to


def test_short_work_is_done_without_waiting() -> None:
    pace = Pace(a_reading(lambda: 0.0))

    assert worked(counting(1_000), pace) == 1_000


async def test_long_work_lets_others_work_after_each_slice() -> None:
    ticks = iter(range(1_000))
    turns: list[int] = []

    async def friend() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    beside = asyncio.create_task(friend())
    # A step takes half a slice by this clock.
    done = worked(counting(6), Pace(a_reading(lambda: next(ticks) * SLICE_SECONDS / 2)))

    assert isinstance(done, Awaitable)
    assert await done == 6
    assert len(turns) >= 3
    beside.cancel()


async def test_work_ends_in_the_middle_where_its_operation_does() -> None:
    steps_done = 0

    def endless() -> Steps[None]:
        nonlocal steps_done
        while True:
            steps_done += 1
            yield

    with pytest.raises(Stopped):
        worked(endless(), Pace(a_reading(lambda: 0.0, lambda: steps_done == 100)))

    assert steps_done == 100
