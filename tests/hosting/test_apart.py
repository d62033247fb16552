"""A connector in a process of its own: it is asked like any other, and takes nobody with it."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import httpx
import pytest

from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    ConnectorBug,
    ConnectorError,
    Delivery,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    Pending,
    PullRequest,
    QuotaExhausted,
    RateLimited,
    TransientError,
    UnknownMetric,
    Window,
)
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.connector import Apart
from journey_atlas_sdk.hosting.apart.failures import failure_of
from journey_atlas_sdk.hosting.apart.messages import FROM_CHILD, Gave
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.hosting.failures import Missing
from journey_atlas_sdk.hosting.gate import OutOfTurn
from journey_atlas_sdk.hosting.lending import Lending, lend
from tests.hosting.odd import Odd, Section

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTION = PullRequest(
    metric="m",
    window=Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
    grain=Grain.DAY,
    time_zone=ZoneInfo("UTC"),
)
SECRET = "correct horse battery"  # noqa: S105 -- a test's
ADDRESS = "https://source.example/m"


def answer(request: httpx.Request) -> httpx.Response:
    """Play the source."""
    if request.url.path == "/token":
        return httpx.Response(200, text=f"{request.content.decode()}, renewed")
    if request.url.path == "/long":
        return httpx.Response(200, content=_pieces())
    if request.url.path == "/nothing":
        return httpx.Response(404, text="nothing")
    return httpx.Response(200, text=f"{request.method} {request.headers['X-Who']}")


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b"x" * 100_000


@dataclass
class Host:
    """Asks connectors apart."""

    children: Children
    lending: Lending

    async def call(
        self, work: Callable[[Apart, HostContext], Awaitable[T]], way: str = "asks", word: str = ""
    ) -> T:
        connector = Apart(Odd, {"way": way, "word": word, "key": SECRET}, children=self.children)
        async with lend(connector, self.lending) as context:
            return await work(connector, context)

    async def pull(self, way: str, word: str = "") -> str:
        """Have it done, and give what is told of it."""
        pulled = await self.call(lambda one, lent: pulling.pull(one, QUESTION, lent), way, word)
        assert not isinstance(pulled, Pending)
        [observation] = pulled
        assert observation.source_ref is not None
        return observation.source_ref

    def over(self, transport: httpx.AsyncBaseTransport | None) -> None:
        """Send requests over a transport from now on; None: the host's own."""

        def chosen(own: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
            return transport or own

        self.lending = replace(self.lending, transport=chosen)

    def given(self, seconds: float) -> "Host":
        """Give calls so much time from now on."""
        self.lending = replace(self.lending, timeout=timedelta(seconds=seconds))
        return self


@pytest.fixture(scope="module")
def children() -> Generator[Children]:
    """Give children that serve one test after another, as they serve one call after another."""
    made = Children()
    yield made
    made.close()


@pytest.fixture
def host(children: Children) -> Host:
    lending = Lending(
        connection="acme.odd",
        budgets=MemoryBudgets(RealClock()),
        secrets={"key": SECRET},
        present=lambda: NOW,
        transport=lambda _: httpx.MockTransport(answer),
    )
    return Host(children, lending)


async def until(is_true: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until something is true, and tell whether that was so in time."""
    ends = time.monotonic() + seconds
    while not is_true() and time.monotonic() < ends:  # noqa: ASYNC110 -- it happens elsewhere
        await asyncio.sleep(0.02)
    return is_true()


def state_of(pid: int) -> str:
    """Give the letter that stands for a process's state; empty: not even a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def open_files() -> int:
    """Count this process's open files."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def gone(pid: int) -> bool:
    """Tell whether a process ends within a second and leaves nothing."""
    return await until(lambda: not state_of(pid), seconds=1)


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("exits", "The process of the connector 'odd' is lost: it ended with the status 3."),
        ("is killed", "The process of the connector 'odd' is lost: it was ended by SIGKILL."),
        ("dies in the middle", "The process of the connector 'odd' is lost: it ended with the st"),
        ("raises SystemExit", "The connector 'odd' failed: SystemExit."),
        ("eats memory", "The connector 'odd' failed: OSError."),
        ("gives rubbish", "`pull` gave a dict; it gives Observation or Pending."),
        ("cancels itself", "The connector 'odd' failed: CancelledError."),
        ("babbles", "The process of the connector 'odd' is lost: what it said can't be underst"),
    ],
)
async def test_what_a_connector_does_to_its_process_is_its_own_bug(
    host: Host, way: str, told: str
) -> None:
    with pytest.raises(ConnectorBug) as raised:
        await host.pull(way)

    assert raised.value.message.startswith(told)
    assert (await host.pull("knows itself")).isdigit()


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["deadline", "cancel"])
@pytest.mark.parametrize("way", ["forks", "spins"])
async def test_one_that_blocks_is_ended_with_all_that_it_started(
    host: Host, tmp_path: Path, way: str, *, is_cancelled: bool
) -> None:
    file = tmp_path / "pids"
    await host.pull("knows itself")
    pull = asyncio.create_task(host.given(60 if is_cancelled else 0.5).pull(way, str(file)))
    await until(file.exists, seconds=10)
    if is_cancelled:
        pull.cancel()

    [outcome] = await asyncio.gather(pull, return_exceptions=True)

    assert isinstance(outcome, asyncio.CancelledError if is_cancelled else TransientError)
    own, *started = map(int, file.read_text().split())
    assert await gone(own)
    # An orphan is waited for by the system, at its leisure.
    assert await until(lambda: {state_of(pid) for pid in started} <= {"", "Z"}, seconds=1)


async def test_the_loop_goes_on_while_a_connector_blocks(host: Host, tmp_path: Path) -> None:
    await host.pull("knows itself")
    ticks = 0
    pull = asyncio.create_task(host.given(0.4).pull("spins", str(tmp_path / "pids")))
    while not pull.done():
        await asyncio.sleep(0.01)
        ticks += 1

    assert isinstance(pull.exception(), TransientError)
    assert ticks > 5, "of about 40; a busy machine leaves some out"


async def test_a_driver_is_told_that_nobody_waits_before_its_process_ends(
    host: Host, tmp_path: Path
) -> None:
    file = tmp_path / "stopped"
    await host.pull("knows itself")

    with pytest.raises(TransientError):
        await host.given(0.3).pull("blocks_in_turn", str(file))

    assert await until(file.exists, seconds=1)


async def test_it_sees_nothing_of_its_host(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_PASSWORD", "hunter2")
    ours = os.open(__file__, os.O_RDONLY)
    os.set_inheritable(ours, True)  # noqa: FBT003 -- the standard library's
    host.children.close()

    seen = await host.pull("sees")

    os.close(ours)

    files, _, rest = seen.partition("] ")
    environment, _, shown = rest.partition("} ")
    assert len(files.split(",")) <= 4, "the line, and what its own loop opens"
    assert environment in ("{", "{'LC_CTYPE': 'C.UTF-8'")
    assert SECRET not in shown
    assert "child" in shown


async def test_what_it_prints_goes_nowhere(host: Host) -> None:
    assert await host.pull("prints") == ""


async def test_its_requests_are_the_hosts(host: Host) -> None:
    assert await host.pull("asks", ADDRESS) == "GET odd"
    assert await host.pull("streams", "https://source.example/long") == "300000"


async def test_it_is_told_errors_as_the_host_names_them(host: Host) -> None:
    host.over(None)

    with pytest.raises(ConfigError, match="private"):
        await host.pull("asks", "http://127.0.0.1:1/")
    with pytest.raises(ConfigError, match="private"):
        await host.pull("reaches", "127.0.0.1")


async def test_a_pull_that_finds_nothing_asks_for_an_unknown_metric(host: Host) -> None:
    with pytest.raises(UnknownMetric, match="'m'"):
        await host.pull("asks", "https://source.example/nothing")


async def test_a_request_that_is_given_up_frees_its_place(host: Host) -> None:
    asked = 0

    async def slow_at_first(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.sleep(60)
        return answer(request)

    host.over(httpx.MockTransport(slow_at_first))

    assert await host.pull("gives_up", "https://source.example/nothing") == "404"


async def test_a_renewed_secret_is_kept_by_the_host(host: Host) -> None:
    assert await host.pull("renews", "https://source.example/token") == f"{SECRET}, renewed"
    assert await host.pull("renews", "https://source.example/token") == (
        f"{SECRET}, renewed, renewed"
    )


async def test_a_secret_that_it_fails_to_renew_is_its_own_bug(host: Host) -> None:
    with pytest.raises(ConnectorBug, match="failed: KeyError") as raised:
        await host.pull("fails_to_renew")

    assert SECRET not in str(raised.value.detail)


async def test_an_access_token_is_kept_by_the_host_from_call_to_call(host: Host) -> None:
    asked: list[str] = []

    def noting(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    host.over(httpx.MockTransport(noting))

    for _ in range(2):
        assert await host.pull("fetches", "https://source.example/token") == "token, renewed"
    assert asked == ["/token"]


async def test_it_is_lent_the_operators_programs(host: Host, tmp_path: Path) -> None:
    program = tmp_path / "tap" / "bin" / "tap"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    host.lending = replace(host.lending, programs=tmp_path)

    assert await host.pull("borrows", "tap") == str(program)
    with pytest.raises(ConfigError, match="spoon"):
        await host.pull("borrows", "spoon")


async def test_what_it_logs_comes_without_secrets(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await host.pull("logs")

    assert [(each.name, each.message) for each in caplog.records] == [
        ("journey_atlas.connections.acme.odd", "The key is ***.")
    ]


async def test_the_moment_is_the_hosts_and_pending_comes_alone(host: Host) -> None:
    pulled = await host.call(lambda one, lent: pulling.pull(one, QUESTION, lent), way="isn't ready")

    assert pulled == Pending(resume="export-1", retry_after=NOW - QUESTION.window.start)


async def test_a_spec_keeps_the_model_of_its_parameters(host: Host) -> None:
    [spec] = await host.call(pulling.discover)

    assert spec.parameters is Section
    assert await host.call(lambda one, lent: pulling.describe(one, "m", lent)) == spec
    assert await host.call(lambda one, lent: pulling.describe(one, "other", lent)) is None


async def test_a_delivery_is_read_as_it_came(host: Host) -> None:
    delivery = Delivery(body=b"\xff\x00", headers={}, received_at=NOW - timedelta(hours=1))

    [dirty] = await host.call(lambda one, lent: pulling.receive(one, delivery, lent))

    assert dirty.event_id == "ff00"  # type: ignore[union-attr]  # it is no observation


async def test_a_child_does_call_after_call_and_names_the_budget(host: Host) -> None:
    pids = {await host.pull("knows itself") for _ in range(3)}
    connector = Apart(Odd, {"way": "asks"}, children=host.children)

    async with lend(connector, host.lending) as context:
        assert {context.gate.key} == {f"odd/account-{pid}" for pid in pids}


async def test_calls_at_once_have_children_of_their_own(host: Host) -> None:
    pids = await asyncio.gather(*(host.pull("knows itself") for _ in range(3)))

    assert len(set(pids)) == 3


async def test_an_idle_child_that_is_killed_is_waited_for_and_replaced(host: Host) -> None:
    pids = [int(await host.pull("knows itself"))]
    for _ in range(5):
        os.kill(pids[-1], 9)
        assert await gone(pids[-1])
        pids.append(int(await host.pull("knows itself")))

    assert len(set(pids)) == len(pids)


async def test_nothing_is_left_of_children_once_they_are_closed(host: Host, tmp_path: Path) -> None:
    host.children, files = Children(), open_files()
    pid = int(await host.pull("knows itself"))
    with pytest.raises(TransientError):
        await host.given(0.1).pull("spins", str(tmp_path / "pid"))

    host.children.close()

    assert await gone(pid)
    assert open_files() == files


async def test_a_host_that_is_killed_leaves_no_child_behind(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    program = [sys.executable, "-m", "tests.hosting.a_host", str(file)]
    killed = subprocess.Popen(program)  # noqa: ASYNC220 -- nothing else waits
    assert await until(file.exists, seconds=20)

    killed.kill()
    killed.wait()

    [pid] = map(int, file.read_text().split())
    assert await until(lambda: state_of(pid) in ("", "Z"), seconds=2)


async def test_what_a_call_leaves_behind_has_no_say_in_the_next(host: Host) -> None:
    asked: list[str] = []

    def noting(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer(request)

    host.over(httpx.MockTransport(noting))
    await host.pull("leaves_a_task", ADDRESS)
    await asyncio.sleep(0.1)
    await host.pull("knows itself")

    assert asked == []


@pytest.mark.parametrize(
    "error",
    [
        AuthError("No.", detail="401"),
        Missing("Nothing there."),
        RateLimited(retry_after=timedelta(seconds=4)),
        QuotaExhausted(),
        OutOfTurn("No room.", timedelta(seconds=1)),
        UnknownMetric("m", known=["a", "b"], detail="404"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_in_another_process(error: ConnectorError) -> None:
    again = failure_of(error).again()

    assert type(again) is type(error)
    assert vars(again) == vars(error)


def test_an_authors_own_error_becomes_the_nearest_of_the_contract() -> None:
    class Locked(AuthError):
        """The account is locked."""

    assert type(failure_of(Locked("Locked.")).again()) is AuthError


async def test_settings_that_do_not_fit_are_told_before_anything_is_started(host: Host) -> None:
    with pytest.raises(ConfigError, match="way"):
        Apart(Odd, {}, children=host.children)


def test_an_observation_comes_through_whole() -> None:
    whole = Observation(
        metric="m",
        start=NOW,
        end=NOW,
        value=Decimal("1.50"),
        dimensions=(("channel", "on\u2028line"),),
        sample_size=0,
        numerator=Decimal("1E+30"),
        denominator=Decimal("-0.000000000000000000000000000001"),
        standard_error=Decimal(0),
        state=ObservationState.PROVISIONAL,
        flags=frozenset({ObservationFlag.SAMPLED, ObservationFlag.PARTIAL}),
        source_updated_at=NOW + timedelta(microseconds=1),
        source_ref="https://source.example/?a=1",
    )
    said = Gave(items=(whole, replace(whole, value=None, numerator=None, denominator=None)))

    assert repr(FROM_CHILD.validate_json(FROM_CHILD.dump_json(said))) == repr(said)
