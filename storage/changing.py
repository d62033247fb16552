"""The unit of work of a use case: the organization locked, the plan made, its changes written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions.changes import Plan, Planned
from domain.atlas import Atlas
from domain.errors import NotFound
from storage.loading import load_atlas
from storage.refusals import in_domain_words
from storage.writing import locked, write_changes


@dataclass(slots=True)
class Changing:
    """One change, which may be run again: it may have arrived although the connection was lost.

    `held` is any Atlas of the organization; `planned` None: it wasn't run yet.
    """

    engine: AsyncEngine
    held: Atlas
    plan: Plan
    now: datetime
    token: str
    planned: Planned | None = None

    async def run(self) -> Planned:
        """Plan and write in one transaction; what the plan raises is raised."""
        organization = self.held.organization
        with in_domain_words():
            async with self.engine.begin() as connection:
                before = await locked(connection, organization.id)
                if self.planned is not None and before is not None and before[1] == self.token:
                    return self.planned
                atlas = await load_atlas(connection, organization.key, self.held)
                if atlas is None:
                    message = f"There is no organization with the key {organization.key}."
                    raise NotFound(message)
                self.planned = self.plan(atlas)
                if not self.planned.changes.is_empty:
                    changes = self.planned.changes
                    await write_changes(connection, changes, now=self.now, token=self.token)
                return self.planned
