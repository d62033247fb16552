"""An organization that reads surveys, its API, and a source that does what a test says."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from api.context import Writing
from api.operating import Operating
from domain.atlas import Atlas
from domain.metric import UnitKind
from domain.node import Node, NodeId, OrganizationId
from domain.secret import SealedSecret
from domain.value import queries_for
from domain.view import View
from ingest.connector_rules import ConnectorRules
from ingest.given import Given
from ingest.opening import Opener
from ingest.orders import Orders
from ingest.sealing import Sealer, new_key, read_keys
from ingest.settings import SettingsResolver
from ingest.trying import Trials
from journey_atlas_sdk import (
    Aggregation,
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    Grain,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    Settings,
    Unit,
    UnknownMetric,
    periods,
)
from journey_atlas_sdk import UnitKind as RemoteUnit
from plugins.registry import RegisteredConnector, Registry
from tests.api.asking import Api, Json, an_api
from tests.builders import NOW, TODAY, a_metric, an_atlas, id_of
from tests.fakes import FakeAtlases, FakeObservations
from tests.operating.fakes import Operated

CANARY = "canary-9d41"
TRUST = MetricSpec(
    key="trust",
    title="Trust",
    unit=Unit(kind=RemoteUnit.RATIO),
    aggregation=Aggregation.MEAN,
    grains=frozenset({Grain.MONTH}),
    dimensions=("channel",),
)
VISITS = MetricSpec(key="visits", title="Visits of the branch", unit=Unit(kind=RemoteUnit.COUNT))

Script = Callable[[str], Awaitable[None]]
"""What the source does when it is asked; it is told the token that it was asked with."""


class SurveySettings(Settings):
    url: str
    token: Secret
    spare: Secret | None = None
    page_size: int = 50


class Wave(Settings):
    wave: int


async def answers(token: str) -> None:
    del token


def a_sealer() -> Sealer:
    keys = read_keys(new_key())
    return Sealer(lambda: keys)


@dataclass
class World:
    """The stored atlas, what was written to it, and the source."""

    atlases: FakeAtlases
    script: Script = answers
    specs: Sequence[MetricSpec] = (TRUST, VISITS)
    asked: list[PullRequest] = field(default_factory=list[PullRequest])
    listed: int = 0
    sealer: Sealer = field(default_factory=a_sealer)
    operated: Operated = field(default_factory=Operated)

    @property
    def atlas(self) -> Atlas:
        return self.atlases.stored["norrhavn"]

    async def of_connection(
        self, organization: OrganizationId, connection: NodeId
    ) -> list[SealedSecret]:
        """Give the secrets that were written and not forgotten."""
        assert organization == self.atlas.organization.id
        kept: dict[str, SealedSecret] = {}
        for changes in self.atlases.applied:
            kept |= {
                each.of.name: each for each in changes.sealed if each.of.connection == connection
            }
            for gone in changes.forgotten:
                kept.pop(gone.name, None)
        return list(kept.values())

    async def view(self, *, as_of: date | None = None, known_at: datetime | None = None) -> View:
        del as_of
        asked = queries_for(self.atlas, TODAY)
        answered = FakeObservations().answers(asked, known_at=known_at)
        return View(atlas=self.atlas, today=TODAY, instant=NOW, aggregates=answered)


def surveys(world: World) -> type[Connector[SurveySettings]]:
    """Make the connector of the world's source."""

    class Surveys(Connector[SurveySettings]):
        info = ConnectorInfo(
            key="surveys",
            title="Surveys",
            version="2",
            settings=SurveySettings,
            capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
            min_interval=timedelta(0),
        )

        async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
            world.asked.append(request)
            await world.script(context.secret("token"))
            if request.metric not in {spec.key for spec in world.specs}:
                raise UnknownMetric(request.metric, known=[spec.key for spec in world.specs])
            for number, period in enumerate(
                periods(request.window, request.grain, request.time_zone), start=1
            ):
                yield Observation(
                    metric=request.metric,
                    start=period.start,
                    end=period.end,
                    value=Decimal(number) / 100,
                    sample_size=number,
                    dimensions=tuple((name, "online") for name in request.dimensions),
                )

        async def check(self, context: Context) -> None:
            await world.script(context.secret("token"))

        async def discover(self, context: Context) -> Sequence[MetricSpec]:
            world.listed += 1
            await world.script(context.secret("token"))
            return world.specs

    return Surveys


def inbox() -> type[Connector[Settings]]:
    """Make a connector of a system that pushes its values."""

    class Inbox(Connector[Settings]):
        info = ConnectorInfo(
            key="inbox", title="Inbox", version="1", capabilities=frozenset({Capability.PUSH})
        )

        def pull(self, request: PullRequest, context: Context) -> list[Observation]:
            raise NotImplementedError

    return Inbox


def a_world(*nodes: Node) -> tuple[World, Api]:
    """Serve an atlas with a metric in percent, and these nodes besides."""
    metric = a_metric("MT-TRUST", UnitKind.PERCENT)
    atlas = an_atlas(*({each.key: each for each in (metric, *nodes)}.values()))
    world = World(FakeAtlases({"norrhavn": atlas}))
    return world, an_api_of(world)


def an_operating(world: World, registry: Registry, new_id: Callable[[], str]) -> Operating:
    """Give what orders, takes in and switches in a world."""
    operated = world.operated
    orders = Orders(
        jobs=operated.jobs_made,
        registry=registry,
        clock=lambda: NOW,
        real_clock=lambda: NOW,
        new_id=new_id,
    )
    given = Given(
        registry=registry,
        recorder=operated.recorder,
        clock=lambda: NOW,
        real_clock=lambda: NOW,
        new_id=new_id,
    )
    return Operating(
        orders=orders, jobs=operated.jobs_made, given=given, switches=operated.switches
    )


def an_api_of(world: World, *, variables: tuple[str, ...] = ("CRM_*",), **services: Json) -> Api:
    """Serve a world; variables of these patterns may be named."""
    found = RegisteredConnector(connector=surveys(world), plugin="surveys", origin="built-in")
    pushed = RegisteredConnector(connector=inbox(), plugin="inbox", origin="built-in")
    registry, numbers = Registry({"inbox": pushed, "surveys": found}), count(1)
    resolver = SettingsResolver(
        environment={"CRM_TOKEN": f"{CANARY}-env"}, store=world, sealer=world.sealer
    )

    def new_id() -> str:
        return id_of(f"new {next(numbers)}")

    writing = Writing(
        operating=an_operating(world, registry, new_id),
        atlases=world.atlases,
        connectors=ConnectorRules(registry=registry, sealer=world.sealer, variables=variables),
        trials=Trials(
            opener=Opener(registry=registry, clock=lambda: NOW, settings=resolver),
            real_clock=lambda: NOW,
        ),
        new_id=new_id,
    )
    given: dict[str, Json] = {
        "view": world.view,
        "registry": registry,
        "settings": resolver,
        "runs": world.operated,
        "writing": writing,
    }
    return an_api(world.atlas, **{**given, **services})


CREATE = """
mutation ($input: CreateConnectionInput!) {
  createConnection(input: $input) { connection { ...All } ...Told }
}
"""
UPDATE = """
mutation ($input: UpdateConnectionInput!) {
  updateConnection(input: $input) { connection { ...All } ...Told }
}
"""
FRAGMENTS = {
    "All": """
      fragment All on Connection {
        id key title description version archivedAt connectorKey settings state
        secrets { name isSet kind reference changedAt }
      }
    """,
    "Source": """
      fragment Source on MetricSource {
        id key title description version archivedAt remoteMetric parameters breakdowns grain
        precedence state metric { key } connection { key }
      }
    """,
    "Job": """
      fragment Job on SyncJob {
        id kind state source { key } progress reason isCancelled failures
        createdAt startedAt finishedAt
      }
    """,
    "Told": "fragment Told on Payload { revision userErrors { code path message legal } }",
}


async def done(api: Api, document: str, **given: Json) -> Json:
    """Send a mutation and give its payload, which must have no errors."""
    payload = await told(api, document, **given)
    assert payload["userErrors"] == []
    return payload


async def told(api: Api, document: str, **given: Json) -> Json:
    """Send a mutation and give its payload."""
    fragments = [text for name, text in FRAGMENTS.items() if f"...{name}" in document]
    [payload] = (await api.ask("".join((document, *fragments)), input=given)).values()
    return payload


async def refused(api: Api, document: str, **given: Json) -> list[tuple[str, list[str]]]:
    """Send a mutation that is refused; give codes and paths of its errors."""
    payload = await told(api, document, **given)
    assert all(error["message"].endswith(".") for error in payload["userErrors"])
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def a_connection_of(api: Api, **given: Json) -> Json:
    """Make a connection with all that it needs."""
    fields: dict[str, Json] = {
        "connector": "surveys",
        "title": "Our surveys",
        "settings": {"url": "https://surveys.test"},
        "secrets": [{"name": "token", "source": {"value": CANARY}}],
        **given,
    }
    return (await done(api, CREATE, **fields))["connection"]
