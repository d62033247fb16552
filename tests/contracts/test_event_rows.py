"""Things that happened become one number a period, each with the arithmetic beside it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from journey_atlas_sdk import (
    Aggregation,
    ConfigError,
    DataError,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    PullRequest,
    UnitKind,
    Window,
)
from journey_atlas_sdk.event_rows import EventReader, Events
from journey_atlas_sdk.exact_json import read_number
from journey_atlas_sdk.observation_rows import NumberedRow

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 10, 4, 12, tzinfo=UTC)
LATE = timedelta(days=1)

Cells = dict[str, object]

ROWS: list[Cells] = [
    {"at": "2026-10-01T10:00:00Z", "score": 10, "who": "ada", "channel": "app", "open": True},
    {"at": "2026-10-01T11:00:00Z", "score": "7", "who": "ada", "channel": None, "open": False},
    {"at": "2026-10-01T12:00:00Z", "score": 0, "who": "bob", "channel": "app", "open": True},
    {"at": "2026-10-01T13:00:00Z", "score": None, "who": None, "channel": "", "open": True},
]


def told(
    rows: list[Cells],
    *,
    days: tuple[int, int] = (1, 2),
    question: dict[str, Any] | None = None,  # Any: a question's fields
    **settings: Any,  # noqa: ANN401 -- settings of each type
) -> list[Observation]:
    """Read some rows of October 2026 as the answer for a few of its days."""
    events = Events.read({"time": "at", **settings})
    start, end = (datetime(2026, 10, day, tzinfo=OSLO) for day in days)
    request = PullRequest(
        metric="events",
        window=Window(start, end),
        grain=Grain.DAY,
        time_zone=OSLO,
        **(question or {}),
    )
    spec = events.spec("events", restates_for=LATE)
    reader = EventReader(events=events, spec=spec, request=request, now=NOW, number=read_number)
    return reader.answer(NumberedRow("answers", n, row) for n, row in enumerate(rows, 1))


@pytest.mark.parametrize(
    ("settings", "value", "made_of"),
    [
        pytest.param({"measure": "COUNT"}, "4", None, id="COUNT"),
        # 10 + 7 + 0
        pytest.param({"measure": "SUM", "column": "score"}, "17", None, id="SUM"),
        # 17 / 3
        pytest.param(
            {"measure": "MEAN", "column": "score"},
            "5.666666666666666666666666666666667",
            ("17", "3"),
            id="MEAN of the rows that have one",
        ),
        pytest.param({"measure": "UNIQUE", "column": "who"}, "2", None, id="UNIQUE"),
        # 3 of 4
        pytest.param({"measure": "RATIO", "part": {"open": True}}, "0.75", ("3", "4"), id="RATIO"),
        # 1 of 4: 10 or 7, and open
        pytest.param(
            {"measure": "RATIO", "part": {"score": [10, 7], "open": True}},
            "0.25",
            ("1", "4"),
            id="RATIO of those that fit it all",
        ),
        # 2 of 4 have neither null nor an empty text
        pytest.param(
            {"measure": "RATIO", "part": {"channel": None}}, "0.5", ("2", "4"), id="RATIO of none"
        ),
        # 100 × (1 − 1) / 3
        pytest.param({"measure": "NPS", "column": "score"}, "0", ("0", "3"), id="NPS"),
    ],
)
def test_a_day_is_measured(
    settings: dict[str, Any],  # Any: settings of each type
    value: str,
    made_of: tuple[str, str] | None,
) -> None:
    [day] = told(ROWS, **settings)

    assert day.value == Decimal(value)
    assert (day.numerator, day.denominator) == (
        (None, None) if made_of is None else tuple(map(Decimal, made_of))
    )
    assert day.sample_size == (None if made_of is None else int(made_of[1]))


def test_a_mean_tells_how_sure_it_is() -> None:
    # of 10, 7 and 0: the deviation is √((10² + 7² − 17² / 3) / 2), the error that by √3
    [mean] = told(ROWS, measure="MEAN", column="score")
    # of 1, 0, 1 and 1: √((3 − 3² / 4) / 3), by √4
    [ratio] = told(ROWS, measure="RATIO", part={"open": True})

    assert float(mean.standard_error or 0) == pytest.approx((158 / 3 / 2 / 3) ** 0.5)
    assert ratio.standard_error == Decimal("0.25")


@pytest.mark.parametrize(
    ("measure", "value"), [("COUNT", 0), ("SUM", 0), ("UNIQUE", 0), ("MEAN", None), ("NPS", None)]
)
def test_a_day_without_rows_counts_nothing_and_means_nothing(
    measure: str, value: int | None
) -> None:
    column: dict[str, Any] = {} if measure == "COUNT" else {"column": "score"}  # Any: a setting

    [day] = told([], days=(1, 2), measure=measure, **column)

    assert day.value == value
    assert day.flags == (frozenset() if value == 0 else frozenset({ObservationFlag.EMPTY}))


def test_days_are_those_of_the_question_and_late_ones_are_provisional() -> None:
    edges: list[Cells] = [
        {"at": "2026-10-02T23:59:59"},  # in the question's zone
        {"at": "2026-10-02T22:00:00Z"},  # midnight in Oslo
        {"at": "2026-10-03"},
        {"at": "2026-10-09"},
    ]

    days = told(edges, days=(2, 9), measure="COUNT")

    assert [(day.start.astimezone(OSLO).day, day.value, day.state) for day in days] == [
        (2, Decimal(1), ObservationState.FINAL),
        (3, Decimal(2), ObservationState.PROVISIONAL),
        (4, Decimal(0), ObservationState.PROVISIONAL),
    ]


def test_what_lacks_a_dimension_is_of_no_part() -> None:
    parts = told(
        ROWS, question={"dimensions": ("channel",)}, measure="COUNT",
        dimensions={"channel": "channel"},
    )  # fmt: skip

    assert [(part.dimensions, part.value) for part in parts] == [
        ((("channel", "app"),), Decimal(2))
    ]


def test_durations_become_seconds() -> None:
    question = {"parameters": {"duration_unit": "MINUTE"}}

    [day] = told(ROWS, question=question, measure="SUM", column="score")

    assert day.value == 17 * 60


def test_no_digit_of_a_sum_is_lost() -> None:
    digits = "0.1234567890123456789012345678901234567"
    rows: list[Cells] = [{"at": "2026-10-01", "fee": f"{n}{digits[1:]}"} for n in (1, 10)]

    [day] = told(rows, measure="SUM", column="fee")

    assert day.value == Decimal("11.2469135780246913578024691357802469134")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"at": "2026-10-01", "score": 11}, "column score: 11 is no answer from 0 to 10"),
        ({"at": "2026-10-01", "score": "7.5"}, "column score: 7.5 is no answer"),
        ({"at": "2026-10-01", "score": "37%"}, "column score: '37%' is not a number"),
        ({"at": "01/10/2026", "score": 7}, "column at: .* is no date"),
        ({"at": None, "score": 7}, "column at: '' is no date"),
        ({"at": ["2026-10-01"], "score": 7}, "column at: it holds several values"),
    ],
)
def test_what_cannot_be_read_names_row_and_column(row: Cells, says: str) -> None:
    with pytest.raises(DataError, match=f"^answers, row 1, {says}"):
        told([row], measure="NPS", column="score")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"measure": "SUM"}, "`column` belongs to MEAN, NPS, SUM, UNIQUE, and they need it"),
        ({"measure": "COUNT", "column": "score"}, "`column` belongs to"),
        ({"measure": "RATIO"}, "`part` belongs to RATIO, which needs it"),
        ({"measure": "NPS", "column": "score", "part": {"a": 1}}, "`part` belongs to"),
        ({"measure": "COUNT", "unit": {"kind": "NUMBER"}}, "The unit of COUNT is COUNT"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    settings: dict[str, Any],  # Any: settings of each type
    says: str,
) -> None:
    with pytest.raises(ConfigError, match=says):
        Events.read({"time": "at", **settings})


def test_the_spec_says_what_may_be_added_up() -> None:
    unique = Events.read({"time": "at", "measure": "UNIQUE", "column": "who"})
    nps = Events.read({"time": "at", "measure": "NPS", "column": "score"})
    specs = [each.spec("metric", restates_for=LATE) for each in (unique, nps)]

    assert [spec.aggregation for spec in specs] == [Aggregation.UNIQUE, Aggregation.RATIO]
    assert [spec.unit and spec.unit.kind for spec in specs] == [UnitKind.COUNT, UnitKind.SCORE]
    assert [(spec.minimum, spec.maximum) for spec in specs] == [
        (Decimal(0), None),
        (Decimal(-100), Decimal(100)),
    ]
