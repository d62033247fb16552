"""Tests over a real source's answers: recorded once, scrubbed, replayed from then on without it.

A pytest plugin with the fixture `recorded`. `pytest --atlas-record` asks the source and writes
`recordings/NAME_OF_THE_TEST.json` beside the test's file; without it the test runs on that file.
"""

import os
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from journey_atlas_sdk.connector import Connector
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.cassettes import (
    Cassette,
    RecordingTransport,
    ReplayingTransport,
    Scrubber,
)
from journey_atlas_sdk.hosting.clock import Clock, RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.testing import VirtualClock

AnyConnector = Connector[Any]  # Any: whatever its settings are
Through = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]

_NOT_RECORDED: Final = "not-a-secret"
_UNFIT: Final = re.compile(r"[^\w.-]+")


@dataclass(slots=True)
class Recorded:
    """Lends a connector a context, once a test, over its source or over what that once answered.

    Called with the connector and, by the name of each secret, the environment variable that holds
    it while it is recorded; a replay needs none. The clock stands at the time of the recording.
    """

    file: Path
    is_recording: bool
    _is_used: bool = False

    @asynccontextmanager
    async def __call__(self, connector: AnyConnector, **variables: str) -> AsyncGenerator[Context]:
        """Lend a context for the length of a block, whose requests are the recording."""
        assert not self._is_used, "A test has one recording: split it in two."  # noqa: S101 -- for tests
        self._is_used = True
        way = _record if self.is_recording else _replay
        async with way(connector, self.file, variables) as context:
            yield context


@asynccontextmanager
async def _record(
    connector: AnyConnector, file: Path, variables: Mapping[str, str]
) -> AsyncGenerator[Context]:
    """Ask the source; write the file when nothing went wrong."""
    secrets = {name: _secret(variable) for name, variable in variables.items()}
    clock, recorders = RealClock(), list[RecordingTransport]()
    began = clock.now()

    def recording(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        recorders.append(RecordingTransport(inner, Scrubber(secrets.values()), now=lambda: began))
        return recorders[-1]

    lending = _lending(secrets, clock, began, recording)
    async with lend(connector, lending) as context:
        yield context
    _write(file, recorders[-1].cassette)


@asynccontextmanager
async def _replay(
    connector: AnyConnector, file: Path, variables: Mapping[str, str]
) -> AsyncGenerator[Context]:
    """Answer from the file; NotRecorded where what is asked differs from what was recorded."""
    cassette = _read(file)
    secrets = dict.fromkeys(variables, _NOT_RECORDED)
    replay = ReplayingTransport(cassette, Scrubber(secrets.values()))
    lending = _lending(secrets, VirtualClock(), cassette.recorded_at, lambda _: replay)
    async with lend(connector, lending) as context:
        yield context
    replay.require_played()


def _lending(secrets: Mapping[str, str], clock: Clock, now: datetime, through: Through) -> Lending:
    return Lending(
        connection="recording",
        budgets=MemoryBudgets(clock),
        secrets=secrets,
        clock=clock,
        present=lambda: now,
        transport=through,
    )


def _write(file: Path, cassette: Cassette) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(cassette.to_json(), encoding="utf-8")


def _read(file: Path) -> Cassette:
    if not file.exists():
        pytest.fail(f"{file} is missing: `pytest --atlas-record` makes it.", pytrace=False)
    return Cassette.from_json(file.read_text(encoding="utf-8"))


def _secret(variable: str) -> str:
    found = os.environ.get(variable)
    if not found:
        pytest.fail(f"Set {variable}: the source is asked with the secret in it.", pytrace=False)
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that records."""
    parser.getgroup("journey-atlas").addoption(
        "--atlas-record",
        action="store_true",
        help="record the real sources' answers, scrubbed, for the tests that take `recorded`",
    )


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """Lend a context over the real source with --atlas-record, else over its recording."""
    name = _UNFIT.sub("-", request.node.name).strip("-")
    return Recorded(
        file=request.path.parent / "recordings" / f"{name}.json",
        is_recording=bool(request.config.getoption("--atlas-record")),
    )
