"""Formulas of calculated properties as trees: parsing them, and writing them as HubSpot does.

The language is a part of knowledge.hubspot.com/properties/create-calculation-properties: arithmetic,
comparisons, ``and``, ``or``, ``not``, ``if … then … elseif … else … endif`` and functions. HubSpot's spelling
is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

NUMBER, TEXT, NAME, CALL, BINARY, NOT, MINUS, IF = (
    *("number", "text", "name", "call", "binary", "not", "minus", "if"),
)
_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?)|(\"[^\"]*\"|'[^']*')|([A-Za-z_]\w*)|(<=|>=|!=|[-+*/(),<>=]))", re.ASCII
)
_LEVELS = (("or",), ("and",), ("equals", "=", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
"""Operators in order of precedence: those that bind loosest come first."""
_STRENGTH = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_NOT_STRENGTH, _MINUS_STRENGTH, _ATOM_STRENGTH = 1.5, 5, 6
_COMPARISON_LEVEL = 2
_KEYWORDS = frozenset({"or", "and", "not", "equals", "if", "then", "elseif", "else", "endif"})
_TEXT_FUNCTIONS = frozenset({"concatenate", "lowercase", "uppercase", "number_to_string"})
FUNCTIONS = _TEXT_FUNCTIONS | {
    *("abs", "begins_with", "contains", "is_known", "is_present", "max", "min", "month", "now"),
    *("round_down", "round_nearest", "round_up", "sqrt", "string_to_number", "time_between", "year"),
}


class FormulaError(Exception):
    """The formula cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node in the tree of a formula; ``text`` is its literal, name, function or operator."""

    kind: str
    text: str
    parts: tuple["Node", ...] = ()


def parse_tree(text: str) -> Node:
    """Parse a formula. Raises FormulaError."""
    reader = _Reader(_tokens(text))
    node = reader.expression()
    if reader.peek():
        raise FormulaError(f"unexpected {reader.peek()} after the end of the formula")
    return node


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise FormulaError(f"{text[position:]} cannot be read")
        token = match.group().strip()
        tokens.append(token.lower() if token.lower() in _KEYWORDS else token)
        position = match.end()
    return tokens


class _Reader:
    """Recursive-descent parser over a list of tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise FormulaError(f"{wanted or 'an operand'} is missing at {token or 'the end'}")
        return self._tokens.pop(0)

    def expression(self, level: int = 0) -> Node:
        if level == len(_LEVELS):
            return self._factor()
        if level == _COMPARISON_LEVEL and self.peek() == "not":
            self.take()
            return Node(NOT, "not", (self.expression(level),))
        node = self.expression(level + 1)
        while self.peek() in _LEVELS[level]:
            operator = self.take()
            node = Node(BINARY, operator, (node, self.expression(level + 1)))
        return node

    def _factor(self) -> Node:
        node = self._operand()
        # ``10a`` means ``10 * a``.
        while node.kind == NUMBER and (self.peek() == "(" or self._is_name(self.peek())):
            return Node(BINARY, "*", (node, self._operand()))
        return node

    def _is_name(self, token: str) -> bool:
        return token[:1].isidentifier() and token not in _KEYWORDS

    def _operand(self) -> Node:
        word = self.take()
        if word == "(":
            node = self.expression()
            self.take(")")
            return node
        if word == "-":
            return Node(MINUS, "-", (self._factor(),))
        if word[0].isdigit():
            return Node(NUMBER, word)
        if word[0] in "\"'":
            return Node(TEXT, word[1:-1])
        if word == "if":
            return self._choice()
        if not self._is_name(word):
            raise FormulaError(f"{word} is not an operand")
        return self._call(word.lower()) if self.peek() == "(" else Node(NAME, word)

    def _choice(self) -> Node:
        if self.peek() == "(":
            raise FormulaError('"if" is not a function: write if … then … else … endif')
        parts: list[Node] = []
        while True:
            parts.append(self.expression())
            self.take("then")
            parts.append(self.expression())
            if self.peek() != "elseif":
                break
            self.take()
        if self.peek() == "else":
            self.take()
            parts.append(self.expression())
        self.take("endif")
        return Node(IF, "if", tuple(parts))

    def _call(self, function: str) -> Node:
        if function not in FUNCTIONS:
            raise FormulaError(f"there is no function {function}")
        self.take("(")
        parts: list[Node] = []
        while self.peek() != ")" or function != "now":
            parts.append(self.expression())
            if self.peek() != ",":
                break
            self.take()
        self.take(")")
        return Node(CALL, function, tuple(parts))


def names(node: Node) -> Iterator[str]:
    """Yield the name of every property in the formula, in order, with repetitions."""
    if node.kind == NAME:
        yield node.text
    for part in node.parts:
        yield from names(part)


def canonical(node: Node, is_text: Callable[[str], bool]) -> Node:
    """Replace ``+`` between texts, ``=`` and ``!=`` by HubSpot's ``concatenate``, ``equals`` and ``not``.

    ``is_text`` returns whether a property contains text.
    """
    parts = tuple(canonical(part, is_text) for part in node.parts)
    node = replace(node, parts=parts)
    if node.kind != BINARY:
        return node
    if node.text == "=":
        return replace(node, text="equals")
    if node.text == "!=":
        return Node(NOT, "not", (replace(node, text="equals"),))
    if node.text == "+" and any(_holds_text(part, is_text) for part in parts):
        joined = [p for part in parts for p in (part.parts if part.text == "concatenate" else (part,))]
        return Node(CALL, "concatenate", tuple(joined))
    return node


def _holds_text(node: Node, is_text: Callable[[str], bool]) -> bool:
    return (
        node.kind == TEXT
        or (node.kind == NAME and is_text(node.text))
        or (node.kind == CALL and node.text in _TEXT_FUNCTIONS)
    )


def spelled(node: Node, *, as_written: bool = False) -> str:
    """Write a formula without needless brackets; ``as_written`` keeps numbers as the user wrote them."""

    def within(part: Node, strength: float) -> str:
        text = spelled(part, as_written=as_written)
        return text if _strength(part) >= strength else f"({text})"

    if node.kind == NUMBER:
        return node.text if as_written else _plain(node.text)
    if node.kind == TEXT:
        return f"'{node.text}'" if "'" not in node.text else f'"{node.text}"'
    if node.kind == NAME:
        return node.text
    if node.kind == CALL:
        return f"{node.text}({', '.join(within(part, 0) for part in node.parts)})"
    if node.kind == NOT:
        return f"not ({within(node.parts[0], 0)})"
    if node.kind == MINUS:
        return f"-{within(node.parts[0], _MINUS_STRENGTH)}"
    if node.kind == IF:
        return _spelled_choice([within(part, 0) for part in node.parts])
    strength = _strength(node)
    left, right = node.parts
    # Without brackets, ``a - (b - c)`` would become ``a - b - c``.
    return f"{within(left, strength)} {node.text} {within(right, strength + 0.1)}"


def _spelled_choice(parts: list[str]) -> str:
    cases = [f"{case} then {result}" for case, result in zip(parts[::2], parts[1::2], strict=False)]
    otherwise = f" else {parts[-1]}" if len(parts) % 2 else ""
    joined = "\nelseif ".join(cases)
    return f"if {joined}{otherwise} endif"


def _strength(node: Node) -> float:
    if node.kind == BINARY:
        return _STRENGTH[node.text]
    return {NOT: _NOT_STRENGTH, MINUS: _MINUS_STRENGTH}.get(node.kind, _ATOM_STRENGTH)


def _plain(number: str) -> str:
    """Write ``2.50`` as ``2.5``."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
