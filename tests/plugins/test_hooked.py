"""Plugins that carry requests and look on: each called in its turn, and no harm to anybody."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from journey_atlas_sdk import ConnectorBug, ConnectorError, Observation, TransientError
from plugins.discovery import load_plugins
from plugins.hooked import HookedPlugin, Hooks
from tests.plugins.hooking import Hook, a_hooked_plugin

START = datetime(2026, 10, 1, tzinfo=UTC)
SEEN = [
    Observation(
        metric="trust",
        start=START + timedelta(days=n),
        end=START + timedelta(days=n + 1),
        value=Decimal(n),
    )
    for n in range(3)
]
FAILURE = TransientError("It timed out.")

# ---- observers


async def test_observers_are_told_of_each_observation_and_each_failure() -> None:
    told: list[object] = []

    def accepted(connection: str, observation: Observation) -> None:
        told.append((connection, observation.value))

    def failed(connection: str, metric: str, error: ConnectorError) -> None:
        told.append((connection, metric, error.code))

    seen = a_hooked_plugin("seen", atlas_observation_accepted=accepted, atlas_pull_failed=failed)
    looking_on = Hooks([seen, a_hooked_plugin("deaf")])

    await looking_on.accepted("survey", SEEN)
    await looking_on.failed("survey", "trust", FAILURE)

    assert told == [
        ("survey", 0),
        ("survey", 1),
        ("survey", 2),
        ("survey", "trust", "TRANSIENT_ERROR"),
    ]


async def test_an_observer_may_ask_for_less_than_it_could_be_told() -> None:
    told: list[str] = []

    def accepted(connection: str) -> None:
        told.append(connection)

    await Hooks([a_hooked_plugin("brief", atlas_observation_accepted=accepted)]).accepted(
        "survey", SEEN
    )

    assert told == ["survey"] * 3


async def test_an_observer_that_fails_is_named_once_a_pull_and_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[Decimal | None] = []

    def breaks() -> None:
        raise ZeroDivisionError

    def works(observation: Observation) -> None:
        told.append(observation.value)

    broken = a_hooked_plugin("broken", atlas_observation_accepted=breaks)
    looking_on = Hooks([broken, a_hooked_plugin("works", atlas_observation_accepted=works)])

    await looking_on.accepted("survey", SEEN)

    assert told == [0, 1, 2]
    failed = "atlas_observation_accepted of plugin broken (file broken.py) failed"
    assert [record.getMessage() for record in caplog.records] == [failed]


async def test_an_observer_that_blocks_holds_up_nobody_else() -> None:
    def blocks() -> None:
        time.sleep(0.05)

    looking_on = Hooks([a_hooked_plugin("slow", atlas_observation_accepted=blocks)])
    telling = asyncio.create_task(looking_on.accepted("survey", SEEN))
    ticks = 0
    while not telling.done():
        await asyncio.sleep(0.01)
        ticks += 1

    assert ticks > 5


async def test_an_observer_that_hangs_is_named_and_asked_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[str] = []
    gone_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hangs(metric: str) -> None:
        told.append(metric)
        time.sleep(0.3)
        loop.call_soon_threadsafe(gone_on.set)

    looking_on = Hooks([a_hooked_plugin("hung", atlas_pull_failed=hangs)], patience_seconds=0.1)

    await looking_on.failed("survey", "trust", FAILURE)
    await looking_on.failed("survey", "effort", FAILURE)

    assert told == ["trust"]
    assert "plugin hung (file hung.py) hangs: asked no more" in caplog.text
    await gone_on.wait()  # what it then does harms nobody either


# ---- transports


class Around(httpx.AsyncBaseTransport):
    """Notes who carried a request, and passes it on."""

    def __init__(self, name: str, inner: httpx.AsyncBaseTransport) -> None:
        self.name, self.inner = name, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        return httpx.Response(200, text=f"{self.name}({answer.text})")


def carries(name: str, *connections: str) -> HookedPlugin:
    """Make a plugin that carries the requests of some connections."""

    def transport(
        connection: str, transport: httpx.AsyncBaseTransport
    ) -> httpx.AsyncBaseTransport | None:
        return Around(name, transport) if connection in connections else None

    return a_hooked_plugin(name, atlas_http_transport=transport)


async def carried(looking_on: Hooks, connection: str) -> str:
    own = httpx.MockTransport(lambda _: httpx.Response(200, text="own"))
    async with httpx.AsyncClient(transport=looking_on.transport(connection, own)) as http:
        return (await http.get("https://source.example/")).text


async def test_each_plugin_may_put_itself_around_what_the_ones_before_made() -> None:
    looking_on = Hooks([carries("proxy", "survey", "shop"), carries("tape", "survey")])

    assert await carried(looking_on, "survey") == "tape(proxy(own))"
    assert await carried(looking_on, "shop") == "proxy(own)"
    assert await carried(looking_on, "other") == "own"


def breaks(connection: str) -> object:
    raise KeyError(connection)


@pytest.mark.parametrize(
    ("implementation", "why"),
    [
        pytest.param(breaks, "KeyError", id="it breaks"),
        pytest.param(lambda: "http://proxy:3128", "it gave a str", id="no transport"),
    ],
)
async def test_a_transport_that_fails_stops_the_call_instead_of_being_passed_by(
    implementation: Hook, why: str
) -> None:
    looking_on = Hooks([a_hooked_plugin("proxy", atlas_http_transport=implementation)])

    with pytest.raises(ConnectorBug, match=rf"of plugin proxy \(file proxy\.py\) failed: {why}\."):
        await carried(looking_on, "survey")


# ---- how they come in


async def test_a_plugin_may_look_on_without_bringing_connectors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
        import logging
        from journey_atlas_sdk import hookimpl

        @hookimpl
        def atlas_pull_failed(connection, error):
            logging.getLogger("pager").warning("%s: %s", connection, error.message)
    """
    (tmp_path / "pager.py").write_text(dedent(source))
    registry = load_plugins(tmp_path, distributions=[])

    with caplog.at_level(logging.WARNING, "pager"):
        await registry.hooks.failed("survey", "trust", FAILURE)

    assert registry.problems == ()
    assert "survey: It timed out." in caplog.text


async def test_a_quarantined_plugin_looks_at_nothing(tmp_path: Path) -> None:
    source = """
        from journey_atlas_sdk import hookimpl

        @hookimpl
        def atlas_connectors():
            return ["no connector"]

        @hookimpl
        def atlas_http_transport(connection, transport):
            raise RuntimeError
    """
    (tmp_path / "half.py").write_text(dedent(source))
    registry = load_plugins(tmp_path, distributions=[])

    assert [problem.name for problem in registry.problems] == ["half.py"]
    assert await carried(registry.hooks, "survey") == "own"
