"""`atlas query`: one GraphQL operation, answered in this process or by a server."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from api.app import answered, open_product
from api.cli.output import Json, tell, write_json
from api.errors import CommandError, ServerUnreachable, SettingsError
from api.settings import DEMO_CLOCK, Settings

ANSWER_WITHIN_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where a question stands: a document's file (`-`: standard input), and what belongs to it.

    `variables` is JSON as the user wrote it; None: there are none, and only one operation.
    """

    file: Path
    variables: str | None
    operation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A GraphQL request."""

    document: str
    variables: dict[str, Any] | None  # Any: JSON
    operation: str | None

    @property
    def body(self) -> dict[str, Any]:  # Any: JSON
        """The request as GraphQL over HTTP sends it."""
        named = {"operationName": self.operation, "variables": self.variables}
        return {"query": self.document, **{k: v for k, v in named.items() if v is not None}}


def read_question(asked: Asked) -> Question:
    """Read a document and its variables; CommandError or SettingsError says what is wrong."""
    file = asked.file
    try:
        document = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"{file} can't be read: {why}."
        raise CommandError(message) from error
    variables = _variables(asked.variables)
    return Question(document=document, variables=variables, operation=asked.operation)


def _variables(text: str | None) -> dict[str, Any] | None:  # Any: JSON
    if text is None:
        return None
    try:
        variables = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"--variables is no JSON: {error}."
        raise SettingsError(message) from error
    if not isinstance(variables, dict):
        message = '--variables must be a JSON object, such as {"key": "BG1"}.'
        raise SettingsError(message)
    return {**variables}


async def query(settings: Settings, asked: Asked, *, url: str | None, demo: bool) -> int:
    """Print the answer as JSON; exit code 1 where it has errors."""
    question = read_question(asked)
    answer = await (_ask_server(url, question) if url else _ask_here(settings, question, demo=demo))
    write_json(answer)
    return 1 if answer.get("errors") else 0


async def _ask_here(settings: Settings, question: Question, *, demo: bool) -> Json:
    async with open_product(settings, of_demo=demo) as product:
        if demo or settings.database_url or not await product.is_empty():
            return await answered(product, question.body)
    tell("No atlas has been imported yet: the sample atlas answers (as with --demo).")
    as_demo = settings.model_copy(update={"clock": settings.clock or DEMO_CLOCK})
    async with open_product(as_demo, of_demo=True) as product:
        return await answered(product, question.body)


async def _ask_server(url: str, question: Question) -> Json:
    headers = {"accept": "application/graphql-response+json, application/json;q=0.9"}
    try:
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_SECONDS) as client:
            response = await client.post(url, json=question.body, headers=headers)
    except httpx.HTTPError as error:
        message = f"{url} can't be reached: {error}."
        raise ServerUnreachable(message) from error
    try:
        answer = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        message = f"{url} answered {response.status_code} and no JSON: is it a GraphQL address?"
        raise ServerUnreachable(message) from error
    match answer:
        case {"data": _} | {"errors": _}:
            return answer
        case _:
            message = f"{url} answered {response.status_code} and no GraphQL result."
            raise ServerUnreachable(message)
