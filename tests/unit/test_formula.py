"""Formulas: how their text is read, written and worked out."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import IllegalFormula
from domain.formula import (
    Call,
    Formula,
    Function,
    Negation,
    Number,
    Operation,
    Operator,
    Reference,
    evaluate,
    references,
    text_of,
)
from domain.formula_parser import (
    CHARACTERS_AT_MOST,
    NESTING_AT_MOST,
    OPERATIONS_AT_MOST,
    parse,
)
from domain.reason import Reason, ReasonCode

A, B = Reference("MT-A"), Reference("MT-B")
VALUES = {"MT-A": Fraction(6), "MT-B": Fraction(4)}

keys = st.text(alphabet="ABC-:.% æ1", min_size=1, max_size=8).map(str.strip).filter(bool)
plain_numbers = st.decimals(min_value=0, max_value=10**9, places=4)
leaves = plain_numbers.map(Number) | keys.map(Reference)


def _grown(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        parts.map(Negation),
        st.builds(Operation, st.sampled_from(Operator), parts, parts),
        st.builds(Call, st.sampled_from([Function.MAX, Function.MIN]), several),
        st.builds(Call, st.just(Function.ABS), st.tuples(parts)),
    )


formulas: st.SearchStrategy[Formula] = st.recursive(leaves, _grown, max_leaves=12)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param("{MT-A}", A, id="another metric"),
        pytest.param("{ MT-A }", A, id="space around a key"),
        pytest.param("12.50", Number(Decimal("12.5")), id="a number"),
        pytest.param("{MT-A}-{MT-B}", Operation(Operator.MINUS, A, B), id="no space"),
        pytest.param(
            "{MT-A} - {MT-B} - {MT-B}",
            Operation(Operator.MINUS, Operation(Operator.MINUS, A, B), B),
            id="from the left",
        ),
        pytest.param(
            "{MT-A} + {MT-B} / {MT-A}",
            Operation(Operator.PLUS, A, Operation(Operator.BY, B, A)),
            id="products first",
        ),
        pytest.param(
            "({MT-A} + {MT-B}) * -{MT-A}",
            Operation(Operator.TIMES, Operation(Operator.PLUS, A, B), Negation(A)),
            id="parentheses and a sign",
        ),
        pytest.param("max({MT-A}, {MT-B})", Call(Function.MAX, (A, B)), id="a function"),
    ],
)
def test_a_text_is_read_as_people_read_it(text: str, tree: Formula) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        pytest.param("", 1, "found the end", id="nothing"),
        pytest.param("{MT-A} +", 9, "found the end", id="no right operand"),
        pytest.param("{MT-A} * / 2", 10, "found '/'", id="two operators"),
        pytest.param("{MT-A} {MT-B}", 8, "found '{MT-B}'", id="no operator"),
        pytest.param("({MT-A}", 8, "Expected ')'", id="not closed"),
        pytest.param("{MT-A})", 7, "operator or the end", id="closed once too often"),
        pytest.param("{}", 1, "Braces hold", id="no key"),
        pytest.param("{MT-A", 1, "can't stand here", id="brace not closed"),
        pytest.param("MT-A / 2", 1, "no function 'MT'", id="a bare key"),
        pytest.param("__import__({MT-A})", 1, "no function", id="code"),
        pytest.param("{MT-A} ** 2", 9, "found '*'", id="a power"),
        pytest.param("{MT-A} % 2", 8, "'%' can't", id="unknown sign"),
        pytest.param("1.{MT-A}", 2, "'.' can't", id="half a number"),
        pytest.param("1e9", 2, "operator or the end", id="an exponent"),
        pytest.param("٣", 1, "can't stand here", id="other digits"),
        pytest.param("abs({MT-A}, 1)", 1, "one argument", id="abs of two"),
        pytest.param("2 * max({MT-A})", 5, "two arguments", id="max of one"),
        pytest.param("abs {MT-A}", 5, "Expected '('", id="function without parentheses"),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_stands(
    text: str, position: int, says: str
) -> None:
    with pytest.raises(IllegalFormula) as refused:
        parse(text)

    assert refused.value.position == position
    assert f"At character {position} of the formula" in refused.value.message
    assert says in refused.value.message
    assert refused.value.path == ("formula",)


def test_an_unknown_function_is_told_the_legal_ones() -> None:
    with pytest.raises(IllegalFormula) as refused:
        parse("sqrt({MT-A})")

    assert refused.value.legal == ("abs", "max", "min")


@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        pytest.param(
            "(" * NESTING_AT_MOST + "1" + ")" * NESTING_AT_MOST,
            "(" * (NESTING_AT_MOST + 1) + "1" + ")" * (NESTING_AT_MOST + 1),
            id="parentheses",
        ),
        pytest.param("-" * NESTING_AT_MOST + "1", "-" * (NESTING_AT_MOST + 1) + "1", id="signs"),
        pytest.param(
            "1" + "+1" * OPERATIONS_AT_MOST, "1" + "+1" * (OPERATIONS_AT_MOST + 1), id="operations"
        ),
        pytest.param("1" * CHARACTERS_AT_MOST, "1" * (CHARACTERS_AT_MOST + 1), id="characters"),
        pytest.param("1", "(" * 100_000, id="a bomb"),
    ],
)
def test_a_formula_is_bounded(fits: str, too_much: str) -> None:
    parse(fits)

    with pytest.raises(IllegalFormula):
        parse(too_much)


def test_metrics_used_are_named_once_in_the_order_of_the_text() -> None:
    formula = parse("max({MT-B}, 1) + {MT-A} / -{MT-B}")

    assert references(formula) == ("MT-B", "MT-A")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("{MT-A} + {MT-B} * 2", 14, id="6 + 8"),
        pytest.param("{MT-A} - {MT-B} - 1", 1, id="(6 - 4) - 1"),
        pytest.param("{MT-A} / {MT-B} / 3", Fraction(1, 2), id="(6/4) / 3"),
        pytest.param("1 / 3 * 3", 1, id="a third stays exact"),
        pytest.param("0.1 + 0.2", Fraction(3, 10), id="a tenth is a tenth"),
        pytest.param("--{MT-A}", 6, id="minus minus"),
        pytest.param("abs({MT-B} - {MT-A})", 2, id="abs"),
        pytest.param("max({MT-A}, {MT-B}, 5)", 6, id="max"),
        pytest.param("min({MT-A}, {MT-B}, 5)", 4, id="min"),
    ],
)
def test_a_formula_is_worked_out_exactly(text: str, value: Fraction | int) -> None:
    assert evaluate(parse(text), VALUES) == value


def test_a_division_by_0_is_no_value_and_says_by_what() -> None:
    found = evaluate(parse("1 + {MT-A} / ({MT-A} - 6)"), VALUES)

    assert found == Reason(ReasonCode.NO_DENOMINATOR, "The formula divides by 0: {MT-A} - 6 is 0.")


@given(formulas)
def test_a_formula_written_and_read_again_is_the_same(formula: Formula) -> None:
    assert parse(text_of(formula)) == formula


@settings(max_examples=50)
@given(formulas)
def test_a_formula_has_one_way_to_be_written(formula: Formula) -> None:
    text = text_of(formula)

    assert text_of(parse(text)) == text


@settings(max_examples=50)
@given(formulas, st.fractions(max_denominator=100))
def test_a_formula_gives_a_number_or_says_that_it_divides_by_0(
    formula: Formula, number: Fraction
) -> None:
    found = evaluate(formula, dict.fromkeys(references(formula), number))

    assert isinstance(found, Fraction) or found.code is ReasonCode.NO_DENOMINATOR


@given(st.text(alphabet="{}MT-A12.+*/(), maxbs", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    position = _refused_at(text)

    assert position is None or 1 <= position <= len(text) + 1


def _refused_at(text: str) -> int | None:
    """Read a text; tell where it is refused, None where it is read (and then written and read)."""
    try:
        formula = parse(text)
    except IllegalFormula as refused:
        return refused.position
    assert parse(text_of(formula)) == formula
    return None
