"""The API over fakes, and how a test asks it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx
from graphql import GraphQLSchema
from starlette.applications import Starlette

from api.context import Services
from api.execution.limits import Limits
from api.first_page.page import first_page_routes
from api.http import graphql_routes
from api.schema import build_schema, executable
from api.streaming.streams import Streams
from domain.atlas import Atlas
from domain.metric import Observation
from domain.node import Node, OrganizationId
from domain.ports import Aggregates, ObservationsAsked, Stretch, WindowQuery
from domain.value import queries_for
from domain.view import View, end_of
from plugins.registry import Registry
from tests.builders import NOW, TODAY
from tests.fakes import FakeObservations

SCHEMA = executable(build_schema())

Json = Any  # an answer, or a service, whose shape the test knows

GRAPHQL_RESPONSE = "application/graphql-response+json"


@dataclass
class FakeViews:
    """Views of one atlas by day, and the store behind them, which counts its statements."""

    atlas: Atlas
    observations: FakeObservations
    today: date = TODAY
    statements: int = 0
    opened: list[tuple[date | None, datetime | None]] = field(
        default_factory=list[tuple[date | None, datetime | None]]
    )

    async def view(self, *, as_of: date | None = None, known_at: datetime | None = None) -> View:
        self.opened.append((as_of, known_at))
        day = as_of or self.today
        answers = self.observations.answers(queries_for(self.atlas, day), known_at=known_at)
        instant = NOW if day == TODAY else end_of(day, self.atlas)
        return View(
            atlas=self.atlas, today=day, instant=instant, aggregates=answers, known_at=known_at
        )

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> Aggregates:
        self.statements += 1
        return await self.observations.aggregate(
            organization, queries, known_at=known_at, revision=revision
        )

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        self.statements += 1
        return await self.observations.listed(organization, asked, stretch)


@dataclass
class Api:
    """A running app. `ask` gives the data of an answer without errors, `post` whatever comes."""

    client: httpx.AsyncClient
    views: FakeViews
    app: Starlette

    async def ask(self, document: str, **variables: object) -> Json:
        answer = (await self.post(document, **variables)).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def errors(self, document: str, **variables: object) -> list[Json]:
        answer = (await self.post(document, **variables)).json()
        errors: list[Json] = answer["errors"]
        return errors

    async def post(self, document: str, **variables: object) -> httpx.Response:
        return await self.send({"query": document, "variables": variables})

    async def send(self, body: Json, **headers: str) -> httpx.Response:
        return await self.client.post("/graphql", json=body, headers=headers)


def an_api(
    atlas: Atlas,
    observations: Iterable[Observation] = (),
    *,
    schema: GraphQLSchema = SCHEMA,
    registry: Registry | None = None,
    limits: Limits | None = None,
    **services: Json,
) -> Api:
    """Serve an atlas and its observations; the clock stands still at `NOW`."""
    views = FakeViews(atlas, FakeObservations(observations))
    given: dict[str, Json] = {
        "view": views.view,
        "observations": views,
        "registry": registry or Registry(connectors={}),
        "now": lambda: NOW,
        "new_reference": lambda: "ref-1",
        "node_url": page_of,
        "limits": limits or Limits(),
    }
    offered = Services(**{**given, **services})
    routes = graphql_routes(schema, offered, Streams(offered.limits.streams))
    app = Starlette(routes=[*first_page_routes(), *routes])
    transport = httpx.ASGITransport(app)
    client = httpx.AsyncClient(transport=transport, base_url="http://atlas.test")
    return Api(client, views, app)


def page_of(node: Node) -> str:
    return f"https://atlas.test/{node.key}"


def codes(errors: Iterable[Mapping[str, Json]]) -> list[str]:
    """Give the codes of errors in their order."""
    return [error["extensions"]["code"] for error in errors]
