"""Finding repeated values among many, in little memory."""

from array import array
from collections.abc import Iterable

_PARTS = 256


def repeated_hashes(hashes: Iterable[int]) -> frozenset[int]:
    """Find the hashes that occur more than once; the values with these hashes must be compared.

    Eight bytes of each are kept, sorted in parts.
    """
    parts = [array("q") for _ in range(_PARTS)]
    for each in hashes:
        parts[each % _PARTS].append(each)
    alike: set[int] = set()
    for part in parts:
        before: int | None = None
        for each in sorted(part):
            if each == before:
                alike.add(each)
            before = each
    return frozenset(alike)
