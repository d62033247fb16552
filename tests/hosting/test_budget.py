"""What every `Budgets` keeps: over any hour no limit is passed, and each lane has its share."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.budgets import SharedBudgets
from journey_atlas_sdk import Limit
from journey_atlas_sdk.hosting.budget import (
    PLACE_LASTS,
    Budgets,
    Lane,
    MemoryBudgets,
)
from journey_atlas_sdk.testing import VirtualClock
from tests.documents import FakeDocuments

HOUR = timedelta(hours=1)
SIXTY_AN_HOUR = Limit(count=60, seconds=3600)
A_MOMENT = timedelta(microseconds=1)


@dataclass
class World:
    """Budgets with the clock that moves them."""

    clock: VirtualClock
    budgets: Budgets

    async def take(self, lane: Lane = Lane.INTERACTIVE, weight: int = 1) -> timedelta:
        return await self.budgets.take("key", [SIXTY_AN_HOUR], lane=lane, weight=weight)

    async def many(self, lane: Lane, most: int = 1_000) -> int:
        """Take until the lane is told to wait; give how many went."""
        for count in range(most):
            if await self.take(lane):
                return count
        return most


@pytest.fixture(params=["in memory", "shared"])
def world(request: pytest.FixtureRequest) -> World:
    clock = VirtualClock()
    if request.param == "shared":
        return World(clock, SharedBudgets(FakeDocuments(), clock))
    return World(clock, MemoryBudgets(clock))


async def test_a_limit_is_spent_and_then_waited_for(world: World) -> None:
    assert await world.many(Lane.INTERACTIVE) == 60

    wait = await world.take()
    world.clock.moment += wait - A_MOMENT
    assert await world.take() == A_MOMENT
    world.clock.moment += A_MOMENT
    assert await world.many(Lane.INTERACTIVE) == 60
    assert HOUR < wait <= HOUR + timedelta(minutes=1)  # an hour after the slice of a minute


@pytest.mark.parametrize(
    ("lanes", "went"),
    [
        pytest.param([Lane.BACKFILL], [6], id="backfill has a tenth"),
        # 70 % together, of which backfill had its 6.
        pytest.param([Lane.BACKFILL, Lane.SCHEDULED], [6, 36], id="the schedule has six tenths"),
        pytest.param([Lane.SCHEDULED, Lane.BACKFILL], [42, 0], id="and takes what is idle below"),
        pytest.param(
            [Lane.SCHEDULED, Lane.BACKFILL, Lane.INTERACTIVE], [42, 0, 18], id="a reader is kept 18"
        ),
        pytest.param(
            [Lane.INTERACTIVE, Lane.SCHEDULED, Lane.BACKFILL], [60, 0, 0], id="and may take all"
        ),
    ],
)
async def test_a_lane_uses_its_share_and_what_is_idle_of_later_ones(
    world: World, lanes: list[Lane], went: list[int]
) -> None:
    assert [await world.many(lane) for lane in lanes] == went


@pytest.mark.parametrize("lane", Lane)
async def test_the_smallest_limit_leaves_every_lane_room(lane: Lane) -> None:
    clock = VirtualClock()
    budgets = MemoryBudgets(clock)

    waits = [
        await budgets.take("key", [Limit(count=1, seconds=1)], lane=lane),
        await budgets.take("key", [Limit(count=1, seconds=1)], lane=lane),
    ]

    assert waits[0] == timedelta(0) < timedelta(seconds=1) <= waits[1]


async def test_a_heavy_request_goes_alone_in_a_lane_that_is_smaller(world: World) -> None:
    assert await world.take(Lane.BACKFILL, weight=20) == timedelta(0)
    assert await world.take(Lane.BACKFILL) > timedelta(0)


async def test_a_request_that_no_limit_could_hold_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="weight 61 doesn't fit"):
        await world.take(weight=61)


async def test_a_limits_own_weight_multiplies_the_requests(world: World) -> None:
    heavy = Limit(count=60, seconds=3600, weight=20)

    assert not await world.budgets.take("key", [heavy], lane=Lane.INTERACTIVE, weight=3)
    assert await world.budgets.take("key", [heavy], lane=Lane.INTERACTIVE)


async def test_of_several_limits_none_is_passed_and_a_refused_request_counts_nowhere(
    world: World,
) -> None:
    limits = [Limit(count=2, seconds=1), Limit(count=3, seconds=60)]

    async def take() -> timedelta:
        return await world.budgets.take("key", limits, lane=Lane.INTERACTIVE)

    went = [await take() == timedelta(0) for _ in range(9)]
    world.clock.moment += timedelta(seconds=1.1)

    assert went == [True, True, *[False] * 7]
    assert await take() == timedelta(0)  # the third of the minute
    assert await take() > timedelta(seconds=50)


async def test_keys_have_budgets_of_their_own(world: World) -> None:
    await world.many(Lane.INTERACTIVE)

    assert not await world.budgets.take("other", [SIXTY_AN_HOUR], lane=Lane.BACKFILL)


async def test_a_pause_holds_everyone_and_a_shorter_one_does_not_end_it(world: World) -> None:
    now = world.clock.now()
    await world.budgets.pause("key", now + timedelta(seconds=40))
    await world.budgets.pause("key", now + timedelta(seconds=4))

    assert await world.budgets.paused_until("key") == now + timedelta(seconds=40)
    assert await world.budgets.take("key", [], lane=Lane.INTERACTIVE) == timedelta(seconds=40)
    assert not await world.budgets.take("other", [], lane=Lane.INTERACTIVE)
    world.clock.moment += timedelta(seconds=40)
    assert await world.budgets.paused_until("key") is None
    assert not await world.take()


FIVE_AT_ONCE = Limit(count=1_000, seconds=1, concurrency=5)


async def take_place(world: World, holder: str, lane: Lane = Lane.INTERACTIVE) -> bool:
    return not await world.budgets.take("key", [FIVE_AT_ONCE], lane=lane, holder=holder)


async def test_a_place_is_held_until_it_is_given_back(world: World) -> None:
    assert [await take_place(world, holder) for holder in "abcdef"] == [*[True] * 5, False]

    await world.budgets.give_back("key", "c")
    await world.budgets.give_back("key", "nobody")

    assert [await take_place(world, holder) for holder in "gh"] == [True, False]


async def test_of_five_places_backfill_has_one_and_the_schedule_three(world: World) -> None:
    backfill = [await take_place(world, f"b{n}", Lane.BACKFILL) for n in range(2)]
    schedule = [await take_place(world, f"s{n}", Lane.SCHEDULED) for n in range(3)]
    readers = [await take_place(world, f"r{n}") for n in range(3)]

    # A tenth of five is less than the one that everyone has; seven tenths are three.
    assert backfill == [True, False]
    assert schedule == [True, True, False]
    assert readers == [True, True, False]


async def test_whoever_gives_signs_of_life_keeps_his_place_and_a_killed_one_loses_it(
    world: World,
) -> None:
    for holder in "abcde":
        await take_place(world, holder)

    for _ in range(10):
        world.clock.moment += PLACE_LASTS * 2 / 3
        await world.budgets.keep("key", {"a", "b", "c", "d", "nobody"})

    assert [await take_place(world, holder) for holder in "fg"] == [True, False]


async def test_a_place_that_was_lost_is_not_kept(world: World) -> None:
    for holder in "abcde":
        await take_place(world, holder)
    world.clock.moment += PLACE_LASTS

    taken = [await take_place(world, holder) for holder in "fghij"]
    await world.budgets.keep("key", {"a"})
    await world.budgets.give_back("key", "f")

    assert taken == [True] * 5
    assert await take_place(world, "k")


@dataclass
class Simulation:
    """Callers who ask at random over an hour, and what went when."""

    limits: Sequence[Limit]
    clock: VirtualClock = field(default_factory=VirtualClock)
    went: list[tuple[datetime, Lane, int]] = field(default_factory=list[tuple[datetime, Lane, int]])

    async def run(self, callers: Sequence[tuple[Lane, int, int]]) -> None:
        budgets, ends = MemoryBudgets(self.clock), self.clock.now() + HOUR

        async def call(lane: Lane, weight: int, pause: int) -> None:
            while self.clock.now() < ends:
                wait = await budgets.take("key", self.limits, lane=lane, weight=weight)
                if not wait:
                    self.went.append((self.clock.now(), lane, weight))
                    wait = timedelta(seconds=pause)
                await self.clock.sleep(wait.total_seconds())

        await asyncio.gather(*(call(*caller) for caller in callers))

    def most(self, limit: Limit, *lanes: Lane) -> int:
        """Give the most that these lanes spent in any stretch of the limit's length."""
        lasts = timedelta(seconds=limit.seconds)
        ours = [(at, weight * limit.weight) for at, lane, weight in self.went if lane in lanes]
        return max(
            (sum(w for at, w in ours if start <= at < start + lasts) for start, _ in ours),
            default=0,
        )


LIMITS = st.lists(
    st.builds(
        Limit,
        count=st.integers(30, 90),
        seconds=st.sampled_from([60, 600, 3600]),
        weight=st.integers(1, 3),
    ),
    min_size=1,
    max_size=2,
)
CALLERS = st.lists(
    st.tuples(st.sampled_from(Lane), st.integers(1, 10), st.integers(20, 400)),
    min_size=1,
    max_size=4,
)


@given(limits=LIMITS, callers=CALLERS)
@settings(max_examples=15, deadline=None)
def test_over_an_hour_no_limit_and_no_share_is_passed(
    limits: list[Limit], callers: list[tuple[Lane, int, int]]
) -> None:
    simulation = Simulation(limits)

    asyncio.run(simulation.run(callers))

    heaviest = max(weight for _, weight, _ in callers)
    for limit in limits:
        weight = heaviest * limit.weight
        assert 0 < simulation.most(limit, *Lane) <= limit.count
        # Seven tenths and one tenth, or a single heavy request.
        later = simulation.most(limit, Lane.SCHEDULED, Lane.BACKFILL)
        assert later <= max(limit.count * 7 // 10, weight)
        assert simulation.most(limit, Lane.BACKFILL) <= max(limit.count // 10, weight)
