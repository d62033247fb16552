"""One call to a child, as its host hears it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from journey_atlas_sdk.errors import ConnectorBug
from journey_atlas_sdk.hosting.apart.children import Child, Children, Gone
from journey_atlas_sdk.hosting.apart.desk import Desk
from journey_atlas_sdk.hosting.apart.messages import (
    FROM_HOST,
    Ask,
    Call,
    Drop,
    Ended,
    Exchanged,
    Failed,
    FromChild,
    FromHost,
    Gave,
    Item,
    Logged,
    packed,
)
from journey_atlas_sdk.hosting.context import HostContext


async def converse(children: Children, call: Call, context: HostContext) -> AsyncGenerator[Item]:
    """Have a child do a call's work, and give what it brings; closing this ends the work.

    Raises what the work raised, ConnectorBug where the child ends before its work does or can't be
    understood.
    """
    child = children.take(call.connector)
    talk = _Talk(child, context)
    end: Ended | Failed | None = None
    is_free = False
    try:
        talk.begin(call)
        while end is None:
            match await talk.heard():
                case Gave(items=items):
                    for item in items:
                        yield item
                case Ended() | Failed() as end:
                    pass
                case said:
                    talk.take(said)
        await talk.all_told()
        is_free = True
    except Gone as gone:
        message = f"The process of the connector {call.key!r} is lost: {gone}."
        raise ConnectorBug(message) from None
    finally:
        if not is_free:
            child.cut()
        try:
            await talk.close()
        finally:
            if is_free:
                children.give_back(call.connector, child)
            else:
                child.close()
    if isinstance(end, Failed):
        raise end.failure.again()


class _Talk:
    """What goes to and fro."""

    def __init__(self, child: Child, context: HostContext) -> None:
        self._child = child
        self._context = context
        self._desk = Desk(context=context, tell=self._tell)
        self._untold: asyncio.Queue[bytes] = asyncio.Queue()
        self._telling = asyncio.create_task(self._tell_all())
        self._hearing: asyncio.Task[FromChild] | None = None

    def begin(self, call: Call) -> None:
        """Tell what is to be done."""
        self._tell(call)

    async def heard(self) -> FromChild:
        """Give what the child says next; what goes wrong at the desk meanwhile is raised."""
        while True:
            hearing = self._hearing = self._hearing or asyncio.create_task(self._child.hear())
            tasks = self._desk.tasks
            done, _ = await asyncio.wait({hearing, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks & done:
                tasks.discard(task)
                if not task.cancelled():
                    task.result()
            if hearing in done:
                self._hearing = None
                return hearing.result()

    def take(self, said: FromChild) -> None:
        """Do what the child wants."""
        match said:
            case Logged(level=level, text=text):
                self._context.log.log(level, "%s", text)
            case Ask():
                self._desk.ask(said)
            case Drop(number=number):
                self._desk.drop(number)
            case Exchanged():
                self._desk.exchanged(said)
            case _:
                message = f"it said {type(said).__name__} where that means nothing"
                raise Gone(message)

    async def all_told(self) -> None:
        """Wait until the child was told everything."""
        await self._untold.join()

    async def close(self) -> None:
        """End all that is under way."""
        tasks: set[asyncio.Task[Any]] = {self._telling, *self._desk.tasks}  # Any: none is read
        if self._hearing:
            tasks.add(self._hearing)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tell(self, message: FromHost) -> None:
        self._untold.put_nowait(packed(FROM_HOST.dump_json(message)))

    async def _tell_all(self) -> None:
        while True:
            await self._child.tell(await self._untold.get())
            self._untold.task_done()
