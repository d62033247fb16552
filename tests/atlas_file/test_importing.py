"""What importing a file does to an atlas: create, update, link, and leave the rest alone."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.atlas_file.importing import import_atlas_file
from api.atlas_file.problems import InvalidAtlasFile
from domain.actions.import_atlas import Outcome
from domain.cycle import Cycle
from domain.errors import Conflict
from domain.goal import Goal
from domain.journey import Journey, Step
from domain.links import Link, Relation
from domain.metric import Metric, Unit, UnitKind, Window, WindowKind
from domain.node import Kind
from domain.okr import Baseline, Bounds, ByHowMuch, HowMuchKind, KeyResult, Ladder, Objective
from domain.source import Connection, MetricSource
from domain.team import Team
from tests.atlas_file.files import FIRST, HEADER, LATER, Bank, ids
from tests.fakes import FakeAtlases

GOAL = "goals: [{key: G, title: G, kind: BUSINESS, scope: ORGANIZATION, labels: [a, b]}]"
JOURNEYS = """\
journeys:
  - {key: J, title: J, level: MACRO, micro_journeys: [K, L], steps: [{key: S1, title: One}]}
  - {key: K, title: K, level: MICRO}
  - {key: L, title: L, level: MICRO}
"""
OKR = """\
teams: [{key: T, title: T}, {key: U, title: U}]
members: [{key: P, title: P, team: T}]
cycles: [{key: Q4, title: Q4, start: 2026-10-01, end: 2026-12-31}]
metrics: [{key: M, title: M, unit: SCORE, better: HIGHER}]
objectives:
  - key: O
    title: O
    cycle: Q4
    owners: [{team: T, share: 0.6}, U]
    manual_progress: {value: 0.4, by: P, at: 2026-11-20T08:00+01:00, reason: A hunch}
    key_results:
      - key: K1
        does_what: rise
        kind: INCREASE
        metric: M
        baseline: 61
        by_how_much: {by_amount: 9}
      - {key: K2, does_what: stay, kind: WITHIN_RANGE, metric: M, at_least: 2, at_most: 5}
"""


async def test_a_new_record_gets_its_times_and_first_version() -> None:
    bank = Bank()

    report = await bank.takes(GOAL, now=FIRST)

    goal = bank.atlas.find("G", Goal)
    assert goal is not None
    assert (goal.version, goal.created_at, goal.updated_at) == (1, FIRST, FIRST)
    assert report.organization is Outcome.CREATED
    assert (report.created, report.updated, report.unchanged) == ({Kind.GOAL: 1}, {}, {})
    assert report.revision == 1


async def test_the_same_file_twice_changes_nothing() -> None:
    bank = Bank()
    await bank.takes(JOURNEYS + OKR)

    report = await bank.takes(JOURNEYS + OKR, now=LATER)

    assert report.changes_nothing
    assert report.revision == 1
    assert sum(report.unchanged.values()) == 12  # 2 teams, P, Q4, 3 journeys, S1, M, O, 2 results
    assert len(bank.atlases.applied) == 1


async def test_a_changed_field_makes_the_next_version() -> None:
    bank = Bank()
    await bank.takes(GOAL, now=FIRST)

    report = await bank.takes("goals: [{key: G, title: Trusted}]", now=LATER)

    goal = bank.atlas.find("G", Goal)
    assert goal is not None
    assert (goal.title, goal.version) == ("Trusted", 2)
    assert (goal.created_at, goal.updated_at) == (FIRST, LATER)
    assert (report.created, report.updated, report.revision) == ({}, {Kind.GOAL: 1}, 2)


async def test_a_field_left_out_keeps_what_is_stored() -> None:
    bank = Bank()
    await bank.takes(GOAL)

    await bank.takes("goals: [{key: G, description: New}]")

    goal = bank.atlas.find("G", Goal)
    assert goal is not None
    assert (goal.labels, goal.description) == (("a", "b"), "New")


async def test_a_field_given_as_nothing_gets_its_default_back() -> None:
    bank = Bank()
    await bank.takes("teams: [{key: T, title: T}, {key: U, title: U, parent: T}]\n" + GOAL)

    await bank.takes("teams: [{key: U, parent: ~}]\ngoals: [{key: G, labels: }]")

    team, goal = bank.atlas.find("U", Team), bank.atlas.find("G", Goal)
    assert team is not None
    assert goal is not None
    assert (team.parent, goal.labels) == (None, ())


async def test_what_is_not_mentioned_stays() -> None:
    bank = Bank()
    await bank.takes(JOURNEYS + OKR)

    await bank.takes(GOAL)

    assert bank.atlas.find("S1", Step) is not None
    assert bank.atlas.find("K2", KeyResult) is not None
    assert len(_links(bank, Relation.HAS_MICRO_JOURNEY)) == 2


async def test_a_given_list_replaces_the_links_of_its_relation() -> None:
    bank = Bank()
    await bank.takes(JOURNEYS)

    report = await bank.takes("journeys: [{key: J, micro_journeys: [L]}]")

    (link,) = _links(bank, Relation.HAS_MICRO_JOURNEY)
    assert bank.atlas.nodes[link.target].key == "L"
    assert link.position == 0
    assert (report.linked, report.relinked, report.unlinked) == (0, 1, 1)
    assert bank.atlas.find("K", Journey) is not None


async def test_an_empty_list_unlinks_and_deletes_nothing() -> None:
    bank = Bank()
    await bank.takes(JOURNEYS)

    report = await bank.takes("journeys: [{key: J, steps: []}]")

    assert _links(bank, Relation.HAS_STEP) == []
    assert bank.atlas.find("S1", Step) is not None
    assert report.unlinked == 1


async def test_the_order_of_a_list_is_the_links_order() -> None:
    bank = Bank()
    await bank.takes(JOURNEYS)

    await bank.takes("journeys: [{key: J, micro_journeys: [L, K]}]")

    journey = bank.atlas.find("J", Journey)
    assert journey is not None
    below = bank.atlas.targets(journey.id, Relation.HAS_MICRO_JOURNEY, Journey)
    assert [micro.key for micro in below] == ["L", "K"]


async def test_owners_carry_their_shares() -> None:
    bank = Bank()

    await bank.takes(OKR)

    shares = {bank.atlas.nodes[x.source].key: x.share for x in _links(bank, Relation.OWNS)}
    assert shares == {"T": Decimal("0.6"), "U": None}


async def test_archiving_hides_and_can_be_undone() -> None:
    bank = Bank()
    await bank.takes(GOAL)

    await bank.takes("goals: [{key: G, archived: true}]", now=LATER)
    hidden = bank.atlas.find("G", Goal)
    await bank.takes("goals: [{key: G, archived: false}]")
    shown = bank.atlas.find("G", Goal)

    assert hidden is not None
    assert shown is not None
    assert (hidden.archived_at, shown.archived_at) == (LATER, None)


async def test_key_results_belong_to_their_objective_in_the_files_order() -> None:
    bank = Bank()

    await bank.takes(OKR)

    objective = bank.atlas.find("O", Objective)
    assert objective is not None
    key_results = bank.atlas.key_results_by_objective[objective.id]
    assert [(kr.key, kr.position, kr.title) for kr in key_results] == [
        ("K1", 0, "rise"),
        ("K2", 1, "stay"),
    ]
    assert key_results[0].baseline == Baseline(value=Decimal(61))
    assert key_results[0].by_how_much == ByHowMuch(kind=HowMuchKind.BY_AMOUNT, value=Decimal(9))
    assert objective.manual_progress is not None
    assert objective.manual_progress.by == bank.atlas.by_key["P"]


async def test_a_title_follows_what_is_done_until_someone_chooses_one() -> None:
    bank = Bank()
    await bank.takes(OKR)

    await bank.takes("objectives: [{key: O, key_results: [{key: K1, does_what: soar}]}]")
    followed = bank.atlas.find("K1", KeyResult)
    await bank.takes("objectives: [{key: O, key_results: [{key: K1, title: Mine}]}]")
    await bank.takes("objectives: [{key: O, key_results: [{key: K1, does_what: fly}]}]")
    chosen = bank.atlas.find("K1", KeyResult)

    assert followed is not None
    assert chosen is not None
    assert (followed.title, chosen.title, chosen.does_what) == ("soar", "Mine", "fly")


async def test_one_bound_given_keeps_the_other() -> None:
    bank = Bank()
    await bank.takes(OKR)

    await bank.takes("objectives: [{key: O, key_results: [{key: K2, at_least: 3}]}]")
    narrowed = bank.atlas.find("K2", KeyResult)
    fields = "kind: STAY_ABOVE, at_most: ~"
    await bank.takes(f"objectives: [{{key: O, key_results: [{{key: K2, {fields}}}]}}]")
    opened = bank.atlas.find("K2", KeyResult)

    assert narrowed is not None
    assert opened is not None
    assert narrowed.bounds == Bounds(lower=Decimal(3), upper=Decimal(5))
    assert opened.bounds == Bounds(lower=Decimal(3))


DAYS = """\
cycles: [{key: Q4, title: Q4, start: 2026-10-01, end: 2026-12-31}]
journeys: [{key: J, title: J, level: MACRO}]
metrics:
  - key: M
    title: M
    unit: {kind: DURATION, display: DAY}
    better: LOWER
    measures: [{node: J, dimension: EFFICIENCY, long_term_target: 1.5}]
objectives:
  - key: O
    title: O
    cycle: Q4
    key_results:
      - key: K
        does_what: wait
        kind: DECREASE
        metric: M
        baseline: 38
        by_how_much: {by_amount: -10}
        ladder: {commit: 35, target: 31, stretch: 28}
      - {key: L, does_what: wait, kind: STAY_BELOW, metric: M, at_most: 40}
"""


async def test_durations_are_written_in_the_display_unit_and_kept_in_seconds() -> None:
    bank = Bank()

    await bank.takes(DAYS)

    first, second = bank.atlas.find("K", KeyResult), bank.atlas.find("L", KeyResult)
    (measure,) = _links(bank, Relation.MEASURES)
    day = 86_400
    assert first is not None
    assert second is not None
    assert first.baseline == Baseline(value=Decimal(38 * day))
    assert first.by_how_much == ByHowMuch(kind=HowMuchKind.BY_AMOUNT, value=Decimal(-10 * day))
    assert first.ladder == Ladder(
        commit=Decimal(35 * day), target=Decimal(31 * day), stretch=Decimal(28 * day)
    )
    assert second.bounds == Bounds(upper=Decimal(40 * day))
    assert measure.long_term_target == Decimal("1.5") * day


async def test_a_stored_metric_tells_the_unit_of_a_later_file() -> None:
    bank = Bank()
    await bank.takes(DAYS)

    report = await bank.takes("objectives: [{key: O, key_results: [{key: K, baseline: 38}]}]")

    assert report.changes_nothing


async def test_a_relative_change_of_a_duration_stays_as_it_is() -> None:
    bank = Bank()
    await bank.takes(DAYS)

    change = "{key: K, by_how_much: {by_percent: -50}}"
    await bank.takes(f"objectives: [{{key: O, key_results: [{change}]}}]")

    key_result = bank.atlas.find("K", KeyResult)
    assert key_result is not None
    assert key_result.by_how_much == ByHowMuch(kind=HowMuchKind.BY_PERCENT, value=Decimal(-50))


SOURCES = """\
connections:
  - {key: csv, title: CSV, connector: csv, settings: {folder: "${folder}/obs", n: 1, x: 0.5}}
metrics:
  - key: M
    title: M
    unit: {kind: MONEY, currency: NOK}
    better: LOWER
    window: {trailing_days: 28}
    sources:
      - {connection: csv, metric: trust, grain: MONTH, breakdowns: [[], [region, channel]]}
      - {key: second, title: Second, connection: csv, metric: other, grain: WEEK, precedence: 1}
"""


async def test_a_source_is_named_after_metric_and_connection() -> None:
    bank = Bank()

    await bank.takes(SOURCES)

    metric = bank.atlas.find("M", Metric)
    assert metric is not None
    first, second = bank.atlas.sources_by_metric[metric.id]
    assert (first.key, first.title, first.remote_metric) == ("M:csv", "M:csv", "trust")
    assert first.breakdowns == ((), ("channel", "region"))
    assert (second.key, second.title, second.breakdowns) == ("second", "Second", ((),))


async def test_settings_know_the_folder_of_the_file() -> None:
    bank = Bank()

    await bank.takes(SOURCES)

    connection = bank.atlas.find("csv", Connection)
    assert connection is not None
    assert connection.settings == {"folder": "/bank/obs", "n": 1, "x": 0.5}
    assert isinstance(connection.settings["n"], int)


async def test_units_and_windows_have_short_forms() -> None:
    bank = Bank()
    await bank.takes(SOURCES)

    metric = bank.atlas.find("M", Metric)
    await bank.takes("metrics: [{key: M, unit: PERCENT, window: ALL}]")
    changed = bank.atlas.find("M", Metric)

    assert metric is not None
    assert changed is not None
    assert metric.unit == Unit(kind=UnitKind.MONEY, currency="NOK")
    assert metric.window == Window(kind=WindowKind.TRAILING, days=28)
    assert changed.unit == Unit(kind=UnitKind.PERCENT)
    assert changed.window == Window(kind=WindowKind.ALL)


async def test_custom_fields_keep_their_kinds() -> None:
    bank = Bank()

    await bank.takes(
        "goals: [{key: G, title: G, kind: BUSINESS, scope: ORGANIZATION, "
        'custom_fields: {a: 1, b: 1.5, c: "1", d: true, e: ~}}]'
    )

    goal = bank.atlas.find("G", Goal)
    assert goal is not None
    assert goal.custom_fields == {"a": 1, "b": 1.5, "c": "1", "d": True, "e": None}


async def test_the_organizations_own_fields_are_updated() -> None:
    bank = Bank()
    await bank.takes(GOAL)
    header = HEADER.replace("title: Bank", "title: Bank, time_zone: Europe/Oslo")

    report = await bank.takes("", header=header)

    assert report.organization is Outcome.UPDATED
    assert (bank.atlas.organization.title, bank.atlas.organization.time_zone) == (
        "Bank",
        "Europe/Oslo",
    )
    assert bank.atlas.find("G", Goal) is not None


async def test_what_a_sync_knows_of_a_source_survives_an_import() -> None:
    bank = Bank()
    await bank.takes(SOURCES)

    await bank.takes("metrics: [{key: M, sources: [{connection: csv, precedence: 3}]}]")

    source = bank.atlas.find("M:csv", MetricSource)
    assert source is not None
    assert (source.precedence, source.grain, source.version) == (3, "MONTH", 2)


async def test_a_cycle_is_read_with_its_days() -> None:
    bank = Bank()

    await bank.takes(OKR)

    cycle = bank.atlas.find("Q4", Cycle)
    assert cycle is not None
    assert (cycle.start, cycle.end) == (date(2026, 10, 1), date(2026, 12, 31))


async def test_an_import_is_planned_again_where_someone_else_wrote(tmp_path: Path) -> None:
    path = _written(tmp_path, GOAL)
    atlases = FakeAtlases(rivals=1)

    report = await import_atlas_file(path, atlases, now=FIRST, new_id=ids())

    assert report.created == {Kind.GOAL: 1}
    assert "bank" in atlases.stored


async def test_a_second_conflict_is_the_callers(tmp_path: Path) -> None:
    path = _written(tmp_path, GOAL)
    atlases = FakeAtlases(rivals=2)

    with pytest.raises(Conflict):
        await import_atlas_file(path, atlases, now=FIRST, new_id=ids())


async def test_a_file_on_disk_is_refused_with_all_its_problems(tmp_path: Path) -> None:
    path = _written(tmp_path, "goals: [{key: a b}, {key: c d}]")

    with pytest.raises(InvalidAtlasFile, match="has 2 problems") as refused:
        await import_atlas_file(path, FakeAtlases(), now=FIRST, new_id=ids())

    assert str(refused.value.problems[0]).startswith('3:15 goals[0].key: "a b" is no key')


async def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await import_atlas_file(tmp_path / "none.yaml", FakeAtlases(), now=FIRST, new_id=ids())


def _written(folder: Path, body: str) -> Path:
    path = folder / "atlas.yaml"
    path.write_text(HEADER + body)
    return path


def _links(bank: Bank, relation: Relation) -> list[Link]:
    return [link for links in bank.atlas.outgoing[relation].values() for link in links]
