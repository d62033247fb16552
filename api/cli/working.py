"""`atlas worker`: does jobs until a signal ends it."""

import asyncio
import signal

from api.app import open_product
from api.cli.output import tell
from api.settings import Settings

ENDING = (signal.SIGINT, signal.SIGTERM)


async def work(settings: Settings) -> int:
    """Do jobs until a signal ends it; what was begun is finished, or handed back."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with open_product(settings) as product:
        for number in ENDING:
            loop.add_signal_handler(number, ended.set)
        async with product.working():
            tell(f"The worker does {settings.worker_jobs} jobs at once (Ctrl-C ends it).")
            await ended.wait()
            tell("It finishes what it began.")
    return 0
