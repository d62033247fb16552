"""A real server on loopback, whose subscriptions do what a test wants, and its client."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
import strawberry
import uvicorn
from graphql import GraphQLSchema
from starlette.applications import Starlette
from strawberry.schema.config import StrawberryConfig
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.context import Context, Reading, Services
from api.execution.limits import Limits
from api.fields import computed
from api.http import graphql_routes
from api.mutations.declaring import mutation
from api.schema import executable
from api.streaming.messages import PROTOCOL
from api.streaming.streams import Streams
from api.types.query import Query
from api.types.scalars import SCALARS
from domain.errors import NotFound
from plugins.registry import Registry
from tests.api.asking import FakeViews
from tests.builders import NOW, a_goal, an_atlas
from tests.fakes import FakeObservations

Json = Any  # what a server says, whose shape the test knows

Info = strawberry.Info[Context]
Number = Annotated[int, strawberry.argument(description="How many.")]


@dataclass
class Listening:
    """What is being listened to: how many streams are open, and what holds them up."""

    open: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


LISTENING: list[Listening] = []


def goals(_: int, reading: Reading) -> int:
    """Count the goals of the atlas as the event sees it."""
    return len(list(reading.view.atlas.by_kind))


def number_of(event: int, _: Reading) -> int:
    """Give the event's number."""
    return event


@strawberry.type(description="An event.")
class Counted:
    number = computed(number_of, int, "Its number.")
    goals = computed(goals, int, "How many kinds of node there are.")


async def count_to(
    info: Info, to: Number
) -> AsyncIterator[Any]:  # Any: a number stands for Counted
    """Count, and wait before each further number."""
    await info.context.read(info.path)
    for number in range(1, to + 1):
        yield number


async def wait(info: Info) -> AsyncIterator[Any]:  # Any: as above
    """Tell one number, then nothing any more until it may go on."""
    await info.context.read(info.path)
    state = LISTENING[-1]
    state.open += 1
    try:
        yield 1
        await state.go_on.wait()
        yield 2
    finally:
        state.open -= 1


async def refuse(info: Info) -> AsyncIterator[Any]:  # Any: as above
    """Refuse to begin."""
    await info.context.read(info.path)
    message = "There is nothing of that name."
    raise NotFound(message)
    yield 1


async def fail(info: Info) -> AsyncIterator[Any]:  # Any: as above
    """Fail after the first number, in a way that nobody expects."""
    await info.context.read(info.path)
    yield 1
    message = "a secret detail"
    raise RuntimeError(message)


@strawberry.type(description="What can be listened to.")
class Subscription:
    count = strawberry.subscription(resolver=count_to, graphql_type=Counted)
    wait = strawberry.subscription(resolver=wait, graphql_type=Counted)
    refuse = strawberry.subscription(resolver=refuse, graphql_type=Counted)
    fail = strawberry.subscription(resolver=fail, graphql_type=Counted)


@strawberry.input(description="Nothing.")
class Nothing:
    nothing: int = 0


async def write(_given: object, _acting: object) -> None:
    """Write nothing."""


@strawberry.type(description="What can be written.")
class Mutation:
    write = mutation(write, Nothing, "Write nothing.")


def a_schema() -> GraphQLSchema:
    config = StrawberryConfig(scalar_map=SCALARS)
    schema = strawberry.Schema(Query, Mutation, Subscription, config=config)
    return executable(schema)


SCHEMA = a_schema()


@dataclass
class Served:
    """A running server: its port, its streams, and what is listened to."""

    port: int
    streams: Streams
    listening: Listening

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"


@asynccontextmanager
async def serving(limits: Limits | None = None) -> AsyncGenerator[Served]:
    """Serve the schema on a free port until the block ends."""
    given = limits or Limits()
    views = FakeViews(an_atlas(a_goal("BG1")), FakeObservations())
    services = Services(
        view=views.view,
        observations=views,
        registry=Registry(connectors={}),
        now=lambda: NOW,
        new_reference=lambda: "ref-1",
        limits=given,
    )
    streams = Streams(given.streams)
    app = Starlette(routes=graphql_routes(SCHEMA, services, streams))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_max_size=given.frame_bytes, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    LISTENING.append(Listening())
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started)
        yield Served(listener.getsockname()[1], streams, LISTENING[-1])
    finally:
        streams.end()
        server.should_exit = True
        await running
        LISTENING.pop()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for a few seconds at most."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.005)


@dataclass
class Talk:
    """A client of the socket, which says and hears messages."""

    socket: ClientConnection

    async def say(self, *frames: Json) -> None:
        """Send messages, or text as it is."""
        for frame in frames:
            as_it_is = isinstance(frame, str | bytes)
            await self.socket.send(frame if as_it_is else orjson.dumps(frame).decode())

    async def hear(self) -> Json:
        """Give the next message."""
        async with asyncio.timeout(5):
            return orjson.loads(await self.socket.recv())

    async def rest(self) -> list[Json]:
        """Give what else comes before the server hangs up."""
        heard: list[Json] = []
        with suppress(ConnectionClosed):
            while True:
                heard.append(await self.hear())
        return heard

    async def ended(self) -> int | None:
        """Wait until the server hangs up; give its code."""
        async with asyncio.timeout(5):
            await self.socket.wait_closed()
        return self.socket.close_code

    async def begin(self) -> None:
        await self.say({"type": "connection_init"})
        assert await self.hear() == {"type": "connection_ack"}


@asynccontextmanager
async def talking(served: Served, *, begun: bool = True) -> AsyncGenerator[Talk]:
    """Open a socket, and begin the conversation unless told otherwise."""
    url = f"ws://127.0.0.1:{served.port}/graphql"
    async with connect(url, subprotocols=[Subprotocol(PROTOCOL)]) as opened:
        talk = Talk(opened)
        if begun:
            await talk.begin()
        yield talk


def asking(name: str, query: str, **payload: Json) -> Json:
    """Write a message that asks for an operation."""
    return {"id": name, "type": "subscribe", "payload": {"query": query, **payload}}
