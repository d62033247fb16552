"""A host, started as a program, that asks a connector apart until somebody kills it."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from journey_atlas_sdk import Grain, PullRequest, Window
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.connector import Apart
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from tests.hosting.odd import Odd


async def ask(file: str) -> None:
    """Ask a connector that spins; its number is in the file as soon as it does."""
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    question = PullRequest(
        metric="m",
        window=Window(moment, moment + timedelta(days=1)),
        grain=Grain.DAY,
        time_zone=ZoneInfo("UTC"),
    )
    connector = Apart(Odd, {"way": "spins", "word": file}, children=Children())
    lending = Lending(connection="acme.odd", budgets=MemoryBudgets(RealClock()))
    async with lend(connector, lending) as context:
        await pulling.pull(connector, question, context)


if __name__ == "__main__":
    asyncio.run(ask(sys.argv[1]))
