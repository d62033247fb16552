"""The run of what was sent to us: it is over when it begins, for nothing had to be asked."""

from collections.abc import Iterable
from datetime import datetime

from domain.source import MetricSource, RunState
from journey_atlas_sdk import ConnectorInfo, PullReason
from storage.sync_runs import SyncRun


def run_of(
    source: MetricSource,
    info: ConnectorInfo,
    periods: Iterable[tuple[datetime, datetime]],
    *,
    id_: str,
    now: datetime,
) -> SyncRun:
    """Make the run that brings observations of these periods."""
    starts, ends = zip(*periods, strict=True)
    return SyncRun(
        id=id_,
        source=source.id,
        connector=info.key,
        connector_version=info.version,
        reason=PullReason.PUSH,
        window_start=min(starts),
        window_end=max(ends),
        state=RunState.OK,
        started_at=now,
        finished_at=now,
        progress=1,
        step=1,
    )
