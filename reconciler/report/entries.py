"""Entries of a report, each masked only when it is accessed, so that entries not shown cost no time."""

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")
P = TypeVar("P")


class _Chosen(Sequence[T], Generic[T]):
    """Selected entries of a sequence. An entry on disk is not read until it is accessed."""

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
    """Entries in order. Each entry is masked when it is accessed, by index or in a loop.

    Sections are counted, grouped and shortened before masking. Functions passed to ``unmasked`` or
    ``grouped`` get unmasked entries. What they return must not be shown, except times, counts and fixed
    words.
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
        """Group the entries like ``grouped``, for the case that there are about as many groups as entries.

        Only a hash of each key is in memory. Two keys with the same 64-bit hash would share a group: with a
        million records, this happens in one of forty million reports.
        """
        groups: dict[int, int | list[int]] = {}  # numbers of entries by hash; mostly one number
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
        """Mask all entries now instead of on access, for comparing them in the form that readers see."""
        return Entries(tuple(self), as_it_is)

    def unmasked(self, read: Callable[[Sequence[T]], P]) -> P:
        """Return the result of ``read`` on unmasked entries; it must not be shown if it is personal."""
        return read(self._bare)


def as_it_is(entry: T) -> T:
    """Return the entry unchanged; used as a mask that masks nothing."""
    return entry
