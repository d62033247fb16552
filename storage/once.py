"""Requests that must have one effect, however often they are sent: their answers, by key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict
from domain.node import OrganizationId
from storage.recording import RecordResult
from storage.tables import idempotency_keys

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A request by the sender's `key`; the `digest` is of what it says."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording led to; `was_known`: it was recorded before, and nothing more was done."""

    run: str
    result: RecordResult
    was_known: bool = False


class KeyReused(Conflict):
    """The key was used for another request within the last 24 hours."""

    code = "IDEMPOTENCY_KEY_REUSED"


async def before(
    connection: AsyncConnection, tenant: OrganizationId, once: Once, *, now: datetime
) -> Recorded | None:
    """Give what a request led to; None where this is the first, which then has to `remember`.

    Who sends the same at the same time waits. KeyReused where it was another request.
    """
    columns = idempotency_keys.c
    mine = (columns.tenant_id == tenant, columns.key == once.key)
    await connection.execute(delete(idempotency_keys).where(*mine, columns.created_at < now - KEPT))
    new = insert(idempotency_keys).values(
        tenant_id=tenant, key=once.key, digest=once.digest, answer={}, created_at=now
    )
    if (await connection.execute(new.on_conflict_do_nothing())).rowcount:
        return None
    row = (await connection.execute(select(columns.digest, columns.answer).where(*mine))).one()
    if row.digest != once.digest:
        message = f"The key {once.key!r} was used for another request: give a new one a new key."
        raise KeyReused(message)
    return _recorded(row.answer)


async def remember(
    connection: AsyncConnection, tenant: OrganizationId, once: Once, led_to: Recorded
) -> None:
    """Keep what a request led to, in the transaction that led to it."""
    result = led_to.result
    answer = {
        "run": led_to.run,
        "new": result.new,
        "revised": result.revised,
        "unchanged": result.unchanged,
    }
    columns = idempotency_keys.c
    await connection.execute(
        update(idempotency_keys)
        .where(columns.tenant_id == tenant, columns.key == once.key)
        .values(answer=answer)
    )


def _recorded(answer: dict[str, Any]) -> Recorded:  # Any: JSON
    result = RecordResult(
        new=answer["new"], revised=answer["revised"], unchanged=answer["unchanged"]
    )
    return Recorded(run=answer["run"], result=result, was_known=True)
