"""Sentences that know which of their parts are values, and whose.

A problem is told in a sentence before anybody knows where it will be shown. What it says of a record, its
values and keys, therefore stays apart from the words around it, so that whoever shows it puts in each value,
or a mark in its place, and need not look for values in prose.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from string import Formatter
from typing import NoReturn, Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Value:
    """A value inside a sentence. Without ``object``, ``about`` says whose it is."""

    text: str
    object: str = ""
    name: str = ""  # the property that it is a value of
    spelled: str | None = None  # how it stands in the sentence, where that is not ``text``

    @property
    def shown(self) -> str:
        """How it stands in the sentence."""
        return self.text if self.spelled is None else self.spelled


class Sentence(str):
    """A sentence made by ``sentence()``, which alone puts it into another one: no part is lost."""

    __slots__ = ("parts",)
    parts: tuple[str | Value, ...]

    def __new__(cls, parts: Iterable[str | Value]) -> Self:
        """The sentence that ``parts`` make up."""
        parts = tuple(parts)
        self = super().__new__(
            cls, "".join(part.shown if isinstance(part, Value) else part for part in parts)
        )
        self.parts = parts
        return self

    def __reduce__(self) -> tuple[type["Sentence"], tuple[tuple[str | Value, ...]]]:
        return Sentence, (self.parts,)

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a sentence with values is put into another one by told(), never by an f-string")

    def __add__(self, other: str) -> NoReturn:
        raise TypeError("a sentence with values is put together by told(), never by +")

    __radd__ = __add__


Part: TypeAlias = str | int | Value
"""What is put into a sentence; a ``Sentence`` keeps its own values."""


def sentence(template: str, **parts: Part) -> Sentence:
    """The sentence ``template`` with ``parts`` at their names, as in ``str.format``.

    >>> told('phone takes digits, not "{it}"', it=Value("12a", "contacts", "phone"))
    'phone takes digits, not "12a"'
    """
    made: list[str | Value] = []
    for words, name, spec, _ in Formatter().parse(template):
        made.append(words)
        if name is not None:
            made += _parts_of(parts[name], spec or "")
    return Sentence(made)


def join_sentences(between: str, parts: Iterable[Part]) -> Sentence:
    """``parts`` with ``between`` between them."""
    made: list[str | Value] = []
    for part in parts:
        made += [between] if made else []
        made += _parts_of(part, "")
    return Sentence(made)


def about(text: str, object_name: str, name: str) -> str:
    """``text``, with the values in it that are nobody's yet as values of one property."""
    if not isinstance(text, Sentence):
        return text
    return Sentence(
        replace(part, object=object_name, name=name) if isinstance(part, Value) and not part.object else part
        for part in text.parts
    )


def shown(text: str, words: Callable[[str], str], value: Callable[[Value], str]) -> str:
    """``text`` as it may be shown: its words as ``words`` gives them, its values as ``value`` does."""
    if not isinstance(text, Sentence):
        return words(text)
    return "".join(value(part) if isinstance(part, Value) else words(part) for part in text.parts)


def _parts_of(part: Part, spec: str) -> list[str | Value]:
    if isinstance(part, Sentence):
        return list(part.parts)
    return [part] if isinstance(part, Value) else [format(part, spec)]
