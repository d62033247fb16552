"""YAML to values that know their places, and all that is refused on the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.atlas_file.events import MOST_BYTES, Mark
from api.atlas_file.reading import DEEPEST, read_document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("NO", "NO", id="Norway is text"),
        pytest.param("yes", "yes", id="yes is text"),
        pytest.param("2026-11-22", "2026-11-22", id="a day is text until a field wants a day"),
        pytest.param("1_000", "1_000", id="grouped digits are text"),
        pytest.param("0x1F", "0x1F", id="hex is text"),
        pytest.param(".nan", ".nan", id="not a number is text"),
        pytest.param("0.1", Decimal("0.1"), id="a number is exactly its text"),
        pytest.param("-1.50", Decimal("-1.50"), id="a negative number"),
        pytest.param("1e3", Decimal(1000), id="a number with an exponent"),
        pytest.param('"61"', "61", id="a quoted number is text"),
        pytest.param("true", True, id="true"),
        pytest.param("~", None, id="nothing"),
        pytest.param("", None, id="an empty value"),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(text: str, value: object) -> None:
    document = read_document(f"field: {text}".encode())

    assert document.problems == []
    assert document.value == {"field": value}


def test_every_value_and_name_knows_its_place() -> None:
    document = read_document(b"goals:\n  - key: BG1\n    served_by: [MJ1, MJ2]\n")

    assert document.marks.names["goals", 0, "served_by"] == Mark(3, 5)
    assert document.marks.values["goals", 0, "served_by", 1] == Mark(3, 22)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param("a: [1,\nb: 2", 2, 5, "This is not YAML", id="an open list"),
        pytest.param("a: b: c", 1, 5, "mapping values are not allowed", id="two colons"),
        pytest.param("a: 1\n\tb: 2", 2, 1, "This is not YAML", id="a tab"),
        pytest.param("a: 1\nb: \x01", 2, 4, "U+0001", id="a control character"),
        pytest.param('a: "\\UFFFFFFFF"', 1, 1, "This is not YAML", id="an escape beyond Unicode"),
        pytest.param("%YAML 1.9\n---\na: 1", 1, 1, "This is not YAML", id="an odd version"),
        pytest.param("a: 1\n---\nb: 2", 2, 1, "A second document", id="a second document"),
        pytest.param("{a: 1, ? [b] : c}", 1, 10, "plain text", id="a list as a name"),
        pytest.param("[" * 20_000, 1, DEEPEST + 1, "levels are nested", id="a deep nest"),
        pytest.param("#" * (MOST_BYTES + 1), 1, 1, "bytes", id="a file too long"),
    ],
)
def test_a_text_that_breaks_off_says_where(text: str, line: int, column: int, message: str) -> None:
    document = read_document(text.encode())

    (problem,) = document.problems
    assert not document.is_whole
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param("a: 1\nb: 2\na: 3", 3, 1, "a is given twice; first on line 1", id="twice"),
        pytest.param("a: &x 1", 1, 4, "Anchors (&x)", id="an anchor"),
        pytest.param("a: 1\nb: *x", 2, 4, "Aliases (*x)", id="an alias"),
        pytest.param("a: !!int '3'", 1, 4, "Tags", id="a tag"),
        pytest.param('a: "x\\0"', 1, 4, "can't be stored", id="a NUL"),
        pytest.param('a: "\\ud800"', 1, 4, "can't be stored", id="half of a pair"),
        pytest.param("a: 1e99", 1, 4, "at most 20 digits", id="a huge exponent"),
        pytest.param(f"a: {'9' * 21}", 1, 4, "at most 20 digits", id="too many digits"),
    ],
)
def test_what_is_not_read_is_named_where_it_stands(
    text: str, line: int, column: int, message: str
) -> None:
    document = read_document(text.encode())

    (problem,) = document.problems
    assert document.is_whole
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


def test_a_byte_that_is_not_utf_8_is_found() -> None:
    document = read_document(b"a: 1\nb: \xff\n")

    (problem,) = document.problems
    assert (problem.line, problem.column) == (2, 4)
    assert "UTF-8" in problem.message


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = read_document("\ufeffa: 1".encode())

    assert document.value == {"a": Decimal(1)}


@given(st.binary(max_size=60))
def test_no_input_breaks_the_reader(content: bytes) -> None:
    document = read_document(content)

    assert document.is_whole or document.problems


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%?#, \n\t0.", max_size=40))
def test_no_yaml_like_text_breaks_the_reader(text: str) -> None:
    document = read_document(text.encode())

    assert document.is_whole or document.problems
