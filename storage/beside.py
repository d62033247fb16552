"""Long work on rows and records runs in a thread; the event loop goes on answering others.

Such work is a function of what it is given: nobody else changes that meanwhile. Python hands the
interpreter on after each turn, and `api/execution/beside.py` keeps a server's turns short.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LITTLE = 5_000
"""How many rows or records are worked on in some thirty milliseconds, thread or not."""


async def beside(work: Callable[[], T], size: int) -> T:
    """Do work on so many rows or records: a little here, much in a thread.

    Whoever stops waiting doesn't stop the thread; what it makes is then thrown away.
    """
    return await asyncio.to_thread(work) if size > LITTLE else work()
