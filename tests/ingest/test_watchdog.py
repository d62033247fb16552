"""Who blocks the process is named, with what to do about it."""

import asyncio
import logging
import time

import pytest

from ingest.watchdog import Watchdog
from journey_atlas_sdk import Connector, ConnectorInfo, Settings
from plugins.registry import RegisteredConnector, Registry

PATIENCE = 0.1


class Sleepy(Connector[Settings]):
    """A connector that sleeps where it should wait."""

    info = ConnectorInfo(key="sleepy", title="Sleepy", version="1")

    async def pull(self, request: object, context: object) -> None:  # type: ignore[override]  # it never answers
        del request, context
        time.sleep(3 * PATIENCE)  # noqa: ASYNC251 -- the mistake itself


def a_watchdog(*connectors: type[Sleepy]) -> Watchdog:
    found = {
        each.info.key: RegisteredConnector(connector=each, plugin="sleepers", origin="here")
        for each in connectors
    }
    return Watchdog(registry=Registry(found), patience_seconds=PATIENCE)


async def test_a_connector_that_blocks_the_process_is_named_once_with_its_plugin(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with a_watchdog(Sleepy).watching():
        await Sleepy(Settings()).pull(None, None)
        await asyncio.sleep(0.05)

    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.message.startswith(
        f"Connector sleepy of sleepers (here) blocks the process for more than 0.1 s at {__file__}:"
    )
    assert record.message.endswith("`atlas connector off sleepy` keeps it from being asked")


async def test_of_several_connectors_in_one_file_none_is_accused_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Awake(Sleepy):
        info = ConnectorInfo(key="awake", title="Awake", version="1")

    with a_watchdog(Sleepy, Awake).watching():
        await Sleepy(Settings()).pull(None, None)
        await asyncio.sleep(0.05)

    [record] = caplog.records
    assert record.message.startswith("Connector sleepy or awake of sleepers (here) blocks")


async def test_what_blocks_it_otherwise_is_shown_where_it_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with a_watchdog().watching():
        time.sleep(3 * PATIENCE)  # noqa: ASYNC251 -- on purpose

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"stands still for more than 0.1 s at {__file__}:" in record.message


async def test_a_loop_that_goes_on_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    with a_watchdog(Sleepy).watching():
        for _ in range(30):
            await asyncio.sleep(PATIENCE / 10)

    assert caplog.records == []
