"""What secrets were exchanged for: the newest of each, and whose turn it is to exchange it."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Update, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretName
from storage.errors import LeaseLost
from storage.retry import retrying
from storage.secrets import StoredSecrets
from storage.tables import renewed_secrets

_COLUMNS = renewed_secrets.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to exchange a secret, of the one that is named `holder`.

    `newest` is what it was exchanged for last; None: nothing came of it yet.
    """

    organization: OrganizationId
    of: SecretName
    holder: str
    newest: SealedSecret | None = None


@dataclass(frozen=True, slots=True)
class StoredRenewals:
    """The renewed secrets in PostgreSQL; an `ingest.vaults.Renewals`."""

    engine: AsyncEngine

    @property
    def sealed(self) -> StoredSecrets:
        """All that is kept, for whoever seals it anew."""
        return StoredSecrets(self.engine, renewed_secrets)

    async def begin(self, turn: Turn, *, now: datetime, until: datetime) -> Turn | None:
        """Let it be somebody's turn, with the newest value; None while it is another's."""
        return await retrying(partial(self._begin, turn, now, until))

    async def extend(self, turn: Turn, *, until: datetime) -> None:
        """Let a turn last longer. LeaseLost where it is another's by now."""
        later = update(renewed_secrets).where(*_mine(turn)).values(held_until=until)
        await self._written(turn, later)

    async def keep(self, turn: Turn, newest: SealedSecret) -> None:
        """Put a value in the place of the one that it came of.

        LeaseLost where that isn't there any more: the secret was set anew, or exchanged by another.
        Whose turn it is by now doesn't matter: the other one's exchange can't succeed.
        """
        values = {
            "sealed_by": newest.key,
            "sealed": newest.sealed,
            "changed_at": newest.changed_at,
        }
        before = turn.newest.changed_at if turn.newest else None
        unchanged = _COLUMNS.changed_at.is_not_distinct_from(before)
        is_done = _COLUMNS.sealed == newest.sealed  # by an earlier try, whose answer was lost
        place = update(renewed_secrets).where(*_of(turn), or_(unchanged, is_done))
        await self._written(turn, place.values(**values))

    async def end(self, turn: Turn) -> None:
        """Let it be the next one's turn."""
        over = update(renewed_secrets).where(*_mine(turn)).values(held_by=None, held_until=None)
        await retrying(partial(self._execute, over))

    async def _begin(self, turn: Turn, now: datetime, until: datetime) -> Turn | None:
        row = insert(renewed_secrets).values(
            tenant_id=turn.organization,
            connection_id=turn.of.connection,
            name=turn.of.name,
            held_by=turn.holder,
            held_until=until,
        )
        taken = row.on_conflict_do_update(
            index_elements=[column.name for column in renewed_secrets.primary_key.columns],
            set_={"held_by": row.excluded.held_by, "held_until": row.excluded.held_until},
            where=or_(
                _COLUMNS.held_until.is_(None),
                _COLUMNS.held_until <= now,
                _COLUMNS.held_by == turn.holder,
            ),
        ).returning(_COLUMNS.sealed_by, _COLUMNS.sealed, _COLUMNS.changed_at)
        async with self.engine.begin() as connection:
            found = (await connection.execute(taken)).one_or_none()
        return None if found is None else _begun(turn, *found)

    async def _written(self, turn: Turn, statement: Update) -> None:
        """Write what must still be there to be written."""
        if not await retrying(partial(self._execute, statement)):
            raise LeaseLost(kind="secret", name=turn.of.name)

    async def _execute(self, statement: Update) -> int:
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount


def _begun(turn: Turn, key: str | None, sealed: bytes | None, at: datetime | None) -> Turn:
    if key is None or sealed is None or at is None:
        return replace(turn, newest=None)
    newest = SealedSecret(of=turn.of, key=key, sealed=sealed, changed_at=at)
    return replace(turn, newest=newest)


def _of(turn: Turn) -> list[ColumnElement[bool]]:
    return [
        _COLUMNS.tenant_id == turn.organization,
        _COLUMNS.connection_id == turn.of.connection,
        _COLUMNS.name == turn.of.name,
    ]


def _mine(turn: Turn) -> list[ColumnElement[bool]]:
    return [*_of(turn), _COLUMNS.held_by == turn.holder]
