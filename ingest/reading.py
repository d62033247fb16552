"""What a reading of a source is: its errand, its result, and who keeps what came of it."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.metric import Observation
from domain.node import NodeId, OrganizationId
from domain.source import MetricSource
from ingest.plan import Target
from journey_atlas_sdk import PullReason
from journey_atlas_sdk.hosting.beating import beating
from storage.errors import LeaseLost, StorageError
from storage.jobs.records import JobId
from storage.readings import Holding, Progress, Unread
from storage.recording import RecordResult
from storage.sync_runs import SYNC, SyncRun

LEASE: Final = timedelta(seconds=15)
"""How long nobody else reads a source after its reader's last sign of life."""

_log = logging.getLogger(__name__)


class Readings(Protocol):
    """Keeps who reads a source and what came of it: a `storage.readings.StoredReadings`."""

    async def begin(
        self,
        organization: OrganizationId,
        run: SyncRun,
        *,
        fingerprint: str,
        lasts: timedelta,
        rests: timedelta = timedelta(0),
    ) -> Holding | Unread:
        """Become the reader of the run's source, unless it isn't to be read now."""
        ...

    async def extend(self, holding: Holding, *, until: datetime) -> None:
        """Stay the reader until a later time. LeaseLost where another is by now."""
        ...

    async def record(
        self,
        holding: Holding,
        observations: Sequence[Observation],
        *,
        run: SyncRun,
        progress: Progress,
        now: datetime,
    ) -> RecordResult:
        """Write an answer, the progress and the run in one transaction, or LeaseLost."""
        ...

    async def held_until(
        self, organization: OrganizationId, source: NodeId, purpose: str
    ) -> datetime | None:
        """Tell until when a source is being read; None: it isn't."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Why a source is read, and for what.

    `purpose` is what only one reader at a time has, and what progress is kept under. `job` None: no
    job does it. `rests`: nothing is asked within the connector's minimum interval. `most_seconds`
    None: until all is asked; else what is left then is left for another time.
    """

    reason: PullReason
    target: Target
    purpose: str = SYNC
    job: JobId | None = None
    rests: bool = False
    most_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How the reading of a source ended. `go_on_at` None: nothing is left to ask for its errand."""

    source: MetricSource
    run: SyncRun
    go_on_at: datetime | None = None


def kept(
    readings: Readings, holding: Holding, clock: Callable[[], datetime], lease: timedelta
) -> AbstractAsyncContextManager[None]:
    """Stay the reader of a source for as long as it is open, or until LeaseLost.

    What is recorded after that is refused.
    """

    async def beat() -> None:
        try:
            await readings.extend(holding, until=clock() + lease)
        except LeaseLost:
            raise
        except StorageError as error:
            _log.warning("A reader's sign of life could not be given: %s", error)

    return beating(beat, lease)
