"""Reading a formula's text: a small recursive descent, bounded in length, size and depth.

sum     = product {("+" | "-") product}
product = factor {("*" | "/") factor}
factor  = "-" factor | number | "{" key "}" | function "(" sum {"," sum} ")" | "(" sum ")"
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from domain.errors import IllegalFormula
from domain.formula import (
    SUM_OPERATORS,
    Call,
    Formula,
    Function,
    Negation,
    Number,
    Operation,
    Operator,
    Reference,
)

CHARACTERS_AT_MOST = 1_000
OPERATIONS_AT_MOST = 100
NESTING_AT_MOST = 20
"""How deep parentheses, functions and signs may lie in one another."""

_PRODUCT_OPERATORS = (Operator.TIMES, Operator.BY)

_TOKEN = re.compile(
    r"""
    (?P<number> [0-9]+ (?: \.[0-9]+ )? )
    | \{ (?P<key> [^{}]* ) \}
    | (?P<name> [A-Za-z_]\w* )
    | (?P<symbol> [-+*/(),] )
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_ENDING = "the end"


@lru_cache(maxsize=1_024)
def parse(text: str) -> Formula:
    """Read a formula; IllegalFormula names the character where it can't go on, and what may stand.

    The same text is read once: formulas are asked for with every value.
    """
    if len(text) > CHARACTERS_AT_MOST:
        seen = f"This has {len(text):,} characters"
        message = f"{seen}; a formula has {CHARACTERS_AT_MOST:,} at most."
        raise IllegalFormula(message)
    return _Parser(_tokens(text)).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the text; `kind` is number, key, name, symbol or end."""

    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = _after_space(text, 0)
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            _fail(f"{text[at]!r} can't stand here.", at)
        tokens.append(_Token(found.lastgroup, found[found.lastgroup], at))
        at = _after_space(text, found.end())
    return [*tokens, _Token("end", _ENDING, len(text))]


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


class _Parser:
    """The tokens, how far they are read, and how much was found so far."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._read = 0
        self._operations = 0
        self._nesting = 0

    def whole(self) -> Formula:
        formula = self._sum()
        if self._next.kind != "end":
            self._fail_expecting("an operator or the end")
        return formula

    @property
    def _next(self) -> _Token:
        return self._tokens[self._read]

    def _sum(self) -> Formula:
        return self._chain(self._product, SUM_OPERATORS)

    def _product(self) -> Formula:
        return self._chain(self._factor, _PRODUCT_OPERATORS)

    def _chain(self, operand: Callable[[], Formula], legal: tuple[Operator, ...]) -> Formula:
        formula = operand()
        while self._next.text in legal and self._next.kind == "symbol":
            token = self._take()
            self._count_operation(token)
            formula = Operation(Operator(token.text), formula, operand(), token.at)
        return formula

    def _factor(self) -> Formula:
        token = self._take()
        match token.kind, token.text:
            case "number", _:
                return Number(Decimal(token.text), token.at)
            case "key", _:
                return _reference(token)
            case "name", _:
                return self._nested(token, lambda: self._call(token))
            case "symbol", "(":
                return self._nested(token, self._parenthesis)
            case "symbol", "-":
                return self._nested(token, lambda: Negation(self._factor(), token.at))
            case _:
                self._read -= 1
                return self._fail_expecting("a number, a metric's {key}, a function or '('")

    def _nested(self, token: _Token, read: Callable[[], Formula]) -> Formula:
        self._nesting += 1
        if self._nesting > NESTING_AT_MOST:
            message = f"Here it is nested more than {NESTING_AT_MOST} deep, which is the most."
            _fail(message, token.at)
        formula = read()
        self._nesting -= 1
        return formula

    def _parenthesis(self) -> Formula:
        formula = self._sum()
        self._expect(")")
        return formula

    def _call(self, name: _Token) -> Formula:
        if name.text not in list(Function):
            hint = "A metric's key stands in braces, such as {MT-A}."
            message = f"There is no function {name.text!r}. {hint}"
            raise IllegalFormula(message, position=name.at + 1, legal=tuple(Function))
        self._count_operation(name)
        self._expect("(")
        arguments = [self._sum()]
        while self._next.text == "," and self._next.kind == "symbol":
            self._take()
            arguments.append(self._sum())
        self._expect(")")
        return _checked(Call(Function(name.text), tuple(arguments), name.at))

    def _take(self) -> _Token:
        token = self._next
        self._read += 1
        return token

    def _expect(self, symbol: str) -> None:
        if (self._next.kind, self._next.text) != ("symbol", symbol):
            self._fail_expecting(f"'{symbol}'")
        self._read += 1

    def _count_operation(self, token: _Token) -> None:
        self._operations += 1
        if self._operations > OPERATIONS_AT_MOST:
            message = f"This is one operation more than the {OPERATIONS_AT_MOST} possible."
            _fail(message, token.at)

    def _fail_expecting(self, expected: str) -> NoReturn:
        token = self._next
        seen = f"{{{token.text}}}" if token.kind == "key" else token.text
        found = seen if token.kind == "end" else repr(seen)
        _fail(f"Expected {expected}, found {found}.", token.at)


def _reference(token: _Token) -> Reference:
    key = token.text.strip()
    if not key:
        _fail("Braces hold a metric's key, such as {MT-A}.", token.at)
    return Reference(key, token.at)


def _checked(call: Call) -> Call:
    wanted = "one argument" if call.function is Function.ABS else "two arguments or more"
    if (len(call.arguments) == 1) is not (call.function is Function.ABS):
        message = f"{call.function} takes {wanted}; this has {len(call.arguments)}."
        _fail(message, call.at)
    return call


def _fail(message: str, at: int) -> NoReturn:
    raise IllegalFormula(message, position=at + 1)
