"""Where sync runs are read from."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.node import NodeId, OrganizationId
from storage.run_pages import RunsAsked, RunSlice
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


class NoRuns:
    """There are no runs. A `Runs`."""

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
