"""Formulas of calculated properties: arithmetic with the numbers of the record, and joined texts.

A small part of knowledge.hubspot.com/properties/create-calculation-properties: ``+ - * /``, parentheses,
numbers, quoted texts, property names, ``min``, ``max`` and ``concatenate``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from functools import lru_cache

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|(\"[^\"]*\"|'[^']*')|([A-Za-z_]\w*)|([-+*/(),]))")
_FUNCTIONS = ("min", "max", "concatenate")

Values = Mapping[str, str]
Compute = Callable[[Values], str]
"""Computes the value from a record's properties; "" if an operand is missing or not a number."""


class FormulaError(Exception):
    """The formula cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula. ``text`` is its canonical spelling."""

    text: str
    names: tuple[str, ...]
    compute: Compute


@lru_cache(maxsize=1024)
def parse(text: str) -> Formula:
    """Parse a formula. Raises FormulaError."""
    reader = _Reader(_tokens(text))
    spelled, compute = reader.sum()
    if reader.peek():
        raise FormulaError(f"nothing is expected at {reader.peek()}")
    return Formula(spelled, tuple(dict.fromkeys(reader.names)), compute)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise FormulaError(f"{text[position:]} cannot be read")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


Part = tuple[str, Compute]


class _Reader:
    """Recursive-descent parser.

    Every method returns the spelling and the meaning of the part that it read.
    """

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self.names: list[str] = []

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise FormulaError(f"{wanted or 'an operand'} is missing at {token or 'the end'}")
        return self._tokens.pop(0)

    def sum(self) -> Part:
        return self._chain(self._product, ("+", "-"))

    def _product(self) -> Part:
        return self._chain(self._operand, ("*", "/"))

    def _chain(self, read: Callable[[], Part], operators: tuple[str, str]) -> Part:
        spelled, compute = read()
        while self.peek() in operators:
            operator = self._take()
            right_spelled, right = read()
            spelled = f"{spelled} {operator} {right_spelled}"
            compute = _arithmetic(operator, compute, right)
        return spelled, compute

    def _operand(self) -> Part:
        word = self._take()
        if word == "(":
            spelled, compute = self.sum()
            self._take(")")
            return f"({spelled})", compute
        if word == "-":
            spelled, compute = self._operand()
            return f"-{spelled}", _arithmetic("-", lambda _values: "0", compute)
        if word[0].isdigit() or word[0] in "\"'":
            literal = word.strip("\"'")
            return word, lambda _values: literal
        if word in _FUNCTIONS and self.peek() == "(":
            return self._call(word)
        if word[0].isalpha() or word[0] == "_":
            self.names.append(word)
            return word, lambda values: values.get(word, "")
        raise FormulaError(f"{word} is no operand")

    def _call(self, function: str) -> Part:
        self._take("(")
        parts = [self.sum()]
        while self.peek() == ",":
            self._take()
            parts.append(self.sum())
        self._take(")")
        spelled = f"{function}({', '.join(text for text, _ in parts)})"
        computes = [compute for _, compute in parts]
        if function == "concatenate":
            return spelled, lambda values: "".join(compute(values) for compute in computes)
        return spelled, _extreme(min if function == "min" else max, computes)


def _arithmetic(operator: str, left: Compute, right: Compute) -> Compute:
    def compute(values: Values) -> str:
        try:
            a, b = Decimal(left(values)), Decimal(right(values))
            results = {"+": a + b, "-": a - b, "*": a * b} if operator != "/" else {"/": a / b}
        except DecimalException:
            return ""
        return _plain(results[operator])

    return compute


def _extreme(choose: Callable[[list[Decimal]], Decimal], parts: list[Compute]) -> Compute:
    def compute(values: Values) -> str:
        try:
            return _plain(choose([Decimal(part(values)) for part in parts]))
        except DecimalException:
            return ""

    return compute


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
