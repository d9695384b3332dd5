"""Finding repeated values, and looking up values, among very many, with little memory."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

_PARTS = 256


def repeated_hashes(hashes: Iterable[int]) -> frozenset[int]:
    """Find the hashes that occur more than once; the values with these hashes must be compared.

    Eight bytes of each hash are kept, and sorted in parts.
    """
    alike: set[int] = set()
    for part in _parted(hashes):
        before: int | None = None
        for each in sorted(part):
            if each == before:
                alike.add(each)
            before = each
    return frozenset(alike)


class KnownHashes:
    """A set of many hashes for look-ups, with eight bytes of memory for each."""

    __slots__ = ("_parts",)

    def __init__(self, hashes: Iterable[int]) -> None:
        self._parts = [array("q", sorted(part)) for part in _parted(hashes)]

    def __contains__(self, found: int) -> bool:
        part = self._parts[found % _PARTS]
        place = bisect_left(part, found)
        return place < len(part) and part[place] == found


def _parted(hashes: Iterable[int]) -> "list[array[int]]":
    parts = [array("q") for _ in range(_PARTS)]
    for each in hashes:
        parts[each % _PARTS].append(each)
    return parts
