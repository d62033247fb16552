"""Readings in memory: a fake of `storage.readings.StoredReadings`, held to the same contract."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.metric import Observation
from domain.node import NodeId, OrganizationId
from storage.errors import LeaseLost
from storage.readings import Holding, NotNow, Progress, Unread
from storage.recording import RecordResult, identity
from storage.sync_runs import SYNC, SyncRun

Key = tuple[OrganizationId, NodeId, str]


@dataclass
class Row:
    """What is known of a source and a purpose."""

    token: int = 0
    held_until: datetime | None = None
    tried_at: datetime | None = None
    progress: Progress = field(default_factory=Progress)


@dataclass
class FakeReadings:
    """The readings of one process; observations count as new, revised or unchanged by identity."""

    rows: dict[Key, Row] = field(default_factory=dict[Key, Row])
    runs: dict[str, SyncRun] = field(default_factory=dict[str, SyncRun])
    recorded: dict[object, Observation] = field(default_factory=dict[object, Observation])

    async def begin(
        self,
        organization: OrganizationId,
        run: SyncRun,
        *,
        fingerprint: str,
        lasts: timedelta,
        rests: timedelta = timedelta(0),
    ) -> Holding | Unread:
        row = self.rows.setdefault((organization, run.source, run.purpose), Row())
        if row.progress.fingerprint != fingerprint:
            row.progress = Progress(fingerprint=fingerprint)
        if unread := _unread(row, now=run.started_at, rests=rests):
            return unread
        row.token, row.held_until = row.token + 1, run.started_at + lasts
        self.runs[run.id] = replace(run, token=row.token)
        return Holding(
            organization=organization,
            source=run.source,
            purpose=run.purpose,
            token=row.token,
            progress=row.progress,
        )

    async def extend(self, holding: Holding, *, until: datetime) -> None:
        self.held(holding).held_until = until

    async def record(
        self,
        holding: Holding,
        observations: Sequence[Observation],
        *,
        run: SyncRun,
        progress: Progress,
        now: datetime,
    ) -> RecordResult:
        del now
        row = self.held(holding)
        row.progress = progress
        if run.finished_at:
            row.held_until, row.tried_at = None, run.finished_at
        result = self.write(observations)
        self.runs[run.id] = replace(run, recorded=run.recorded + result)
        return result

    async def held_until(
        self, organization: OrganizationId, source: NodeId, purpose: str
    ) -> datetime | None:
        row = self.rows.get((organization, source, purpose))
        return row.held_until if row else None

    def held(self, holding: Holding) -> Row:
        """Give the row of a holding; LeaseLost where it is an older one."""
        row = self.rows[holding.organization, holding.source, holding.purpose]
        if row.token != holding.token:
            raise LeaseLost(kind="source", name=holding.source)
        return row

    def write(self, observations: Sequence[Observation]) -> RecordResult:
        """Keep observations; an equal value is unchanged."""
        result = RecordResult()
        for each in observations:
            before = self.recorded.get(identity(each))
            self.recorded[identity(each)] = each
            if before is None:
                result += RecordResult(new=1)
            elif before.value == each.value:
                result += RecordResult(unchanged=1)
            else:
                result += RecordResult(revised=1)
        return result

    def finished(self, purpose: str = SYNC) -> list[SyncRun]:
        """Give the runs that are over, in order of their beginning."""
        return [run for run in self.runs.values() if run.finished_at and run.purpose == purpose]


def _unread(row: Row, *, now: datetime, rests: timedelta) -> Unread | None:
    if row.held_until is not None and row.held_until > now:
        return Unread(NotNow.HELD, row.held_until)
    waiting = row.progress.waiting
    if waiting is not None:
        return Unread(NotNow.WORKS, waiting.retry_at) if waiting.retry_at > now else None
    if row.tried_at is not None and row.tried_at + rests > now:
        return Unread(NotNow.RESTS, row.tried_at + rests)
    return None
