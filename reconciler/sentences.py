"""Sentences that store which of their parts are values, and of which property.

When the message of a problem is made, it is unknown whether values in it must be masked. Therefore values and
keys are stored separately from the words around them. The code that shows the message inserts each value or a
mask, and need not search for values in the text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from string import Formatter
from typing import NoReturn, Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Value:
    """A value inside a sentence. If ``object`` is empty, ``about()`` sets ``object`` and ``name`` later."""

    text: str
    object: str = ""  # object type of the property
    name: str = ""  # property of the value
    spelled: str | None = None  # its form in the sentence, if that is not ``text``

    @property
    def shown(self) -> str:
        """The form of the value in the sentence."""
        return self.text if self.spelled is None else self.spelled


class Sentence(str):
    """A text that knows which of its parts are values. The function ``sentence()`` builds it.

    If this text becomes a part of another sentence, its values are values of that sentence, too.
    """

    __slots__ = ("parts",)
    parts: tuple[str | Value, ...]

    def __new__(cls, parts: Iterable[str | Value]) -> Self:
        """Build the sentence from ``parts``."""
        parts = tuple(parts)
        self = super().__new__(
            cls, "".join(part.shown if isinstance(part, Value) else part for part in parts)
        )
        self.parts = parts
        return self

    def __reduce__(self) -> tuple[type["Sentence"], tuple[tuple[str | Value, ...]]]:
        return Sentence, (self.parts,)

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a sentence with values is put into another one by sentence(), never by an f-string")

    def __add__(self, other: str) -> NoReturn:
        raise TypeError("a sentence with values is put together by sentence(), never by +")

    __radd__ = __add__


Part: TypeAlias = str | int | Value
"""What can be put into a sentence.

If it is a ``Sentence`` (a ``str``), the values in it stay marked as values in the new sentence.
"""


def sentence(template: str, **parts: Part) -> Sentence:
    """Build the sentence ``template`` with ``parts`` at their names, as in ``str.format``.

    >>> sentence('phone takes digits, not "{it}"', it=Value("12a", "contacts", "phone"))
    'phone takes digits, not "12a"'
    """
    made: list[str | Value] = []
    for words, name, spec, _ in Formatter().parse(template):
        made.append(words)
        if name is not None:
            made += _parts_of(parts[name], spec or "")
    return Sentence(made)


def join_sentences(between: str, parts: Iterable[Part]) -> Sentence:
    """Join ``parts`` with ``between`` between them."""
    made: list[str | Value] = []
    for part in parts:
        made += [between] if made else []
        made += _parts_of(part, "")
    return Sentence(made)


def about(text: str, object_name: str, name: str) -> str:
    """Return ``text``; its values without a property get the property ``name`` of ``object_name``."""
    if not isinstance(text, Sentence):
        return text
    return Sentence(
        replace(part, object=object_name, name=name) if isinstance(part, Value) and not part.object else part
        for part in text.parts
    )


def displayed(text: str, words: Callable[[str], str], value: Callable[[Value], str]) -> str:
    """Convert ``text`` for display: its words with ``words``, its values with ``value``."""
    if not isinstance(text, Sentence):
        return words(text)
    return "".join(value(part) if isinstance(part, Value) else words(part) for part in text.parts)


def counted(count: int, noun: str) -> str:
    """Format a count: ``1 record``, ``1,200 records``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _parts_of(part: Part, spec: str) -> list[str | Value]:
    if isinstance(part, Sentence):
        return list(part.parts)
    return [part] if isinstance(part, Value) else [format(part, spec)]
