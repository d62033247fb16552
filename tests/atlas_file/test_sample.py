"""The sample atlas: its file imports, its CSVs are pulled, and its golden values come out."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from api.atlas_file.importing import import_atlas_file
from connectors.csv_file import CsvFiles, CsvSettings
from connectors.rehearsal import RehearsalSettings
from domain.atlas import Atlas
from domain.goal import Goal
from domain.insight import Insight
from domain.journey import Journey, Step
from domain.links import Relation
from domain.metric import Metric, Observation
from domain.node import Kind
from domain.okr import KeyResult, Objective
from domain.progress import key_result_progress, key_result_value
from domain.rollup import objective_progress
from domain.source import Connection, MetricSource
from domain.status import key_result_status, objective_status
from domain.view import View
from ingest.binding import Provenance, bind
from journey_atlas_sdk import Grain, PullRequest, Window
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.atlas_file.files import LATER, ids
from tests.builders import a_view
from tests.fakes import FakeAtlases

SAMPLE = Path(__file__).parents[2] / "examples" / "norrhavn" / "atlas.yaml"
OSLO = ZoneInfo("Europe/Oslo")
EVER = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def atlas() -> Atlas:
    atlases = FakeAtlases()
    await import_atlas_file(SAMPLE, atlases, now=LATER, new_id=ids())
    return atlases.stored["norrhavn"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def observations(atlas: Atlas) -> list[Observation]:
    return [observation async for observation in _pulled(atlas)]


@pytest.fixture(scope="module")
def view(atlas: Atlas, observations: list[Observation]) -> View:
    return a_view(atlas, observations=observations)


async def _pulled(atlas: Atlas) -> AsyncIterator[Observation]:
    """Read all sources of the `csv` connection as a sync does."""
    csv = atlas.find("csv", Connection)
    assert csv is not None
    connector = CsvFiles(CsvSettings.read(csv.settings))
    made = Provenance(connector="csv", version="1.0.0", sync_run="run")
    for source in atlas.all(MetricSource):
        if source.connection != csv.id:
            continue
        binding = bind(source, atlas.get(source.metric, Metric), None)
        for breakdown in source.breakdowns:
            for seen in await pull_all(connector, _request(source, breakdown), FakeContext()):
                yield binding.accept(seen, made, now=LATER, recorded_at=LATER)


def _request(source: MetricSource, breakdown: tuple[str, ...]) -> PullRequest:
    return PullRequest(
        metric=source.remote_metric,
        window=EVER,
        grain=Grain(source.grain),
        time_zone=OSLO,
        parameters=source.parameters,
        dimensions=breakdown,
    )


async def test_the_sample_comes_in_whole_and_only_once() -> None:
    atlases = FakeAtlases()

    first = await import_atlas_file(SAMPLE, atlases, now=LATER, new_id=ids())
    again = await import_atlas_file(SAMPLE, atlases, now=LATER, new_id=ids())

    assert {
        kind: first.created[kind]
        for kind in (Kind.INSIGHT, Kind.OPPORTUNITY, Kind.SOLUTION, Kind.METRIC, Kind.OBJECTIVE)
    } == {
        Kind.INSIGHT: 14,
        Kind.OPPORTUNITY: 9,
        Kind.SOLUTION: 10,
        Kind.METRIC: 25,
        Kind.OBJECTIVE: 9,
    }
    assert again.changes_nothing
    assert again.unchanged == first.created


@pytest.mark.parametrize(
    ("key", "value", "raw"),
    [
        pytest.param("O1-KR1", "66.4", "0.6000", id="trust (66.4-61)/9"),
        pytest.param("O1-KR2", "80.1", "0.3500", id="satisfied (80.1-78)/6"),
        pytest.param("O1-KR3", "33", "0.7500", id="complaints (33-42)/(30-42)"),
        pytest.param("O2-KR1", str(31 * 86_400), "0.7000", id="days to an offer (31-38)/(28-38)"),
        pytest.param("O2-KR2", "57.2", "0.6667", id="adoption (57.2-52)/(59.8-52)"),
        pytest.param("O2-KR3", "672", "-0.2000", id="contacts (672-640)/(480-640)"),
        pytest.param("O3-KR1", "44.2", "0.5250", id="pre-approval online (44.2-40)/(48-40)"),
        pytest.param("O3-KR2", "362880.0", "0.6000", id="self-employed (4.2-6)/(3-6) days"),
        pytest.param("O4-KR1", "69.5", "1.2097", id="upload (69.5-62)/(68.2-62)"),
        pytest.param("O4-KR2", "24", "0.4375", id="rejected (24-31)/(15-31)"),
        pytest.param("O5-KR1", "95.1", "0.7143", id="disputes: 5 of 7 weeks"),
        pytest.param("O8-KR1", "40.2", "0.7000", id="last quarter (40.2-36)/(42-36)"),
        pytest.param("O10-KR1", "24.7", "0.4700", id="savers (24.7-20)/(30-20)"),
        pytest.param("O11-KR1", "17.5", "0.6429", id="leavers (17.5-22)/(15-22)"),
    ],
)
def test_a_key_result_has_its_golden_value(view: View, key: str, value: str, raw: str) -> None:
    key_result = _key_result(view.atlas, key)

    found = key_result_value(view, key_result)
    progress = key_result_progress(view, key_result)

    assert found is not None
    assert found.value == Decimal(value)
    assert _to_4_digits(progress.raw) == Decimal(raw)


@pytest.mark.parametrize(
    ("key", "progress", "status"),
    [
        ("O1", "0.5750", "OFF_TRACK"),
        ("O2", "0.5167", "OFF_TRACK"),
        ("O3", "0.5500", "ON_TRACK"),
        ("O4", "0.7188", "ON_TRACK"),
        ("O5", "0.7143", "AT_RISK"),
        ("O7", None, "NO_DATA"),
        ("O8", "0.7000", "MISSED"),
        ("O10", "0.4700", "AT_RISK"),
        ("O11", "0.6429", "AT_RISK"),
    ],
)
def test_an_objective_has_its_golden_status(
    view: View, key: str, progress: str | None, status: str
) -> None:
    objective = view.atlas.find(key, Objective)
    assert objective is not None

    found = objective_progress(view, objective)

    assert _to_4_digits(found.value) == (None if progress is None else Decimal(progress))
    assert objective_status(view, objective).code == status


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [("O3-KR3", "1.7", "ON_TRACK"), ("O11-KR2", "6.1", "OFF_TRACK")],
)
def test_a_guardrail_has_its_golden_value(view: View, key: str, value: str, status: str) -> None:
    guardrail = _key_result(view.atlas, key)

    found = key_result_value(view, guardrail)

    assert found is not None
    assert found.value == Decimal(value)
    assert key_result_status(view, guardrail).code == status


def test_nothing_that_has_values_is_stale(view: View) -> None:
    stale = [
        key_result.key
        for key_result in view.atlas.all(KeyResult)
        if key_result_status(view, key_result).is_stale
    ]

    assert stale == []


def test_every_source_has_a_history_without_gaps(
    atlas: Atlas, observations: list[Observation]
) -> None:
    series: dict[tuple[str, object], list[Observation]] = {}
    for seen in observations:
        series.setdefault((atlas.nodes[seen.source].key, seen.dimensions), []).append(seen)

    assert len({source for source, _ in series}) == 22
    for periods in series.values():
        assert all(one.end == other.start for one, other in pairwise(periods))
        months = (periods[-1].end - periods[0].start).days / 30.4
        assert months >= 18
        assert periods[-1].end <= LATER


def test_the_sample_tells_the_past_too(atlas: Atlas, observations: list[Observation]) -> None:
    end_of_quarter = a_view(atlas, observations=observations, today=date(2026, 9, 30))

    progress = key_result_progress(end_of_quarter, _key_result(atlas, "O8-KR1"))

    assert _to_4_digits(progress.raw) == Decimal("0.7000")


def test_proving_who_i_am_has_two_parents(atlas: Atlas) -> None:
    identity = atlas.find("IDENTITY", Journey)
    assert identity is not None

    parents = atlas.sources(identity.id, Relation.HAS_MICRO_JOURNEY, Journey)

    assert [parent.key for parent in parents] == ["MJ1", "MJ4"]


def test_journeys_serve_their_goals_in_the_order_of_the_sample(atlas: Atlas) -> None:
    served = {
        goal.key: [j.key for j in atlas.targets(goal.id, Relation.SERVED_BY, Journey)]
        for goal in atlas.all(Goal)
        if goal.key.startswith("BG")
    }

    assert served == {"BG1": ["MJ1", "MJ3", "MJ5"], "BG2": ["MJ4", "MJ2"], "BG3": ["MJ2", "MJ3"]}


def test_every_journey_but_proving_my_income_has_two_to_five_steps(atlas: Atlas) -> None:
    counts = {
        journey.key: len(atlas.targets(journey.id, Relation.HAS_STEP, Step))
        for journey in atlas.all(Journey)
    }

    assert counts.pop("INCOME") == 6
    assert all(2 <= count <= 5 for count in counts.values())


def test_every_insight_but_the_stale_one_has_fresh_evidence(atlas: Atlas) -> None:
    old = [
        insight.key
        for insight in atlas.all(Insight)
        if all(e.date is None or e.date < date(2025, 11, 22) for e in insight.evidence)
    ]

    assert old == ["I14"]


@pytest.mark.parametrize("key", ["broken", "slow", "restating"])
def test_the_misbehaving_connections_have_legal_settings(atlas: Atlas, key: str) -> None:
    connection = atlas.find(key, Connection)
    assert connection is not None

    settings = RehearsalSettings.read(json.loads(json.dumps(dict(connection.settings))))

    assert settings.values


def _key_result(atlas: Atlas, key: str) -> KeyResult:
    key_result = atlas.find(key, KeyResult)
    assert key_result is not None
    return key_result


def _to_4_digits(number: Decimal | None) -> Decimal | None:
    return None if number is None else round(number, 4)
