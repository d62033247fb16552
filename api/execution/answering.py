"""From a request to its answer, or to its stream of answers, whatever way it came.

A request passes gates, each of which may refuse it: the document (parsed, measured, validated), the
choice of its operation, its variables. Only then anything runs.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,  # pyright: ignore[reportUnknownVariableType] - as `Executor` below
)

from api.context import Context, Services
from api.errors import BadUserInput, QueryError, RequestRefused
from api.execution import cost, operation
from api.execution.beside import Beside
from api.execution.documents import Documents
from api.execution.failures import Formatted, formatted
from api.execution.operation import Payload, Request
from api.execution.prices import Bill
from api.tables.selection import Selected, selected_columns
from domain.errors import DomainError

Event = Any  # Any: what a subscription's field shows

Stream = AsyncGenerator[Payload, None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request whose document is valid, and the operation of it that was asked for."""

    request: Request
    document: DocumentNode
    chosen: OperationDefinitionNode

    @property
    def kind(self) -> OperationType:
        """Whether it reads, writes or listens."""
        return self.chosen.operation


class Answering:
    """Answers requests; it remembers documents for as long as it lives."""

    def __init__(self, schema: GraphQLSchema, services: Services) -> None:
        self.services = services
        self._schema = schema
        self._documents = Documents(schema, services.limits)
        self._beside = Beside(services.limits.costly_at_once)

    def prepare(self, request: Request) -> Prepared:
        """Let a request through the gates that need no atlas; RequestRefused."""
        document = self._documents.prepare(request.query)
        chosen = operation.chosen(document, request.operation_name)
        return Prepared(request, document, chosen)

    async def answer(self, prepared: Prepared, *, tell_cost: bool = False) -> Payload:
        """Answer a query or a mutation; RequestRefused where its variables don't fit."""
        context = self._context(prepared)
        payload = await self.run(prepared, context)
        return {**payload, **self._cost(context.bill)} if tell_cost else payload

    async def stream(self, prepared: Prepared) -> Stream:
        """Answer whatever it is: a subscription once for each event, the others once.

        RequestRefused as with `answer`.
        """
        if prepared.kind is not OperationType.SUBSCRIPTION:
            yield await self.answer(prepared)
            return
        # What a subscription reads to begin with is little: it stays on the event loop.
        listening = self._context(prepared, is_beside=True)
        try:
            source = await self._source(prepared, listening)
            async with aclosing(_generator(source)) as events:
                async for event in events:
                    yield await self.run(prepared, self._context(prepared, event=event))
        except (QueryError, DomainError) as error:
            reason = listening.ended or error
            told = GraphQLError(reason.message, original_error=reason)
            yield {"errors": self.told([told])}

    def refusal(self, refused: RequestRefused) -> Payload:
        """Say why a request was refused before anything of it ran: there is no `data`."""
        return {"errors": self.told(refused.errors, code=refused.code)}

    def told(self, errors: list[GraphQLError], *, code: str = QueryError.code) -> list[Formatted]:
        """Shape errors for the client."""
        new_reference = self.services.new_reference
        return [formatted(each, new_reference=new_reference, code=code) for each in errors]

    def unexpected(self, error: Exception) -> Payload:
        """Say that a stream failed in a way that nobody expects, under a reference."""
        return {"errors": self.told([GraphQLError(str(error), original_error=error)])}

    def price(self, prepared: Prepared) -> Callable[..., Bill]:
        """Give what tells the cost of an operation."""
        variables = prepared.request.variables or {}
        return partial(cost.bill, self._schema, prepared.document, prepared.chosen, variables)

    def table(self, prepared: Prepared) -> Selected | None:
        """Give the columns that an operation asks of one table; None: it is about more."""
        variables = prepared.request.variables or {}
        return selected_columns(self._schema, prepared.document, prepared.chosen, variables)

    async def run(self, prepared: Prepared, context: Context) -> Payload:
        """Run an operation in its context; RequestRefused where its variables don't fit."""
        return await operation.run(
            self._schema, prepared.document, prepared.request, context, self._beside
        )

    async def _source(self, prepared: Prepared, context: Context) -> AsyncIterable[Event]:
        """Begin to listen; RequestRefused, and whatever the field raises."""
        # graphql-core's own types leave open what its context is.
        executor = Executor.build(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            self._schema,
            prepared.document,
            context_value=context,
            raw_variable_values=dict(prepared.request.variables or {}),
            operation_name=prepared.request.operation_name,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            raise RequestRefused(executor, code=BadUserInput.code)
        async with asyncio.timeout(self.services.limits.operation_seconds):
            begun = create_source_event_stream(executor)
            found = begun if isinstance(begun, AsyncIterable | ExecutionResult) else await begun
        if isinstance(found, ExecutionResult):
            raise RequestRefused(found.errors or [])
        return found

    def _context(
        self, prepared: Prepared, *, event: Event = None, is_beside: bool = False
    ) -> Context:
        return Context(
            services=self.services,
            started=self.services.monotonic(),
            price=self.price(prepared),
            writes=prepared.kind is OperationType.MUTATION,
            event=event,
            is_beside=is_beside,
        )

    def _cost(self, bill: Bill | None) -> Payload:
        """Tell what an operation cost; None: it read nothing of the atlas."""
        requested = bill.cost if bill else 0
        told = {"requested": requested, "limit": self.services.limits.cost}
        return {"extensions": {"cost": told}}


async def _generator(source: AsyncIterable[Event]) -> AsyncGenerator[Event, None]:
    """Give a source's events, and end the source with this generator."""
    async for event in source:
        yield event
