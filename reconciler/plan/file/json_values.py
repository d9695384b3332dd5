"""Reading JSON that somebody else may have touched: every value is checked, every error says where.

A reader takes a JSON value and returns a typed one, or raises ``Wrong`` with the path below it;
``inside`` adds the step that led there. The path is only built when something is wrong, which
keeps a plan of a hundred thousand changes quick to read.
"""

from collections.abc import Callable
from enum import StrEnum
from math import isfinite
from typing import TypeAlias, TypeVar

Json: TypeAlias = dict[str, object]
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Wrong(Exception):
    """A value is missing or of another shape; ``path`` leads to it, as in ``changes[3].write.call``."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path.removeprefix('.')}: {what}" if path else what)
        self.path = path
        self.what = what


def inside(step: str, read: Callable[[object], T], value: object) -> T:
    """Read ``value``, which is found at ``step``: ``.write`` or ``[3]``."""
    try:
        return read(value)
    except Wrong as wrong:
        raise Wrong(step + wrong.path, wrong.what) from None


def part(found: Json, path: str, read: Callable[[object], T]) -> T:
    """Read the member at ``path``, as in ``key.value``; it has to be there."""
    name, _, below = path.partition(".")
    if name not in found:
        raise Wrong(f".{name}", "is missing")
    member = found[name]
    try:
        return part(as_object(member), below, read) if below else read(member)
    except Wrong as wrong:
        raise Wrong(f".{name}{wrong.path}", wrong.what) from None


def or_null(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """What ``read`` reads, or null."""
    return lambda found: None if found is None else read(found)


def as_is(found: object) -> object:
    """Any JSON value."""
    return found


def as_object(found: object) -> Json:
    """A JSON object."""
    if isinstance(found, dict):
        return found
    raise _unexpected("an object", found)


def as_text(found: object) -> str:
    """A string."""
    if isinstance(found, str):
        return found
    raise _unexpected("text", found)


def as_flag(found: object) -> bool:
    """``true`` or ``false``."""
    if not isinstance(found, bool):
        raise Wrong("", "must be true or false")
    return found


def as_count(found: object) -> int:
    """A whole number, not negative."""
    if type(found) is int and found >= 0:
        return found
    raise _unexpected("a count", found)


def as_seconds(found: object) -> float:
    """A number, not negative and not infinite."""
    try:
        number = float(found) if type(found) in {int, float} else -1.0  # type: ignore[arg-type] # just checked
    except OverflowError:
        number = -1.0
    if isfinite(number) and number >= 0:
        return number
    raise _unexpected("a number of seconds", found)


def as_word(words: type[E]) -> Callable[[object], E]:
    """One of the words of a closed set."""
    known = {word.value: word for word in words}

    def read(found: object) -> E:
        word = known.get(as_text(found))
        if word is None:
            raise Wrong("", f"{_shown(found)} is none of {', '.join(words)}")
        return word

    return read


def as_tuple(read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """A list of what ``read`` reads."""

    def read_all(found: object) -> tuple[T, ...]:
        if not isinstance(found, list):
            raise _unexpected("a list", found)
        return tuple(inside(f"[{index}]", read, entry) for index, entry in enumerate(found))

    return read_all


def _unexpected(expected: str, found: object) -> Wrong:
    return Wrong("", f"{expected} is expected, not {_shown(found)}")


def _shown(found: object) -> str:
    """A value as a message may show it."""
    if found is None:
        return "null"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, dict):
        return "an object"
    if isinstance(found, list):
        return "a list"
    if isinstance(found, str):
        return f'"{found[:40]}"' if found.isascii() and found.isprintable() else "this text"
    return "this number"
