"""JSON is read without loss, and what doesn't fit is told with its place."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel

from journey_atlas_sdk import DataError
from journey_atlas_sdk.exact_json import (
    Epoch,
    Exact,
    Moment,
    Tally,
    Whole,
    read_json,
    read_model,
)


class Point(BaseModel):
    at: Moment
    value: Exact | None


def test_fractions_keep_every_digit() -> None:
    assert read_json(b"[0.1000000000000000055511151231257827, 1e2, 7]") == [
        Decimal("0.1000000000000000055511151231257827"),
        Decimal("1e2"),
        7,
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"a": 1', id="no end"),
        pytest.param(b"<!doctype html>", id="a page"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b"[-Infinity]", id="infinity"),
        pytest.param(b"\xff\xfe\xfa", id="no text"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"1" * 5_000, id="too long a number"),
    ],
)
def test_what_is_no_json_is_a_data_error(body: bytes) -> None:
    with pytest.raises(DataError, match="no JSON"):
        read_json(body)


@pytest.mark.parametrize("written", ["66.40", '"66.40"'])
def test_a_number_may_be_written_as_a_text(written: str) -> None:
    body = f'{{"at": "2026-11-22T13:00:00+01:00", "value": {written}}}'.encode()

    point = read_model(body, Point)

    assert point.value == Decimal("66.40")
    assert point.at == datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param('"37%"', "value: Value error, '37%' is not a number", id="percent"),
        pytest.param("true", "value: Value error, True is not a number", id="a boolean"),
        pytest.param("[1]", "value: Value error, A list is no number", id="a list"),
        pytest.param('"N/A"', "value: Value error, 'N/A' is not a number", id="N/A"),
    ],
)
def test_what_is_no_number_is_named_with_its_place(body: str, told: str) -> None:
    text = f'{{"at": "2026-11-22T12:00:00Z", "value": {body}}}'

    with pytest.raises(DataError, match=told):
        read_model(text.encode(), Point)


@pytest.mark.parametrize("at", ['"2026-11-22"', '"2026-11-22T12:00"', "1763812800", '"1763812800"'])
def test_a_time_without_an_offset_is_refused(at: str) -> None:
    with pytest.raises(DataError, match="at: "):
        read_model(f'{{"at": {at}, "value": 1}}'.encode(), Point)


class Visit(BaseModel):
    at: Epoch


@pytest.mark.parametrize("at", ["1795348800", '"1795348800"'])
def test_whole_seconds_since_1970_are_a_time(at: str) -> None:
    found = read_model(f'{{"at": {at}}}'.encode(), Visit)

    assert found.at == datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("at", ["1795348800000", "1795348800.5", '"today"', "true", "-1", "null"])
def test_milliseconds_and_other_forms_are_no_seconds_since_1970(at: str) -> None:
    with pytest.raises(DataError, match="at: "):
        read_model(f'{{"at": {at}}}'.encode(), Visit)


class Answer(BaseModel):
    number: Whole


@pytest.mark.parametrize("number", ["9", '"9"', "9.0", '" 9 "'])
def test_a_whole_number_may_be_written_in_several_ways(number: str) -> None:
    assert read_model(f'{{"number": {number}}}'.encode(), Answer).number == 9


@pytest.mark.parametrize("number", ["9.5", '"9.5"', '"1_0"', '""', "null", "true", '"37%"'])
def test_what_is_no_whole_number_is_refused(number: str) -> None:
    with pytest.raises(DataError, match="number: "):
        read_model(f'{{"number": {number}}}'.encode(), Answer)


class Counter(BaseModel):
    count: Tally


@pytest.mark.parametrize("written", ["12", '"12"', "12.0"])
def test_a_count_is_whole(written: str) -> None:
    assert read_model(f'{{"count": {written}}}'.encode(), Counter).count == 12


@pytest.mark.parametrize("written", ["-1", "1.5", '"12%"', '""', "null"])
def test_what_is_no_count_is_refused(written: str) -> None:
    with pytest.raises(DataError, match="count: "):
        read_model(f'{{"count": {written}}}'.encode(), Counter)
