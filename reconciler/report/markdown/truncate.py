"""Shortening a long report: whole sections if they fit, otherwise their first entries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_STEP = 8


@dataclass(frozen=True, slots=True)
class Block:
    """A section that may be shown in part."""

    count: int  # number of entries
    text: Callable[[int], str]  # text of the first entries, for a number of at least one


@dataclass(frozen=True, slots=True)
class Fitted:
    """The part that fits, and the size of the rest."""

    texts: tuple[str, ...] = ()
    left_out: int = 0  # number of entries

    @property
    def size(self) -> int:
        """Size of all texts together, in UTF-16 code units."""
        return sum(map(size_of, self.texts))


def size_of(text: str) -> int:
    """Return the size in UTF-16 code units: characters as JavaScript counts them."""
    return len(text.encode("utf-16-le")) // 2


def fitted(blocks: Iterable[Block], room: int) -> Fitted:
    """Return as much of ``blocks`` as fits into ``room`` UTF-16 code units; earlier blocks go first."""
    texts: list[str] = []
    left_out = 0
    for block in blocks:
        most = _most_entries(block, room)
        left_out += block.count - most
        if most:
            texts.append(block.text(most))
            room -= size_of(texts[-1])
    return Fitted(tuple(texts), left_out)


def _most_entries(block: Block, room: int) -> int:
    """Return how many entries fit, in growing steps, so that the work depends on the result only."""

    def fit(count: int) -> bool:
        return size_of(block.text(count)) <= room

    most, too_many = 0, 1
    while most < block.count and fit(too_many):
        most, too_many = too_many, min(too_many * _STEP, block.count)
    while too_many - most > 1:
        middle = (most + too_many) // 2
        most, too_many = (middle, too_many) if fit(middle) else (most, middle)
    return most
