"""Entries of a report, masked one by one as they are taken out: what nobody is shown is never masked."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
P = TypeVar("P")


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

    @property
    def has_masked(self) -> bool:
        """Whether any entry is different when it is masked."""
        return any(self._mask(entry) != entry for entry in self._bare)

    def first(self, count: int) -> "Entries[T]":
        """Return the first ``count`` entries."""
        return Entries(self._bare[:count], self._mask)

    def alone(self) -> "list[Entries[T]]":
        """Return each entry in a group of its own."""
        return [Entries((entry,), self._mask) for entry in self._bare]

    def grouped(self, key_of: Callable[[T], Hashable]) -> "list[Entries[T]]":
        """Group the entries by a key that is never shown; groups and entries keep their order."""
        groups: dict[Hashable, list[T]] = {}
        for entry in self._bare:
            groups.setdefault(key_of(entry), []).append(entry)
        return [Entries(group, self._mask) for group in groups.values()]

    def masked(self) -> "Entries[T]":
        """Return the entries with all of them masked now, for those that are compared as they are shown."""
        return Entries(tuple(self), as_it_is)

    def unmasked(self, read: Callable[[Sequence[T]], P]) -> P:
        """Read something that is never personal, or that is only compared."""
        return read(self._bare)


def as_it_is(entry: T) -> T:
    """Return the entry: the mask that masks nothing."""
    return entry
