"""JSON in files: written the same way everywhere, and checked when read, as somebody may have changed it.

A reader takes a JSON value and returns a typed one, or raises ``Wrong`` with the path below it; ``inside``
adds the step to it. The path is only built for an error, so that a plan of a hundred thousand changes is read
quickly.
"""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from math import isfinite
from typing import TypeAlias, TypeVar

Json: TypeAlias = dict[str, object]
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Wrong(Exception):
    """A value is missing or of another shape; ``path`` leads to it, as in ``changes[3].write.call``."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path.removeprefix('.')}: {what}" if path else what)
        self.path = path
        self.what = what


def json_text(value: object) -> str:
    """Write ``value`` with sorted keys, in ASCII, on one line."""
    return _ENCODER.encode(value)


def inside(step: str, read: Callable[[object], T], value: object) -> T:
    """Read ``value`` at ``step``: ``.write`` or ``[3]``."""
    try:
        return read(value)
    except Wrong as wrong:
        raise Wrong(step + wrong.path, wrong.what) from None


def part(found: Json, path: str, read: Callable[[object], T]) -> T:
    """Read the required member at ``path``, as in ``key.value``."""
    name, _, below = path.partition(".")
    if name not in found:
        raise Wrong(f".{name}", "is missing")
    member = found[name]
    try:
        return part(as_object(member), below, read) if below else read(member)
    except Wrong as wrong:
        raise Wrong(f".{name}{wrong.path}", wrong.what) from None


def or_null(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Build a reader that also accepts null."""
    return lambda found: None if found is None else read(found)


def as_is(found: object) -> object:
    """Read any JSON value."""
    return found


def as_object(found: object) -> Json:
    """Read a JSON object."""
    if isinstance(found, dict):
        return found
    raise unexpected("an object", found)


def as_text(found: object) -> str:
    """Read a string."""
    if isinstance(found, str):
        return found
    raise unexpected("text", found)


def as_name(found: object) -> str:
    """Read a string that is not empty."""
    if text := as_text(found):
        return text
    raise Wrong("", "must not be empty")


def as_flag(found: object) -> bool:
    """Read ``true`` or ``false``."""
    if not isinstance(found, bool):
        raise Wrong("", "must be true or false")
    return found


def as_count(found: object) -> int:
    """Read a whole number that is not negative."""
    if type(found) is int and found >= 0:
        return found
    raise unexpected("a count", found)


def as_seconds(found: object) -> float:
    """Read a finite number that is not negative."""
    try:
        number = float(found) if type(found) in {int, float} else -1.0  # type: ignore[arg-type] # just checked
    except OverflowError:
        number = -1.0
    if isfinite(number) and number >= 0:
        return number
    raise unexpected("a number of seconds", found)


def as_word(words: type[E]) -> Callable[[object], E]:
    """Build a reader for a closed set of words."""
    known = {word.value: word for word in words}

    def read(found: object) -> E:
        word = known.get(as_text(found))
        if word is None:
            raise Wrong("", f"{_shown(found)} is none of {', '.join(words)}")
        return word

    return read


def as_tuple(read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Build a reader for a list."""

    def read_all(found: object) -> tuple[T, ...]:
        if not isinstance(found, list):
            raise unexpected("a list", found)
        return tuple(inside(f"[{index}]", read, entry) for index, entry in enumerate(found))

    return read_all


def as_mapping(read: Callable[[object], T]) -> Callable[[object], Mapping[str, T]]:
    """Build a reader for an object with any names."""
    return lambda found: {name: inside(f".{name}", read, value) for name, value in as_object(found).items()}


def unexpected(expected: str, found: object) -> Wrong:
    """Name the expected value instead of ``found``."""
    return Wrong("", f"{expected} is expected, not {_shown(found)}")


def _shown(found: object) -> str:
    """Format a value for a message."""
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
