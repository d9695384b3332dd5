"""Formulas of calculated properties: parsing them, and computing their values for a record.

``formula_parser`` describes the language. Functions of dates are accepted, but they give no value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from functools import lru_cache

from reconciler.emulator import formula_parser
from reconciler.emulator.formula_parser import (
    CALL,
    IF,
    MINUS,
    NAME,
    NOT,
    NUMBER,
    TEXT,
    FormulaError,
    Node,
)

__all__ = ["Formula", "FormulaError", "parse"]

Values = Mapping[str, str]
_ZERO = Node(NUMBER, "0")


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula: ``text`` is HubSpot's spelling, ``echo`` keeps numbers as the user wrote them."""

    text: str
    echo: str
    names: tuple[str, ...]
    tree: Node

    def compute(self, values: Values) -> str:
        """Compute the value from a record's properties; "" if an operand is missing or is not a number."""
        try:
            return _value(self.tree, values)
        except DecimalException:
            return ""


@lru_cache(maxsize=1024)
def parse(text: str, texts: frozenset[str] = frozenset()) -> Formula:
    """Parse a formula; ``texts`` are the names of the properties that contain text. Raises FormulaError."""
    tree = formula_parser.canonical(formula_parser.parse_tree(text), texts.__contains__)
    names = tuple(dict.fromkeys(formula_parser.names(tree)))
    echo = formula_parser.spelled(tree, as_written=True)
    return Formula(formula_parser.spelled(tree), echo, names, tree)


def _value(node: Node, values: Values) -> str:
    if node.kind in {NUMBER, TEXT}:
        return node.text
    if node.kind == NAME:
        return values.get(node.text, "")
    if node.kind == IF:
        return _chosen(node, values)
    given = [_value(part, values) for part in node.parts]
    if node.kind == NOT:
        return _truth(given[0] != "true") if given[0] else ""
    if node.kind == MINUS:
        return _calculated("-", "0", given[0])
    return _called(node.text, given) if node.kind == CALL else _binary(node.text, given[0], given[1])


def _chosen(node: Node, values: Values) -> str:
    for case, result in zip(node.parts[::2], node.parts[1::2], strict=False):
        if _value(case, values) == "true":
            return _value(result, values)
    return _value(node.parts[-1], values) if len(node.parts) % 2 else ""


def _truth(is_so: bool) -> str:
    return "true" if is_so else "false"


def _binary(operator: str, left: str, right: str) -> str:
    if operator in {"and", "or"}:
        return _truth((all if operator == "and" else any)(side == "true" for side in (left, right)))
    if operator == "equals":
        return _truth(left == right or _are_equal(left, right))
    if operator in _COMPARE:
        return _truth(_COMPARE[operator](Decimal(left), Decimal(right)))
    return _calculated(operator, left, right)


def _are_equal(left: str, right: str) -> bool:
    try:
        return Decimal(left) == Decimal(right)
    except DecimalException:
        return False


_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": Decimal.__lt__,
    ">": Decimal.__gt__,
    "<=": Decimal.__le__,
    ">=": Decimal.__ge__,
}
_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": Decimal.__add__,
    "-": Decimal.__sub__,
    "*": Decimal.__mul__,
    "/": Decimal.__truediv__,
}


def _calculated(operator: str, left: str, right: str) -> str:
    return _plain(_ARITHMETIC[operator](Decimal(left), Decimal(right)))


def _called(function: str, given: list[str]) -> str:
    if function in _OF_TEXTS:
        return _OF_TEXTS[function](given)
    if function in {"min", "max"}:
        return _plain((min if function == "min" else max)(Decimal(text) for text in given))
    return _plain(abs(Decimal(given[0]))) if function == "abs" else ""


_OF_TEXTS: Mapping[str, Callable[[list[str]], str]] = {
    "concatenate": "".join,
    "lowercase": lambda given: given[0].lower(),
    "uppercase": lambda given: given[0].upper(),
    "number_to_string": lambda given: given[0],
    "string_to_number": lambda given: given[0],
    "is_known": lambda given: _truth(bool(given[0])),
    "is_present": lambda given: _truth(bool(given[0])),
    "contains": lambda given: _truth(given[-1] in given[0]),
    "begins_with": lambda given: _truth(given[0].startswith(given[-1])),
}


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
