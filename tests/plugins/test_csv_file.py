"""The CSV connector: what it reads out of files, exactly, and what it refuses."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csv_file import CsvFiles, CsvSettings
from journey_atlas_sdk import (
    AccessDenied,
    ConfigError,
    DataError,
    Grain,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    TransientError,
    Unit,
    UnitKind,
    UnknownMetric,
    Window,
)
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.plugins.questions import a_question, days

TRUST = """\
period_start,value,n
2026-08-01,64.0,1190
2026-09-01,65.1,1204
2026-10-01,66.4,1180
"""


def a_connector(folder: Path, **settings: object) -> CsvFiles:
    return CsvFiles(CsvSettings.read({"folder": str(folder), **settings}))


async def pulled(
    folder: Path,
    text: str | bytes,
    question: PullRequest | None = None,
    settings: Mapping[str, object] | None = None,
) -> list[Observation]:
    """Pull the metric `trust` out of one file."""
    content = text.encode() if isinstance(text, str) else text
    (folder / "trust.csv").write_bytes(content)
    return await pull_all(a_connector(folder, **(settings or {})), question or a_question())


def values(found: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


async def test_a_file_named_after_the_metric_gives_its_values_oldest_first(tmp_path: Path) -> None:
    header, *rows = TRUST.splitlines()

    found = await pulled(tmp_path, "\n".join([header, *reversed(rows)]))

    assert values(found) == [Decimal("64.0"), Decimal("65.1"), Decimal("66.4")]
    assert found[2] == Observation(
        metric="trust",
        start=datetime(2026, 9, 30, 22, tzinfo=UTC),  # 1 October in Oslo, summer time
        end=datetime(2026, 10, 31, 23, tzinfo=UTC),  # 1 November, winter time
        value=Decimal("66.4"),
        sample_size=1180,
        source_ref="trust.csv:2",
    )


async def test_every_column_finds_its_field(tmp_path: Path) -> None:
    text = (
        "PERIOD_START;Period_End; Value ;N;Numerator;Denominator;Standard_Error;State;Channel\n"
        "2026-10-01;2026-11-01;44.2;500;221;500;1.1;provisional;online\n"
    )

    (seen,) = await pulled(tmp_path, text, a_question(dimensions=("channel",)))

    assert (seen.value, seen.sample_size) == (Decimal("44.2"), 500)
    assert (seen.numerator, seen.denominator) == (Decimal(221), Decimal(500))
    assert seen.standard_error == Decimal("1.1")
    assert seen.state is ObservationState.PROVISIONAL
    assert seen.dimensions == (("channel", "online"),)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        pytest.param("\ufeff" + TRUST, {}, id="byte order mark"),
        pytest.param(TRUST.replace(",", ";"), {}, id="semicolons"),
        pytest.param(TRUST.replace(",", "\t"), {}, id="tabs"),
        pytest.param(TRUST.replace(",", "|"), {"delimiter": "|"}, id="bars, said"),
        pytest.param(
            TRUST.replace(",", ";").replace(".", ","), {"decimal": ","}, id="decimal comma"
        ),
        pytest.param(
            TRUST.replace(",", ";").replace(".", ",").replace(";1", ";1."),
            {"decimal": ",", "thousands": "."},
            id="thousands",
        ),
        pytest.param(TRUST.replace("\n", "\r\n"), {}, id="line ends of Windows"),
        pytest.param(TRUST.replace("\n", "\n\n ,,\n"), {}, id="blank lines"),
        pytest.param(TRUST.rstrip(), {}, id="no line end at the end"),
        pytest.param(TRUST.encode("utf-16"), {"encoding": "utf-16"}, id="UTF-16"),
    ],
)
async def test_the_same_table_reads_the_same_however_it_is_written(
    tmp_path: Path, text: str | bytes, settings: dict[str, object]
) -> None:
    found = await pulled(tmp_path, text, settings=settings)

    assert values(found) == [Decimal("64.0"), Decimal("65.1"), Decimal("66.4")]
    assert [one.sample_size for one in found] == [1190, 1204, 1180]


async def test_a_quoted_cell_may_hold_line_breaks_and_later_lines_are_counted_on(
    tmp_path: Path,
) -> None:
    text = 'period_start,value,channel\n2026-09-01,1,"in\nbranch"\n2026-10-01,oops,app\n'
    by_channel = a_question(dimensions=("channel",))

    found = await pulled(
        tmp_path, text, replace(by_channel, window=days("2026-09-01", "2026-10-01"))
    )

    assert found[0].dimensions == (("channel", "in\nbranch"),)
    with pytest.raises(
        DataError, match=r"^trust\.csv, line 4, column value: 'oops' is not a number"
    ):
        await pulled(tmp_path, text, by_channel)


async def test_a_period_without_a_row_is_left_out_and_an_empty_cell_is_none(tmp_path: Path) -> None:
    text = "period_start,value\n2026-08-01,64\n2026-10-01,\n"

    found = await pulled(tmp_path, text)

    assert [(one.start.month, one.value) for one in found] == [(7, Decimal(64)), (9, None)]


async def test_named_words_stand_for_no_value(tmp_path: Path) -> None:
    found = await pulled(
        tmp_path, "period_start,value\n2026-10-01,N/A\n", settings={"missing": ["N/A"]}
    )

    assert values(found) == [None]


HEAD = "period_start,period_end,value,n,numerator,denominator,state\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("2026-10-01,,37%,,,,", "value: '37%' is not a number", id="percent"),
        pytest.param("2026-10-01,,N/A,,,,", "value: 'N/A' is not a number", id="N/A"),
        pytest.param("2026-10-01,,NaN,,,,", "value: 'NaN' is not a number", id="NaN"),
        pytest.param('2026-10-01,,"1,234",,,,', "value: '1,234' is not a number", id="ambiguous"),
        pytest.param("2026-10-01,,1,1.5,,,", "n: 1.5 is no whole number", id="half a person"),
        pytest.param("2026-10-01,,1,-4,,,", "value: A sample size is below 0", id="negative n"),
        pytest.param("2026-10-01,,1,,3,,", "value: A numerator and its", id="numerator alone"),
        pytest.param("2026-10-01,,,,3,4,", "value: The value is missing", id="ratio, no value"),
        pytest.param("2026-10-01,,1,,,,MAYBE", "state: 'MAYBE' is neither", id="state"),
        pytest.param(",,1,,,,", "period_start: it is empty", id="no start"),
        pytest.param("01/10/2026,,1,,,,", "period_start: '01/10/2026' is no date", id="date"),
        pytest.param("2026-10-02,,1,,,,", "period_start: no MONTH begins there", id="start"),
        pytest.param(
            "2026-10-01,2026-10-31,1,,,,",
            "period_end: this MONTH ends where the next begins: 2026-11-01T00:00:00",
            id="the last day as end",
        ),
    ],
)
async def test_a_bad_row_is_refused_by_file_line_and_column(
    tmp_path: Path, row: str, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        await pulled(tmp_path, f"{HEAD}2026-09-01,,1,,,,\n{row}\n")

    assert caught.value.message.startswith(f"trust.csv, line 3, column {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "trust.csv: the header needs", id="empty file"),
        pytest.param("month,value\n", "needs the columns period_start and value", id="no start"),
        pytest.param("period_start,value,value\n", "need names, each its own", id="value twice"),
        pytest.param("period_start,value,\n", "need names, each its own", id="nameless column"),
        pytest.param("period_start,value\n2026-10-01\n", "line 2: 1 cells where", id="cut row"),
        pytest.param("period_start,value\n2026-10-01,1,2\n", "line 2: 3 cells", id="long row"),
        pytest.param('period_start,value\n2026-10-01,"1\n', "line 2: unexpected end", id="quote"),
        pytest.param("period_start,value\n2026-10-01,1\0\n", "value: '1.x00'", id="NUL"),
        pytest.param(
            "period_start,value\n2026-10-01,1\n2026-10-01,2\n",
            "line 3, column period_start: the same period stands at trust.csv:2",
            id="one month twice",
        ),
        pytest.param(
            "period_start,value," + ",".join(f"d{n}" for n in range(99)) + "\n",
            "1 to 100 columns",
            id="101 columns",
        ),
        pytest.param(TRUST.encode("utf-16"), "is not written in utf-8", id="other encoding"),
        pytest.param(
            "period_start,value,metric\n2026-10-01,1,\n", "column metric: it is empty", id="metric"
        ),
    ],
)
async def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        await pulled(tmp_path, text)


async def test_a_file_with_a_header_alone_has_no_values_yet(tmp_path: Path) -> None:
    assert await pulled(tmp_path, "period_start,value\n") == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"max_bytes": len(TRUST) - 1}, "max_bytes"), ({"max_rows": 2}, "max_rows")],
    ids=["bytes", "rows"],
)
async def test_a_file_that_is_too_big_is_refused(
    tmp_path: Path, settings: dict[str, int], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        await pulled(tmp_path, TRUST, settings=settings)


async def test_a_file_that_just_fits_is_read(tmp_path: Path) -> None:
    assert (
        len(await pulled(tmp_path, TRUST, settings={"max_bytes": len(TRUST), "max_rows": 3})) == 3
    )


@pytest.mark.parametrize(
    ("grain", "start", "first", "after"),
    [
        # Oslo is UTC+1 in winter, UTC+2 in summer; 2026 changes on 29 March and 25 October.
        (Grain.DAY, "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),
        (Grain.DAY, "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),
        (Grain.WEEK, "2026-10-19", "2026-10-18T22:00", "2026-10-25T23:00"),
        (Grain.WEEK, "2026-W43", "2026-10-18T22:00", "2026-10-25T23:00"),
        (Grain.MONTH, "2026-03-01", "2026-02-28T23:00", "2026-03-31T22:00"),
        (Grain.QUARTER, "2026-10-01", "2026-09-30T22:00", "2026-12-31T23:00"),
        (Grain.YEAR, "2026-01-01", "2025-12-31T23:00", "2026-12-31T23:00"),
        (Grain.HOUR, "2026-10-25T02:00+01:00", "2026-10-25T01:00", "2026-10-25T02:00"),
        (Grain.INSTANT, "2026-10-25T12:00", "2026-10-25T11:00", "2026-10-25T11:00"),
    ],
)
async def test_a_period_begins_and_ends_in_the_questions_time_zone(
    tmp_path: Path, grain: Grain, start: str, first: str, after: str
) -> None:
    text = f"period_start,value\n{start},1\n"

    (seen,) = await pulled(tmp_path, text, a_question(grain=grain))

    assert seen.start == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert seen.end == datetime.fromisoformat(after).replace(tzinfo=UTC)


async def test_another_time_zone_moves_the_periods(tmp_path: Path) -> None:
    new_york = a_question(zone=ZoneInfo("America/New_York"))

    (seen,) = await pulled(tmp_path, "period_start,value\n2026-10-01,1\n", new_york)

    assert seen.start == datetime(2026, 10, 1, 4, tzinfo=UTC)


async def test_a_total_lasts_from_its_start_to_its_end(tmp_path: Path) -> None:
    text = "period_start,period_end,value\n2026-01-01,2026-11-22,9\n"

    (seen,) = await pulled(tmp_path, text, a_question(grain=Grain.TOTAL))

    assert (seen.end - seen.start).days == 325  # 1 January to 22 November


@pytest.mark.parametrize(
    ("grain", "row", "message"),
    [
        pytest.param(Grain.TOTAL, "2026-01-01,", "a total needs one", id="total without end"),
        pytest.param(Grain.TOTAL, "2026-01-01,2026-01-01", "after its start", id="empty total"),
        pytest.param(Grain.INSTANT, "2026-01-01,2026-01-02", "an instant has none", id="instant"),
    ],
)
async def test_an_end_that_does_not_fit_the_grain_is_refused(
    tmp_path: Path, grain: Grain, row: str, message: str
) -> None:
    with pytest.raises(DataError, match=f"column period_end: .*{message}"):
        await pulled(tmp_path, f"period_start,period_end,value\n{row},1\n", a_question(grain=grain))


MONTHS = [f"2026-{month:02}-01" for month in range(1, 13)] + ["2027-01-01"]


@given(cut=st.integers(1, 11))
async def test_two_halves_of_a_window_give_what_the_whole_gives(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    rows = "".join(f"{month},{n}\n" for n, month in enumerate(MONTHS))
    folder = tmp_path_factory.mktemp("halves")
    (folder / "trust.csv").write_text(f"period_start,value\n{rows}")
    connector = a_connector(folder)

    async def between(first: str, after: str) -> list[Observation]:
        return await pull_all(connector, a_question(window=days(first, after)))

    halves = await between(MONTHS[0], MONTHS[cut]) + await between(MONTHS[cut], MONTHS[12])

    assert halves == await between(MONTHS[0], MONTHS[12])
    assert len(halves) == 12
    assert all(one.end == following.start for one, following in pairwise(halves))


async def test_a_window_gives_whole_periods_only(tmp_path: Path) -> None:
    window = days("2026-08-15", "2026-10-15")

    found = await pulled(tmp_path, TRUST, a_question(window=window))

    assert values(found) == [Decimal("65.1")]


async def test_a_bad_row_outside_the_window_harms_nobody(tmp_path: Path) -> None:
    window = days("2026-10-01", "2026-11-01")

    found = await pulled(tmp_path, TRUST.replace("64.0", "oops"), a_question(window=window))

    assert values(found) == [Decimal("66.4")]


async def test_a_period_that_is_not_over_is_provisional(tmp_path: Path) -> None:
    text = "period_start,value\n2026-10-01,66.4\n2026-11-01,66.9\n"  # it is 22 November

    found = await pulled(tmp_path, text)

    assert [one.state for one in found] == [ObservationState.FINAL, ObservationState.PROVISIONAL]


BY_CHANNEL = """\
period_start,value,channel,persona
2026-10-01,44.2,,
2026-10-01,46.0,online,
2026-10-01,39.5,branch,
2026-10-01,41.0,online,first-time buyer
"""


@pytest.mark.parametrize(
    ("dimensions", "expected"),
    [
        pytest.param((), ["44.2"], id="the whole"),
        pytest.param(("channel",), ["39.5", "46.0"], id="by channel"),
        pytest.param(("persona", "channel"), ["41.0"], id="by both, in any order"),
        pytest.param(("persona",), [], id="by persona alone"),
    ],
)
async def test_a_row_belongs_to_the_dimensions_that_it_fills(
    tmp_path: Path, dimensions: tuple[str, ...], expected: list[str]
) -> None:
    found = await pulled(tmp_path, BY_CHANNEL, a_question(dimensions=dimensions))

    assert values(found) == [Decimal(value) for value in expected]
    assert all({name for name, _ in one.dimensions} == set(dimensions) for one in found)


async def test_an_unknown_dimension_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"called region; columns to break down by: channel, per"):
        await pulled(tmp_path, BY_CHANNEL, a_question(dimensions=("region",)))


@pytest.mark.parametrize(
    ("unit", "seconds"),
    # 4.2 days are 4.2 x 86,400 s; the numerator and the standard error are days as well.
    [("DAY", "362880.0"), ("HOUR", "15120.0"), ("SECOND", "4.2")],
)
async def test_durations_become_seconds_exactly(tmp_path: Path, unit: str, seconds: str) -> None:
    text = "period_start,value,numerator,denominator,standard_error\n2026-10-01,4.2,42,10,4.2\n"

    (seen,) = await pulled(tmp_path, text, a_question(parameters={"duration_unit": unit}))

    assert (seen.value, seen.standard_error) == (Decimal(seconds), Decimal(seconds))
    assert (seen.numerator, seen.denominator) == (Decimal(seconds) * 10, Decimal(10))


async def test_a_long_duration_loses_no_digit(tmp_path: Path) -> None:
    text = "period_start,value\n2026-10-01,0.123456789012345678901234567891\n"

    (seen,) = await pulled(tmp_path, text, a_question(parameters={"duration_unit": "DAY"}))

    assert seen.value == Decimal("10666.6665706666666570666666657824")  # x 86,400


@pytest.mark.parametrize(
    "parameters", [{"duration_unit": "FORTNIGHT"}, {"unit": "DAY"}], ids=["unit", "name"]
)
async def test_parameters_that_do_not_fit_are_refused(
    tmp_path: Path, parameters: dict[str, str]
) -> None:
    with pytest.raises(ConfigError, match="unit: "):
        await pulled(tmp_path, TRUST, a_question(parameters=parameters))


async def test_a_replaced_file_gives_the_restated_value_under_the_same_identity(
    tmp_path: Path,
) -> None:
    before = await pulled(tmp_path, TRUST)

    after = await pulled(tmp_path, TRUST.replace("65.1", "64.3"))

    assert [(one.start, one.end, one.dimensions) for one in before] == [
        (one.start, one.end, one.dimensions) for one in after
    ]
    assert (before[1].value, after[1].value) == (Decimal("65.1"), Decimal("64.3"))


MANY = """\
metric,period_start,value,channel
nps,2026-10-01,31,
trust,2026-10-01,66.4,
nps,2026-10-01,35,app
"""


async def test_one_file_may_hold_many_metrics(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(MANY)

    found = await pull_all(a_connector(tmp_path), a_question("nps"))

    assert values(found) == [Decimal(31)]


async def test_a_single_file_is_read_alone(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(MANY)
    (tmp_path / "broken.csv").write_text("oops")
    connector = CsvFiles(CsvSettings.read({"file": str(tmp_path / "survey.csv")}))

    assert values(await pull_all(connector, a_question("trust"))) == [Decimal("66.4")]


async def test_the_file_of_a_metrics_name_answers_though_another_file_is_broken(
    tmp_path: Path,
) -> None:
    (tmp_path / "broken.csv").write_text("oops")

    assert len(await pulled(tmp_path, TRUST)) == 3


async def test_an_unknown_metric_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(MANY)
    (tmp_path / "effort.csv").write_text("period_start,value\n")

    with pytest.raises(UnknownMetric, match=r"no metric 'csat'\. It has: effort, nps, trust\."):
        await pull_all(a_connector(tmp_path), a_question("csat"))


@pytest.mark.parametrize("metric", ["../secret", "/etc/passwd", "trust.csv", ""])
async def test_a_metrics_name_never_becomes_a_path(tmp_path: Path, metric: str) -> None:
    (tmp_path / "secret.csv").write_text(TRUST)
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "trust.csv").write_text(TRUST)

    with pytest.raises(UnknownMetric):
        await pull_all(a_connector(folder), a_question(metric))


async def test_discover_lists_the_metrics_with_their_dimensions_and_units(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(MANY)
    (tmp_path / "churn.CSV").write_text("period_start,value\n")
    connector = a_connector(tmp_path, units={"churn": {"kind": "RATIO"}})

    found = await connector.discover(FakeContext())

    def told(spec: MetricSpec) -> tuple[str, Unit | None, tuple[str, ...]]:
        return spec.key, spec.unit, spec.dimensions

    assert [told(spec) for spec in found] == [
        ("churn", Unit(kind=UnitKind.RATIO), ()),
        ("nps", None, ("channel",)),
        ("trust", None, ("channel",)),
    ]


async def test_check_passes_where_every_header_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "trust.csv").write_text(TRUST)

    await a_connector(tmp_path).check(FakeContext())


async def test_check_names_the_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "trust.csv").write_text(TRUST)
    (tmp_path / "broken.csv").write_text("oops")

    with pytest.raises(DataError, match=r"^broken\.csv: the header needs"):
        await a_connector(tmp_path).check(FakeContext())


async def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds 0 files"):
        await a_connector(tmp_path).check(FakeContext())


async def test_a_folder_that_is_missing_is_the_settings_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere does not exist"):
        await pull_all(a_connector(tmp_path / "nowhere"), a_question())


async def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "trust.csv").mkdir()

    with pytest.raises(ConfigError, match="is not a file"):
        await pull_all(a_connector(tmp_path), a_question())


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        pytest.param(PermissionError(13, "Permission denied"), AccessDenied, id="rights"),
        pytest.param(OSError(5, "Input/output error"), TransientError, id="disk"),
    ],
)
async def test_what_the_disk_refuses_is_named_by_what_happens_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: OSError, error: type[Exception]
) -> None:
    def fail(_: Path) -> None:
        raise failure

    connector = a_connector(tmp_path)
    monkeypatch.setattr(Path, "iterdir", fail)

    with pytest.raises(error, match=str(tmp_path)):
        await pull_all(connector, a_question())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({}, "Give either `folder` or `file`", id="no place"),
        pytest.param({"folder": "/a", "file": "/b.csv"}, "Give either", id="two places"),
        pytest.param({"folder": "observations"}, "absolute path instead of 'obs", id="relative"),
        pytest.param({"folder": "/a", "decimal": ".", "thousands": "."}, "both '.'", id="marks"),
        pytest.param({"folder": "/a", "max_rows": 0}, "max_rows: ", id="no rows"),
        pytest.param({"folder": "/a", "units": {"x": {"kind": "MONEY"}}}, "currency", id="unit"),
        pytest.param({"folder": "/a", "sheet": 1}, "sheet: Extra inputs", id="unknown"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CsvSettings.read(settings)


@pytest.mark.slow
async def test_a_hundred_thousand_rows_are_read(tmp_path: Path) -> None:
    rows = "".join(f"2026-10-01,1,{n}\n" for n in range(100_000))
    by_branch = a_question(dimensions=("branch",), window=days("2026-10-01", "2026-11-01"))

    found = await pulled(tmp_path, f"period_start,value,branch\n{rows}", by_branch)

    assert len(found) == 100_000


def test_a_window_helper_cuts_at_midnight_in_oslo() -> None:
    window = days("2026-10-01", "2026-11-01")

    assert window == Window(
        datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)
    )
