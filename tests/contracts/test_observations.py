"""What an observation and a window refuse, and how they are kept."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from journey_atlas_sdk import DataError, Observation, ObservationState, Window

OSLO = ZoneInfo("Europe/Oslo")
OCTOBER = datetime(2026, 10, 1, tzinfo=OSLO)
NOVEMBER = datetime(2026, 11, 1, tzinfo=OSLO)


def an_observation(**given: object) -> Observation:
    values: dict[str, Any] = {  # Any: wrong values are the point
        "metric": "trust",
        "start": OCTOBER,
        "end": NOVEMBER,
        "value": Decimal("66.4"),
        **given,
    }
    return Observation(**values)


def test_times_are_kept_in_utc() -> None:
    seen = an_observation()

    assert seen.start == datetime(2026, 9, 30, 22, tzinfo=UTC)  # summer time: two hours ahead
    assert seen.end == datetime(2026, 10, 31, 23, tzinfo=UTC)  # winter time: one hour
    assert seen.start.tzinfo is seen.end.tzinfo is UTC


def test_dimensions_have_one_order_whatever_the_author_wrote() -> None:
    one = an_observation(dimensions=(("region", "north"), ("channel", "app")))
    other = an_observation(dimensions=(("channel", "app"), ("region", "north")))

    assert one == other


def test_an_observation_is_final_unless_said_otherwise() -> None:
    assert an_observation().state is ObservationState.FINAL


def test_an_instant_is_an_observation_without_length() -> None:
    assert an_observation(end=OCTOBER).start == an_observation(end=OCTOBER).end


def test_nothing_measured_is_none_and_not_zero() -> None:
    assert an_observation(value=None).value is None


def test_an_observation_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        an_observation().value = Decimal(1)  # type: ignore[misc]  # the attempt is the point


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"value": 66.4}, id="float"),
        pytest.param({"value": 66}, id="int"),
        pytest.param({"value": "66.4"}, id="text"),
        pytest.param({"start": datetime(2026, 10, 1)}, id="start without zone"),  # noqa: DTZ001
        pytest.param({"end": "2026-11-01"}, id="end as text"),
        pytest.param({"sample_size": 3.5}, id="half a person"),
        pytest.param({"sample_size": True}, id="sample size as bool"),
        pytest.param({"state": "MAYBE"}, id="another state"),
        pytest.param({"flags": frozenset({"WHATEVER"})}, id="another flag"),
        pytest.param({"dimensions": {"channel": "app"}}, id="dimensions as dict"),
        pytest.param({"dimensions": (("channel", 1),)}, id="number as dimension"),
        pytest.param({"source_updated_at": datetime(2026, 11, 2)}, id="update without zone"),  # noqa: DTZ001
    ],
)
def test_what_only_code_gets_wrong_is_a_type_error(wrong: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=f"`{next(iter(wrong))}`"):
        an_observation(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"value": Decimal("NaN")}, "finite", id="NaN"),
        pytest.param({"value": Decimal("Infinity")}, "finite", id="infinite"),
        pytest.param({"value": Decimal("1e400")}, "401 digits", id="giant"),
        pytest.param({"numerator": Decimal("1e-999999")}, "digits", id="tiny"),
        pytest.param({"sample_size": 2**63}, "beyond all counting", id="everybody, and more"),
        pytest.param({"dimensions": (("channel", "a\0b"),)}, "no text", id="NUL"),
        pytest.param({"metric": ""}, "name its metric", id="no metric"),
        pytest.param({"end": datetime(2026, 9, 1, tzinfo=UTC)}, "ends before", id="backwards"),
        pytest.param({"dimensions": (("channel", ""),)}, "lacks", id="dimension without value"),
        pytest.param({"dimensions": (("", "app"),)}, "lacks", id="dimension without name"),
        pytest.param(
            {"dimensions": (("channel", "app"), ("channel", "web"))}, "twice", id="two channels"
        ),
        pytest.param({"sample_size": -1}, "sample size", id="negative sample"),
        pytest.param({"standard_error": Decimal(-1)}, "standard error", id="negative error"),
        pytest.param({"numerator": Decimal(1)}, "come together", id="numerator alone"),
        pytest.param({"denominator": Decimal(1)}, "come together", id="denominator alone"),
        pytest.param(
            {"value": None, "numerator": Decimal(1), "denominator": Decimal(2)},
            "value is missing",
            id="a ratio without its value",
        ),
    ],
)
def test_what_a_source_can_get_wrong_is_a_data_error(
    wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        an_observation(**wrong)


def test_a_ratio_over_nothing_has_no_value() -> None:
    seen = an_observation(value=None, numerator=Decimal(0), denominator=Decimal(0))

    assert seen.value is None


@pytest.mark.parametrize("end", [OCTOBER, datetime(2026, 9, 1, tzinfo=UTC)], ids=["empty", "back"])
def test_a_window_ends_after_its_start(end: datetime) -> None:
    with pytest.raises(ValueError, match="must come after"):
        Window(OCTOBER, end)


def test_a_window_over_the_hour_that_comes_twice_keeps_its_length() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=OSLO)
    window = Window(first, first.replace(fold=1))

    assert (window.end - window.start).total_seconds() == 3600


@pytest.mark.parametrize(
    ("start", "end", "held"),
    [
        pytest.param(OCTOBER, NOVEMBER, True, id="the whole window"),
        pytest.param(OCTOBER, OCTOBER, True, id="an instant at the start"),
        pytest.param(NOVEMBER, NOVEMBER, False, id="an instant at the end"),
        pytest.param(datetime(2026, 9, 30, tzinfo=UTC), NOVEMBER, False, id="begins before"),
        pytest.param(OCTOBER, datetime(2026, 11, 2, tzinfo=UTC), False, id="ends after"),
    ],
)
def test_a_window_holds_whole_periods(start: datetime, end: datetime, *, held: bool) -> None:
    assert Window(OCTOBER, NOVEMBER).holds(start, end) is held
