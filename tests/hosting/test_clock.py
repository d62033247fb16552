"""The machine's clock."""

import time
from datetime import UTC, datetime, timedelta

from journey_atlas_sdk.hosting.clock import RealClock


async def test_the_machines_clock_never_wakes_early() -> None:
    clock = RealClock()
    started = time.monotonic()

    for _ in range(5):
        await clock.sleep(0.01)

    assert time.monotonic() - started >= 0.05
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert abs(clock.monotonic() - time.monotonic()) < 5
