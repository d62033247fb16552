"""One budget for all workers: what a source allows is counted in the database, whoever asks."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from journey_atlas_sdk import Limit, TransientError
from journey_atlas_sdk.hosting.budget import Account, Lane, Spent
from journey_atlas_sdk.hosting.clock import Clock
from storage.errors import StorageError

T = TypeVar("T")

Document = dict[str, Any]  # Any: JSON
Step = Callable[[Document], tuple[Document, T]]
"""Gives what a document becomes, and an answer."""

_log = logging.getLogger(__name__)


class Documents(Protocol):
    """Keeps documents: a `storage.budgets.StoredBudgets`."""

    async def change(self, key: str, step: Step[T]) -> T:
        """Change a document (at first empty) in one go: whoever changes it too waits."""
        ...

    async def read(self, key: str) -> Document:
        """Give a document; an empty one where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class SharedBudgets:
    """The budgets of all processes on one database. A `Budgets` of the SDK.

    Where the database can't be reached nothing may go: TransientError.
    """

    documents: Documents
    clock: Clock

    async def take(
        self,
        key: str,
        limits: Sequence[Limit],
        *,
        lane: Lane,
        weight: int = 1,
        holder: str | None = None,
    ) -> timedelta:
        """Give how long to wait before one more request may go; zero: it is counted."""

        def take(account: Account) -> timedelta:
            now = self.clock.now()
            return account.take(limits, lane=lane, weight=weight, holder=holder, now=now)

        return await self._changed(key, take)

    async def keep(self, key: str, holders: Collection[str]) -> None:
        """Let holders keep their places for another while; another try follows one that fails."""

        def keep(account: Account) -> None:
            account.keep(holders, now=self.clock.now())

        try:
            await self._changed(key, keep)
        except TransientError as error:
            _log.warning("Places at %s aren't kept: %s", key, error.message)

    async def give_back(self, key: str, holder: str) -> None:
        """Free the place of a holder, if it has one; it gets free by itself where that fails."""

        def give_back(account: Account) -> None:
            account.places.pop(holder, None)

        try:
            await self._changed(key, give_back)
        except TransientError as error:
            _log.warning("A place at %s isn't given back: %s", key, error.message)

    async def pause(self, key: str, until: datetime) -> None:
        """Let nothing go before that moment; a longer pause that is already known stays."""

        def pause(account: Account) -> None:
            account.pause(until)

        await self._changed(key, pause)

    async def paused_until(self, key: str) -> datetime | None:
        """Tell until when nothing may go; None: there is no pause."""
        until = _account(await _reached(self.documents.read(key))).paused_until
        return until if until is not None and until > self.clock.now() else None

    async def _changed(self, key: str, change: Callable[[Account], T]) -> T:
        def step(document: Document) -> tuple[Document, T]:
            account = _account(document)
            answer = change(account)
            return _document(account), answer

        return await _reached(self.documents.change(key, step))


async def _reached(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except StorageError as error:
        message = "What may go to the source can't be looked up."
        raise TransientError(message, detail=str(error)) from error


def _document(account: Account) -> Document:
    paused = account.paused_until
    return {
        "paused_until": paused and paused.isoformat(),
        "places": {who: [lane, end.isoformat()] for who, (lane, end) in account.places.items()},
        "spent": [
            {
                "limit": [limit.count, limit.seconds, limit.concurrency, limit.weight],
                "by": [[end.isoformat(), lane, weight] for (end, lane), weight in spent.items()],
            }
            for limit, spent in account.spent.items()
        ],
    }


def _account(document: Mapping[str, Any]) -> Account:  # Any: JSON
    paused = document.get("paused_until")
    return Account(
        spent={_limit(*each["limit"]): _spent(each["by"]) for each in document.get("spent", ())},
        places={
            who: (Lane(lane), datetime.fromisoformat(end))
            for who, (lane, end) in document.get("places", {}).items()
        },
        paused_until=paused and datetime.fromisoformat(paused),
    )


def _spent(by: Sequence[tuple[str, str, int]]) -> Spent:
    return {(datetime.fromisoformat(end), Lane(lane)): weight for end, lane, weight in by}


def _limit(count: int, seconds: int, concurrency: int | None, weight: int) -> Limit:
    return Limit(count=count, seconds=seconds, concurrency=concurrency, weight=weight)
