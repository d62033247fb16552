"""A wrong number is worse than none: what parse_decimal reads and refuses."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_atlas_sdk import DataError, parse_decimal, quotient

COMMA: dict[str, Any] = {"decimal": ","}
GERMAN: dict[str, Any] = {"decimal": ",", "thousands": "."}
ENGLISH: dict[str, Any] = {"thousands": ","}
FRENCH: dict[str, Any] = {"decimal": ",", "thousands": " "}
SWISS: dict[str, Any] = {"thousands": "'"}


@pytest.mark.parametrize(
    ("text", "marks", "number"),
    [
        pytest.param("66.4", {}, "66.4", id="plain"),
        pytest.param(" -0.20 ", {}, "-0.20", id="blanks around"),
        pytest.param("+3", {}, "3", id="plus"),
        pytest.param(".5", {}, "0.5", id="no whole part"),
        pytest.param("1.5E+3", {}, "1500", id="exponent, as spreadsheets write it"),
        pytest.param("37,5", COMMA, "37.5", id="decimal comma"),
        pytest.param("1,234", COMMA, "1.234", id="three decimals behind a comma"),
        pytest.param("1,234", ENGLISH, "1234", id="English thousands"),
        pytest.param("1.234.567,5", GERMAN, "1234567.5", id="German thousands"),
        pytest.param("1234,5", GERMAN, "1234.5", id="separators left out"),
        pytest.param("1\u202f234,5", FRENCH, "1234.5", id="narrow no-break space"),
        pytest.param("1'234.5", SWISS, "1234.5", id="Swiss thousands"),
        pytest.param(12, {}, "12", id="an int"),
        pytest.param(0.1, {}, "0.1", id="a float as it is written"),
        pytest.param(Decimal("0.10"), {}, "0.10", id="a Decimal as it is"),
    ],
)
def test_a_number_is_read_exactly(text: str | float, marks: dict[str, Any], number: str) -> None:
    read = parse_decimal(text, **marks)

    assert read == Decimal(number)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        *[
            pytest.param(text, {}, id=text)
            for text in (
                "37%",
                "N/A",
                "n/a",
                "-",
                "NaN",
                "inf",
                "-Infinity",
                "1_000",
                "0x10",
                "1 2",
            )
        ],
        pytest.param("1,234", {}, id="a comma that may mean two things"),
        pytest.param("1.234,5", {}, id="German, unsaid"),
        pytest.param("1.234", COMMA, id="a dot that may mean two things"),
        pytest.param("1.23,4", GERMAN, id="groups of two"),
        pytest.param("1,2345", ENGLISH, id="groups of four"),
        pytest.param(",123", ENGLISH, id="a group without a head"),
        pytest.param("1.234 567", GERMAN, id="two separators"),
        pytest.param("٣", {}, id="other digits"),
        pytest.param("1e999999", {}, id="an exponent that fills the memory"),
        pytest.param("1e99", {}, id="too many digits written short"),
        pytest.param("9" * 41, {}, id="too many digits"),
        pytest.param("NaN%", {}, id="nonsense"),
        pytest.param(float("nan"), {}, id="a float that is none"),
        pytest.param(float("inf"), {}, id="an infinite float"),
        pytest.param(Decimal("NaN"), {}, id="a Decimal that is none"),
        pytest.param(True, {}, id="a bool"),
    ],
)
def test_what_is_no_number_or_might_be_two_is_refused(
    text: str | float, marks: dict[str, Any]
) -> None:
    with pytest.raises(DataError):
        parse_decimal(text, **marks)


@pytest.mark.parametrize("text", [None, "", "   "], ids=["None", "empty", "blank"])
def test_nothing_is_none(text: str | None) -> None:
    assert parse_decimal(text) is None


def test_only_the_named_words_stand_for_no_value() -> None:
    assert parse_decimal("N/A", missing=["N/A"]) is None
    with pytest.raises(DataError):
        parse_decimal("n.a.", missing=["N/A"])


def test_a_percent_sign_is_answered_with_what_to_do() -> None:
    with pytest.raises(DataError, match="without the percent sign"):
        parse_decimal("37%")


def test_one_mark_cannot_mean_both() -> None:
    with pytest.raises(ValueError, match="both"):
        parse_decimal("1", decimal=",", thousands=",")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e9, max_value=1e9))
def test_what_is_written_with_any_marks_reads_back_the_same(number: Decimal) -> None:
    english = f"{number:,f}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert parse_decimal(f"{number:f}") == number
    assert parse_decimal(english, thousands=",") == number
    assert parse_decimal(german, decimal=",", thousands=".") == number


def test_a_quotient_has_34_digits_and_none_stands_for_a_division_by_nothing() -> None:
    assert quotient(Decimal(2), Decimal(3)) == Decimal("0.6666666666666666666666666666666667")
    assert quotient(Decimal(0), Decimal(3)) == 0
    assert quotient(Decimal(2), Decimal(0)) is None
