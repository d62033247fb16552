"""What stands for a connector in its host, while the connector itself is in another process."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from journey_atlas_sdk.connector import (
    Connector,
    Delivery,
    Dirty,
    MetricSpec,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import ConnectorBug
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.conversation import converse
from journey_atlas_sdk.hosting.apart.messages import Call, Item, Spec, Work
from journey_atlas_sdk.hosting.apart.places import place_of
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.observations import Observation
from journey_atlas_sdk.settings import Settings

T = TypeVar("T")
AnyConnector = Connector[Any]  # Any: each connector has settings of its own


class Apart(Connector[Settings]):
    """Has a child do what the connector would do here; only its settings are read here too.

    Its methods want the context of a host, and raise what the connector raised, ConnectorBug where
    its process ended.
    """

    def __init__(
        self, author: type[AnyConnector], given: Mapping[str, Any], *, children: Children
    ) -> None:
        """Stand for a connector with these settings (JSON, secrets filled in); ConfigError."""
        super().__init__(author.info.settings.read(given))
        self.info = author.info  # type: ignore[misc]  # a class's own elsewhere, but no less fixed
        self._author = author
        self._given = given
        self._children = children

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncGenerator[Observation | Pending]:
        """Answer a question."""
        async with aclosing(self._bring(Work.PULL, request, context)) as items:
            async for item in items:
                if not isinstance(item, Observation | Pending):
                    raise self._strange(item)
                yield item

    async def check(self, context: Context) -> None:
        """Try the settings out."""
        await self._all(Work.CHECK, None, context)

    async def discover(self, context: Context) -> Sequence[MetricSpec]:
        """List the metrics that the source has."""
        specs = self._only(Spec, await self._all(Work.DISCOVER, None, context))
        return [spec.again() for spec in specs]

    async def describe(self, metric: str, context: Context) -> MetricSpec | None:
        """Give the spec of one metric."""
        specs = self._only(Spec, await self._all(Work.DESCRIBE, metric, context))
        return specs[0].again() if specs else None

    async def receive(
        self, delivery: Delivery, context: Context
    ) -> Sequence[Dirty] | Sequence[Observation]:
        """Read a delivery."""
        items = await self._all(Work.RECEIVE, delivery, context)
        changes = [each for each in items if isinstance(each, Dirty)]
        return changes or self._only(Observation, items)

    async def ask_budget_key(self, context: HostContext) -> str | None:
        """Name whose limits are counted together."""
        if self._author.budget_key is AnyConnector.budget_key:  # most connectors'
            return None
        keys = self._only(str, await self._all(Work.BUDGET_KEY, None, context))
        return keys[0] if keys else None

    async def _all(
        self, work: Work, argument: Delivery | str | None, context: Context
    ) -> list[Item]:
        async with aclosing(self._bring(work, argument, context)) as items:
            return [item async for item in items]

    def _bring(
        self, work: Work, argument: PullRequest | Delivery | str | None, context: Context
    ) -> AsyncGenerator[Item]:
        if not isinstance(context, HostContext):
            message = "A connector that runs apart needs the context of a host."
            raise TypeError(message)
        call = Call(
            key=self.info.key,
            work=work,
            connector=place_of(self._author),
            settings=self._given,
            secrets=context.secrets,
            connection=context.connection,
            programs=context.programs,
            log_level=context.log.getEffectiveLevel(),
            now=context.now(),
            argument=argument,
        )
        return converse(self._children, call, context)

    def _only(self, kind: type[T], items: Sequence[Item]) -> list[T]:
        found: list[T] = [each for each in items if isinstance(each, kind)]
        if len(found) < len(items):
            raise self._strange(next(each for each in items if not isinstance(each, kind)))
        return found

    def _strange(self, item: Item) -> ConnectorBug:
        return ConnectorBug(
            f"The connector {self.info.key!r} gave {type(item).__name__} for an answer."
        )
