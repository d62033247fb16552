"""The sample bank as it is served: its file imported, its sources pulled, all in memory."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

from api.atlas_file.importing import import_atlas_file
from api.demo.services import SECRETS, with_services
from domain.atlas import Atlas, build_atlas
from domain.metric import Observation
from domain.source import MetricSource, SourceError, SourceState
from ingest.opening import Opener
from ingest.plan import Missing
from ingest.reading import Errand
from ingest.settings import SettingsResolver
from ingest.sync import Sync, connections_of
from journey_atlas_sdk import PullReason
from plugins.discovery import load_plugins
from plugins.registry import Registry
from tests.builders import NOW, id_of
from tests.fakes import FakeAtlases
from tests.readings import FakeReadings

FILE = Path(__file__).parents[2] / "examples/norrhavn/atlas.yaml"
SINCE = datetime(2024, 1, 1, tzinfo=UTC)

UNRELIABLE = ("broken", "slow")
"""Connections that keep a reader waiting on purpose: here they have failed already."""


@dataclass(frozen=True)
class Norrhavn:
    """The bank's atlas, the observations of its sources, and the connectors that read them."""

    atlas: Atlas
    observations: list[Observation]
    registry: Registry


@cache
def norrhavn() -> Norrhavn:
    """Import and pull the sample once a process; ids follow from the order of the file."""
    return asyncio.run(_imported_and_pulled())


async def _imported_and_pulled() -> Norrhavn:
    numbers, atlases = count(1), FakeAtlases()

    def new_id() -> str:
        return id_of(f"norrhavn {next(numbers)}")

    await import_atlas_file(FILE, atlases, now=NOW, new_id=new_id)
    atlas = atlases.stored["norrhavn"]
    registry, kept = with_services(load_plugins(None)), FakeReadings()
    sync = Sync(
        opener=Opener(
            registry=registry, clock=lambda: NOW, settings=SettingsResolver(environment=SECRETS)
        ),
        readings=kept,
        real_clock=lambda: NOW,
        new_id=new_id,
    )
    reliable = [each for each in connections_of(atlas) if each.key not in UNRELIABLE]
    target = Missing(history=NOW - SINCE)
    await sync.connections(atlas, reliable, Errand(reason=PullReason.SCHEDULED, target=target))
    observations = list(kept.recorded.values())
    return Norrhavn(_read(atlas, {each.id for each in reliable}), observations, registry)


def _read(atlas: Atlas, reliable: set[str]) -> Atlas:
    """Give the atlas whose sources know how their last reading ended, as the store would."""
    error = SourceError(code="TRANSIENT_ERROR", fault="vendor", message="It timed out.", at=NOW)
    nodes = dict(atlas.nodes)
    for source in atlas.all(MetricSource):
        answered = source.connection in reliable
        nodes[source.id] = replace(
            source,
            state=SourceState.OK if answered else SourceState.FAILING,
            asked_at=NOW if answered else None,
            error=None if answered else error,
        )
    grouped = atlas.outgoing.values()
    links = [link for by_source in grouped for several in by_source.values() for link in several]
    return build_atlas(atlas.organization, atlas.revision, nodes.values(), links)
