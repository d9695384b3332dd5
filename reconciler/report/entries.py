"""Entries of a report, masked one by one as they are taken out: hidden entries are never masked."""

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")
P = TypeVar("P")


class _Chosen(Sequence[T], Generic[T]):
    """Some entries of a sequence, by number; a large plan stays on disk until entries are taken out."""

    __slots__ = ("_entries", "_numbers")

    def __init__(self, entries: Sequence[T], numbers: Sequence[int]) -> None:
        self._entries = entries
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return _Chosen(self._entries, self._numbers[index])
        return self._entries[self._numbers[index]]


class Entries(Generic[T]):
    """Entries in their order. An entry is masked whenever it is taken out, by index or by a loop.

    Sections are counted, grouped and cut before that. Whatever a function sees in ``unmasked`` or ``grouped``
    is not masked, so that it must return nothing that is shown but times, counts and names of our own.
    """

    __slots__ = ("_bare", "_mask")

    def __init__(self, bare: Sequence[T], mask: Callable[[T], T]) -> None:
        self._bare = bare
        self._mask = mask

    def __len__(self) -> int:
        return len(self._bare)

    def __iter__(self) -> Iterator[T]:
        return map(self._mask, self._bare)

    def __getitem__(self, index: int) -> T:
        return self._mask(self._bare[index])

    def first(self, count: int) -> "Entries[T]":
        """Return the first ``count`` entries."""
        return Entries(self._bare[:count], self._mask)

    def alone(self) -> "list[Entries[T]]":
        """Return each entry in a group of its own."""
        return [Entries((entry,), self._mask) for entry in self._bare]

    def grouped(self, key_of: Callable[[T], Hashable]) -> "list[Entries[T]]":
        """Group the entries by a key that is never shown; groups and entries keep their order."""
        groups: dict[Hashable, array[int]] = {}
        for number, entry in enumerate(self._bare):
            groups.setdefault(key_of(entry), array("L")).append(number)
        return [Entries(_Chosen(self._bare, numbers), self._mask) for numbers in groups.values()]

    def apart(self, key_of: Callable[[T], Hashable]) -> "Iterator[Entries[T]]":
        """Group the entries like ``grouped``, where there are about as many groups as entries.

        Memory holds a hash of each key. Two keys with the same 64 bits would share a group: of a million
        records, that happens once in forty million reports.
        """
        groups: dict[int, int | list[int]] = {}  # numbers by hash; mostly one
        for number, entry in enumerate(self._bare):
            key = hash(key_of(entry))
            others = groups.get(key)
            if others is None:
                groups[key] = number
            elif isinstance(others, int):
                groups[key] = [others, number]
            else:
                others.append(number)
        for numbers in groups.values():
            chosen = [numbers] if isinstance(numbers, int) else numbers
            yield Entries(_Chosen(self._bare, chosen), self._mask)

    def masked(self) -> "Entries[T]":
        """Return the entries with all of them masked now, for entries that are compared as they are shown."""
        return Entries(tuple(self), as_it_is)

    def unmasked(self, read: Callable[[Sequence[T]], P]) -> P:
        """Read something that is never personal, or that is only compared."""
        return read(self._bare)


def as_it_is(entry: T) -> T:
    """Return the entry: the mask that masks nothing."""
    return entry
