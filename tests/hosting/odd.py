"""A connector that does odd things to its process, and one that uses all that it is lent.

In a module of its own, which a child imports without the tests.
"""

import asyncio
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from journey_atlas_sdk import (
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    Delivery,
    Dirty,
    Limit,
    MetricSpec,
    Observation,
    Pending,
    PullRequest,
    Secret,
    Settings,
    Window,
)
from journey_atlas_sdk.settings import AllowPrivate
from journey_atlas_sdk.terms import terms


class OddSettings(Settings):
    """What it does, and a word that it needs for that."""

    way: str
    word: str = ""
    key: Secret | None = None
    allow_private: AllowPrivate = False


class Section(Settings):
    """Parameters of a question."""

    section: str


class Odd(Connector[OddSettings]):
    """Does what its settings say."""

    info = ConnectorInfo(
        key="odd",
        title="Odd",
        version="1",
        settings=OddSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.PUSH}),
        limits=(Limit(count=1_000, seconds=60, concurrency=2),),
    )

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Do it, and tell what came of it as the reference of one observation."""
        if self.settings.way == "dies in the middle":
            yield told(request, "half")
        if self.settings.way == "isn't ready":
            yield Pending(resume="export-1", retry_after=context.now() - request.window.start)
            return
        if self.settings.way == "gives rubbish":
            yield {"value": 1}  # type: ignore[misc]  # as authors without a checker may
            return
        yield told(request, await self._do(context))

    async def _do(self, context: Context) -> str:
        if self.settings.way in MISDEEDS:
            return MISDEEDS[self.settings.way](self.settings.word)
        return str(await getattr(self, f"_{self.settings.way}")(context))

    async def _asks(self, context: Context) -> str:
        answer = await context.http.get(self.settings.word, headers={"X-Who": "odd"})
        return answer.text

    async def _streams(self, context: Context) -> int:
        async with context.http.stream("GET", self.settings.word) as answer:
            return sum([len(piece) async for piece in answer.aiter_bytes()])

    async def _gives_up(self, context: Context) -> str:
        try:
            await asyncio.wait_for(context.http.get(self.settings.word), 0.1)
        except TimeoutError:
            answer = await context.http.get(self.settings.word, extensions=terms(expect={404}))
            return str(answer.status_code)
        return "it answered"

    async def _renews(self, context: Context) -> str:
        async def renew(newest: str) -> str:
            return (await context.http.post(self.settings.word, content=newest)).text

        return await context.renew_secret("key", renew)

    async def _fetches(self, context: Context) -> str:
        async def fetch(now: datetime) -> tuple[str, timedelta | None]:
            del now
            return (await context.http.post(self.settings.word, content="token")).text, None

        return await context.access_token([self.settings.word], fetch)

    async def _fails_to_renew(self, context: Context) -> str:
        async def renew(newest: str) -> str:
            raise KeyError(newest)

        return await context.renew_secret("key", renew)

    async def _borrows(self, context: Context) -> str:
        return str(context.program(self.settings.word))

    async def _logs(self, context: Context) -> str:
        context.log.debug("for nobody")
        context.log.warning("The key is %s.", context.secret("key"))
        return ""

    async def _reaches(self, context: Context) -> str:
        return " ".join(await context.require_public(self.settings.word, 443))

    async def _blocks_in_turn(self, context: Context) -> str:
        def call() -> None:
            while not context.cancelled():
                time.sleep(0.02)
            Path(self.settings.word).write_text("it was stopped")

        await context.blocking(call)
        return "it was never cancelled"

    async def _leaves_a_task(self, context: Context) -> str:
        async def later() -> None:
            await asyncio.sleep(0.05)
            await context.http.get(self.settings.word)

        self._task = asyncio.create_task(later())
        return ""

    async def discover(self, context: Context) -> Sequence[MetricSpec]:
        """List one metric with parameters."""
        del context
        return [MetricSpec(key="m", title="M", parameters=Section)]

    async def receive(self, delivery: Delivery, context: Context) -> Sequence[Dirty]:
        """Tell what was sent."""
        window = Window(delivery.received_at, context.now())
        return [Dirty(window=window, event_id=delivery.body.hex())]

    def budget_key(self) -> str | None:
        """Name the process that was asked."""
        return f"account-{os.getpid()}"


def told(request: PullRequest, text: str) -> Observation:
    """Tell a text."""
    window = request.window
    return Observation(
        metric=request.metric,
        start=window.start,
        end=window.end,
        value=Decimal("1.50"),
        source_ref=text,
    )


def _cancels_itself(_: str) -> str:
    raise asyncio.CancelledError


def _is_killed(_: str) -> str:
    signal.raise_signal(signal.SIGKILL)
    return ""


def _forks(file: str) -> str:
    """Leave a process behind that would live for a minute, and write down which."""
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)
    _write(file, f"{os.getpid()} {pid}")
    time.sleep(60)
    return ""


def _write(file: str, text: str) -> None:
    """Write a file that is whole as soon as it is there."""
    Path(f"{file}.new").write_text(text)
    Path(f"{file}.new").rename(file)


def _spins(file: str) -> str:
    _write(file, str(os.getpid()))
    while True:
        pass


def _sees(_: str) -> str:
    """Tell all that it can see of its host."""
    open_files = [number for number in range(3, 256) if _is_open(number)]
    shown = Path("/proc/self/cmdline").read_bytes()
    return f"{open_files} {dict(os.environ)} {shown!r}"


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _prints(_: str) -> str:
    sys.stdout.write("{}")
    sys.stdout.flush()
    os.write(1, b"{}")
    os.write(2, b"{}")
    return sys.stdin.read()


def _babbles(_: str) -> str:
    """Say what nobody understands on whatever may be the line to the host."""
    for number in filter(_is_open, range(3, 256)):
        with suppress(OSError):
            socket.socket(fileno=os.dup(number)).sendall(b"\0\0\0\2{}")
    time.sleep(60)
    return ""


MISDEEDS: Final[Mapping[str, Callable[[str], str]]] = {
    "exits": lambda _: os._exit(3),
    "dies in the middle": lambda _: os._exit(4),
    "is killed": _is_killed,
    "cancels itself": _cancels_itself,
    "raises SystemExit": lambda _: sys.exit("enough"),
    "eats memory": lambda _: str(mmap.mmap(-1, 5 * 1024**3)),
    "babbles": _babbles,
    "forks": _forks,
    "spins": _spins,
    "sees": _sees,
    "prints": _prints,
    "knows itself": lambda _: str(os.getpid()),
}
