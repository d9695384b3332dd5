"""Evaluating expressions of GitHub Actions, of those forms that the workflows of this repository use.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|[!()]|[A-Za-z_][A-Za-z0-9_.-]*)")
_TEMPLATE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = {"always", "cancelled", "failure", "success"}


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    """Replace every ``${{ … }}`` in ``text`` by its value."""
    return _TEMPLATE.sub(lambda found: _as_text(evaluated(found[1], contexts)), text)


def holds(condition: str | None, contexts: Mapping[str, Any], status: str) -> bool:
    """Return whether a job or step runs after ``status``: ``success``, ``failure`` or ``cancelled``."""
    text = _TEMPLATE.sub(r"\1", condition or "")
    named = _STATUS & {token for token in _tokens(text) if token in _STATUS}
    functions = {"always": True} | {name: name == status for name in _STATUS - {"always"}}
    asked = bool(evaluated(text, {**contexts, **functions})) if text.strip() else True
    return asked and (bool(named) or status == "success")


def evaluated(text: str, contexts: Mapping[str, Any]) -> Any:
    """Evaluate one expression."""
    parser = _Parser(list(_tokens(text)), contexts)
    value = parser.either()
    assert not parser.rest, f"{text!r}: {parser.rest} is left over"
    return value


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        assert found, f"{text!r}: what is {text[at:]!r}?"
        at = found.end()
        yield found[1]


def _as_text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


class _Parser:
    def __init__(self, tokens: list[str], contexts: Mapping[str, Any]) -> None:
        self.rest = tokens
        self._contexts = contexts

    def either(self) -> Any:
        value = self._both()
        while self._took("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._equal()
        while self._took("&&"):
            other = self._equal()
            value = value and other
        return value

    def _equal(self) -> Any:
        value = self._one()
        if self._took("=="):
            return _as_text(value) == _as_text(self._one())
        if self._took("!="):
            return _as_text(value) != _as_text(self._one())
        return value

    def _one(self) -> Any:
        if self._took("!"):
            return not self._one()
        if self._took("("):
            inner = self.either()
            assert self._took(")")
            return inner
        token = self.rest.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self._took("("):
            assert self._took(")"), f"{token} with arguments is not understood"
            return self._contexts[token]
        value: Any = self._contexts
        for name in token.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def _took(self, token: str) -> bool:
        is_next = self.rest[:1] == [token]
        if is_next:
            self.rest.pop(0)
        return is_next
