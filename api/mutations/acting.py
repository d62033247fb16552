"""One mutation under way: the atlas as it is, changes made on it, and what came of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql.pyutils import Path

from api.context import Context, Writing
from api.errors import BadUserInput, Forbidden
from api.mutations.texts import require_texts
from api.operating import Operating
from domain.actions.changes import Plan, Planned
from domain.actions.editing import Desk
from domain.atlas import Atlas
from domain.errors import DomainError, Rejected
from domain.node import NodeId
from ingest.given import ObservationsRefused
from journey_atlas_sdk import ConnectorError

G = TypeVar("G")

Results = Mapping[str, object]
"""What a mutation found out, by the fields of its payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something was refused; `path` leads to it in the input, `legal` is what would do."""

    code: str
    message: str
    path: tuple[str, ...] = ()
    legal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a mutation came to. `subject` is what it is about, None where that isn't there."""

    subject: NodeId | None
    results: Results
    problems: Sequence[Problem] = ()


@dataclass(slots=True)
class Acting:
    """What a mutation works with. `subject` is what it is about, as far as that is known."""

    context: Context
    writing: Writing
    atlas: Atlas
    subject: NodeId | None = None
    results: dict[str, object] = field(default_factory=dict[str, object])

    @property
    def desk(self) -> Desk:
        """What use cases work with."""
        return Desk(now=self.context.services.now(), new_id=self.writing.new_id)

    @property
    def operating(self) -> Operating:
        """What operating sources needs."""
        return self.writing.operating

    async def change(self, plan: Plan) -> Planned:
        """Make a plan on the present atlas and write it; what it is about becomes the subject."""
        planned = await self.writing.atlases.change(self.atlas, plan, now=self.desk.now)
        self.subject = planned.node.id
        return planned


Act = Callable[[Any, Acting], Awaitable[None]]
"""Does what an input asks for; Any: each takes its own. What it raises becomes userErrors."""


async def begin(context: Context, path: Path) -> Acting:
    """Read the atlas before a mutation; Forbidden where this server only reads."""
    writing = context.services.writing
    if writing is None:
        message = "This server only reads (ATLAS_MUTATIONS)."
        raise Forbidden(message)
    reading = await context.read(path)
    return Acting(context, writing, reading.view.atlas)


async def outcome_of(act: Act, given: object, acting: Acting) -> Outcome:
    """Let a mutation act; what the atlas, a source or a connector refuses is told as data."""
    problems: Sequence[Problem] = ()
    try:
        require_texts(given)
        await act(given, acting)
    except (Rejected, ObservationsRefused) as rejected:
        problems = [_problem(each, code=_code_of(rejected)) for each in rejected.problems]
    except DomainError as refused:
        problems = [_problem(refused)]
    except BadUserInput as wrong:
        problems = [Problem(code=wrong.code, message=wrong.message)]
    except ConnectorError as failed:
        problems = [Problem(code=failed.code, message=failed.message)]
    return Outcome(subject=acting.subject, results=acting.results, problems=problems)


def _code_of(rejected: Rejected | ObservationsRefused) -> str | None:
    """Give the code of all its problems; None: each has its own."""
    return rejected.code if isinstance(rejected, ObservationsRefused) else None


def _problem(refused: DomainError, *, code: str | None = None) -> Problem:
    field, *inside = refused.path or ("",)
    path = (camel(str(field)), *map(str, inside)) if refused.path else ()
    legal = tuple(map(str, refused.legal))
    return Problem(code=code or refused.code, message=refused.message, path=path, legal=legal)


def camel(name: str) -> str:
    """Give the name that a field or a function of ours has in GraphQL."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
