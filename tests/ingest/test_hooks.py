"""What plugins hear of a reading, and that they carry its requests."""

from dataclasses import replace
from datetime import timedelta

import httpx

from domain.source import SourceState
from ingest.freshness import ReadMode, ReadPolicy
from journey_atlas_sdk import ConnectorError, Observation, TransientError
from plugins.hooked import Hooks
from tests.ingest.scripted import World, a_world, fails
from tests.plugins.hooking import Hook, a_hooked_plugin

ANYTHING = ReadPolicy(mode=ReadMode.LIVE, max_age=timedelta(0))


async def read(world: World, **hooks: Hook) -> None:
    """Read the world's source once, with a plugin that has these hooks."""
    registry = replace(world.registry, hooks=Hooks([a_hooked_plugin("onlooker", **hooks)]))
    opener = replace(world.sync.opener, registry=registry)
    world.on_demand.sync = replace(world.sync, opener=opener)
    await world.on_demand.live(world.atlas, ANYTHING, seconds=5)


async def test_observers_hear_of_what_was_recorded() -> None:
    world, heard = a_world(), list[tuple[str, Observation, int]]()

    def accepted(connection: str, observation: Observation) -> None:
        heard.append((connection, observation, len(world.recorded)))

    await read(world, atlas_observation_accepted=accepted)

    ((connection, observation, recorded_before),) = heard
    assert (connection, observation.metric) == ("scripted", world.source().remote_metric)
    assert observation.value == next(iter(world.recorded.values())).value
    assert recorded_before == 1


async def test_observers_hear_of_what_failed_and_of_nothing_else() -> None:
    world = a_world(script=fails(TransientError("It timed out.")))
    heard: list[tuple[str, str, str]] = []

    def failed(connection: str, metric: str, error: ConnectorError) -> None:
        heard.append((connection, metric, error.message))

    def accepted(observation: Observation) -> None:
        raise AssertionError(observation)

    await read(world, atlas_pull_failed=failed, atlas_observation_accepted=accepted)

    assert heard == [("scripted", world.source().remote_metric, "It timed out.")]


async def test_an_observer_that_breaks_costs_no_observation() -> None:
    world = a_world()

    def breaks() -> None:
        raise RuntimeError

    await read(world, atlas_observation_accepted=breaks)

    assert world.source().state is SourceState.OK
    assert len(world.recorded) == 1


async def test_a_plugin_carries_the_requests_of_a_reading() -> None:
    world, asked = a_world(), list[str]()

    def transport(connection: str) -> httpx.AsyncBaseTransport:
        asked.append(connection)
        return httpx.MockTransport(lambda _: httpx.Response(200))

    await read(world, atlas_http_transport=transport)

    assert set(asked) == {"scripted"}


async def test_a_broken_transport_stops_the_reading_and_names_its_plugin() -> None:
    world = a_world()

    def transport() -> object:
        raise RuntimeError

    await read(world, atlas_http_transport=transport)

    error = world.source().error
    assert error is not None
    assert "plugin onlooker (file onlooker.py) failed" in error.message
    assert world.asked == []
