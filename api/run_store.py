"""What is known of operating sources: their runs, the jobs, and the connectors switched off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.node import NodeId, OrganizationId
from storage.jobs.records import Job, JobId, Wanted
from storage.jobs.stored import StoredJobs
from storage.run_pages import RunsAsked, RunSlice, StoredRunPages
from storage.switches import StoredSwitches, SwitchedOff
from storage.sync_runs import SyncRun

RunsOwned = tuple[NodeId, tuple[NodeId, ...]]
"""A source or a connection, and the sources whose runs are its own."""


class Runs(Protocol):
    """Where sync runs are: a `storage.run_pages.StoredRunPages`."""

    async def slices(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> Sequence[RunSlice]:
        """Answer all questions in their order."""
        ...

    async def counts(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> Mapping[NodeId, int]:
        """Count the runs of each owner's sources; those without any are absent."""
        ...

    async def find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        """Give a run by its id; None where there is none."""
        ...

    async def jobs(self, organization: OrganizationId, ids: Sequence[JobId]) -> list[Job | None]:
        """Give jobs in the order of their ids; None where there is none."""
        ...

    async def switched_off(self) -> Sequence[SwitchedOff]:
        """Give the connectors that are switched off."""
        ...


class NoRuns:
    """Nothing was ever run. A `Runs`."""

    async def slices(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> Sequence[RunSlice]:
        """Give nothing for each."""
        del organization
        return [RunSlice(runs=(), has_more=False) for _ in asked]

    async def counts(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> Mapping[NodeId, int]:
        """Count none."""
        del organization, sources
        return {}

    async def find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        """Find none."""
        del organization, run
        return None

    async def jobs(self, organization: OrganizationId, ids: Sequence[JobId]) -> list[Job | None]:
        """Find none."""
        del organization
        return [None for _ in ids]

    async def switched_off(self) -> Sequence[SwitchedOff]:
        """Give none."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRuns:
    """What PostgreSQL knows. A `Runs`."""

    pages: StoredRunPages
    ledger: StoredJobs
    switches: StoredSwitches

    async def slices(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> Sequence[RunSlice]:
        """Answer all questions in their order."""
        return await self.pages.slices(organization, asked)

    async def counts(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> Mapping[NodeId, int]:
        """Count the runs of each owner's sources."""
        return await self.pages.counts(organization, sources)

    async def find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        """Give a run by its id; None where there is none."""
        return await self.pages.find(organization, run)

    async def jobs(self, organization: OrganizationId, ids: Sequence[JobId]) -> list[Job | None]:
        """Give jobs in the order of their ids; None where there is none."""
        if not ids:
            return []
        found = await self.ledger.listed(organization, Wanted(ids=ids), first=len(ids))
        by_id = {job.id: job for job in found}
        return [by_id.get(each) for each in ids]

    async def switched_off(self) -> Sequence[SwitchedOff]:
        """Give the connectors that are switched off."""
        return await self.switches.all()
