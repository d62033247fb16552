"""One operation, run under a deadline; whatever happens, an answer the client can read."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionHooks,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,  # pyright: ignore[reportUnknownVariableType] - a parameter we don't use
    get_operation_ast,
)

from api.context import Context, late
from api.errors import (
    BadUserInput,
    Costly,
    QueryError,
    RequestRefused,
    Stopped,
    refused,
)
from api.execution.beside import Beside
from api.execution.failures import formatted, without_values

Payload = dict[str, Any]
"""An answer, ready for JSON: `data` where something ran, `errors` where something failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sends, whichever way: the document, its operation's name, its variables."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None  # Any: JSON


def chosen(document: DocumentNode, operation_name: str | None) -> OperationDefinitionNode:
    """Give the operation that would run; RequestRefused where the name doesn't single one out."""
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        message = "The document has several operations or none: name one in `operationName`."
        if operation_name:
            message = f"The document has no operation {operation_name!r:.80}."
        raise refused(BadUserInput(message))
    return operation


async def run(
    schema: GraphQLSchema,
    document: DocumentNode,
    request: Request,
    context: Context,
    beside: Beside,
) -> Payload:
    """Run a valid document; RequestRefused where its variables or operation don't fit.

    A costly operation runs `beside` the event loop, so that others are answered meanwhile. After
    the limit's seconds the operation is cancelled, with whatever it waits for.
    """
    limits, new_reference = context.services.limits, context.services.new_reference
    try:
        async with asyncio.timeout(limits.operation_seconds):
            result = await _executed(schema, document, request, context)
            if isinstance(context.ended, Costly):
                context, result = await beside.run(
                    context, partial(_executed, schema, document, request)
                )
    except TimeoutError:
        context.ended = late(limits.operation_seconds)
    else:
        if context.ended is None:
            return _payload(result, new_reference, writes=context.writes)
    return _failed(context.ended, new_reference)


async def _executed(
    schema: GraphQLSchema, document: DocumentNode, request: Request, context: Context
) -> ExecutionResult:
    finished = asyncio.Event()

    def finish(_: object) -> None:
        finished.set()

    try:
        if context.event is not None:
            await context.read_for_event()
    except Stopped:
        return ExecutionResult(None, None)
    result = execute(
        schema,
        document,
        root_value=context.event,
        context_value=context,
        variable_values=dict(request.variables or {}),
        operation_name=request.operation_name,
        hide_suggestions=True,
        hooks=ExecutionHooks(async_work_finished=finish),
    )
    answered = result if isinstance(result, ExecutionResult) else await result
    if any(error.path is not None for error in answered.errors or ()):
        # A field that failed leaves what its neighbours began to the background: no such work may
        # outlive its operation, its deadline and its database.
        await finished.wait()
    return answered


def _payload(result: ExecutionResult, new_reference: Callable[[], str], *, writes: bool) -> Payload:
    errors = result.errors or []
    # An error of a field has its path; without one, the request failed before any field ran.
    if result.data is None and errors and all(error.path is None for error in errors):
        told = without_values(errors) if writes else errors
        raise RequestRefused(told, code=BadUserInput.code)
    payload: Payload = {"data": result.data}
    if errors:
        payload["errors"] = [formatted(error, new_reference=new_reference) for error in errors]
    return payload


def _failed(reason: QueryError, new_reference: Callable[[], str]) -> Payload:
    error = GraphQLError(reason.message, original_error=reason)
    return {"data": None, "errors": [formatted(error, new_reference=new_reference)]}
