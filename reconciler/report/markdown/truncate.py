"""What of a long report fits into a short room: whole sections where they fit, else their first entries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_STEP = 8


@dataclass(frozen=True, slots=True)
class Block:
    """A section that may be told in part."""

    count: int  # entries
    text: Callable[[int], str]  # of the first so many entries, at least one


@dataclass(frozen=True, slots=True)
class Fitted:
    """What fits, and how much does not."""

    texts: tuple[str, ...] = ()
    left_out: int = 0  # entries

    @property
    def size(self) -> int:
        """Of all texts together, in UTF-16 code units."""
        return sum(map(size_of, self.texts))


def size_of(text: str) -> int:
    """UTF-16 code units: characters as JavaScript counts them, never fewer than there are."""
    return len(text.encode("utf-16-le")) // 2


def fitted(blocks: Iterable[Block], room: int) -> Fitted:
    """As much of ``blocks`` as takes no more than ``room`` UTF-16 code units; the first ones choose first."""
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
    """How many entries fit: found in growing steps, so that the work follows what fits, not what there is."""

    def fit(count: int) -> bool:
        return size_of(block.text(count)) <= room

    most, too_many = 0, 1
    while most < block.count and fit(too_many):
        most, too_many = too_many, min(too_many * _STEP, block.count)
    while too_many - most > 1:
        middle = (most + too_many) // 2
        most, too_many = (middle, too_many) if fit(middle) else (most, middle)
    return most
