"""Writes JSON to files, always formatted in the same way, and checks JSON that is read.

JSON is checked because somebody may have changed the file. Functions that read take a JSON value and return a
typed one. For a wrong value they raise ``Wrong``. The path in the error starts at the value that the function
was given; ``inside`` puts the path of this value in front of it. Paths are built only for errors, so that a
plan of a hundred thousand changes is read quickly.
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
    """A value is missing or has the wrong type; ``path`` leads to it, such as ``changes[3].write.call``."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path.removeprefix('.')}: {what}" if path else what)
        self.path = path
        self.what = what


def json_text(value: object) -> str:
    """Return ``value`` as JSON with sorted keys, in ASCII, on one line."""
    return _ENCODER.encode(value)


def inside(step: str, read: Callable[[object], T], value: object) -> T:
    """Call ``read`` with ``value``; put ``step``, such as ``.write`` or ``[3]``, before an error's path."""
    try:
        return read(value)
    except Wrong as wrong:
        raise Wrong(step + wrong.path, wrong.what) from None


def part(found: Json, path: str, read: Callable[[object], T]) -> T:
    """Read the required member of ``found`` at ``path``, such as ``key.value``, with ``read``."""
    name, _, below = path.partition(".")
    if name not in found:
        raise Wrong(f".{name}", "is missing")
    member = found[name]
    try:
        return part(as_object(member), below, read) if below else read(member)
    except Wrong as wrong:
        raise Wrong(f".{name}{wrong.path}", wrong.what) from None


def or_null(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return a function that reads like ``read``, and reads null as None."""
    return lambda found: None if found is None else read(found)


def as_is(found: object) -> object:
    """Return any JSON value unchanged."""
    return found


def as_object(found: object) -> Json:
    """Return ``found`` if it is a JSON object."""
    if isinstance(found, dict):
        return found
    raise unexpected("an object", found)


def as_text(found: object) -> str:
    """Return ``found`` if it is a string."""
    if isinstance(found, str):
        return found
    raise unexpected("text", found)


def as_name(found: object) -> str:
    """Return ``found`` if it is a string that is not empty."""
    if text := as_text(found):
        return text
    raise Wrong("", "must not be empty")


def as_flag(found: object) -> bool:
    """Return ``found`` if it is ``true`` or ``false``."""
    if not isinstance(found, bool):
        raise Wrong("", "must be true or false")
    return found


def as_count(found: object) -> int:
    """Return ``found`` if it is a whole number that is not negative."""
    if type(found) is int and found >= 0:
        return found
    raise unexpected("a count", found)


def as_seconds(found: object) -> float:
    """Return ``found`` as a float, if it is a finite number that is not negative."""
    try:
        number = float(found) if type(found) in {int, float} else -1.0  # type: ignore[arg-type] # just checked
    except OverflowError:
        number = -1.0
    if isfinite(number) and number >= 0:
        return number
    raise unexpected("a number of seconds", found)


def as_word(words: type[E]) -> Callable[[object], E]:
    """Return a function that reads a text as a member of the enumeration ``words``."""
    known = {word.value: word for word in words}

    def read(found: object) -> E:
        word = known.get(as_text(found))
        if word is None:
            raise Wrong("", f"{_shown(found)} is none of {', '.join(words)}")
        return word

    return read


def as_tuple(read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a function that reads a list, each entry with ``read``."""

    def read_all(found: object) -> tuple[T, ...]:
        if not isinstance(found, list):
            raise unexpected("a list", found)
        return tuple(inside(f"[{index}]", read, entry) for index, entry in enumerate(found))

    return read_all


def as_mapping(read: Callable[[object], T]) -> Callable[[object], Mapping[str, T]]:
    """Return a function that reads an object with any names, each value with ``read``."""
    return lambda found: {name: inside(f".{name}", read, value) for name, value in as_object(found).items()}


def unexpected(expected: str, found: object) -> Wrong:
    """Return an error that names what was expected and describes ``found``."""
    return Wrong("", f"{expected} is expected, not {_shown(found)}")


def _shown(found: object) -> str:
    """Describe ``found`` for an error message; long or unprintable texts are not quoted in full."""
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
