"""Shortening a long report: whole sections if they fit, otherwise their first entries."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_STEP = 8

_OPEN_CHARACTERS = 3_000
"""A block is unfolded if this block and all blocks before it have at most this many characters together."""

_MOST_IN_FULL = 40_000
"""Maximum number of characters of the full versions of shortened blocks.

They are folded in a comment, but e-mails about the comment show them.
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A section that may be shown in part."""

    count: int  # number of entries
    content: Callable[[int], str]  # gets a number n, at least 1; returns the text of the first n entries
    title: str  # the line on which to click for unfolding
    in_full: Callable[[], str] | None = None
    """Returns the unshortened content, or an empty text if ``content`` shortens nothing.

    None: the unshortened content is too long to be shown.
    """

    def text(self, count: int, *, is_open: bool = False, below: str = "") -> str:
        """Return the text with the first ``count`` entries, followed by the text ``below``."""
        left_out = self.count - count
        rest = f"\n{left_out:,} more of these are left out.\n" if left_out else ""
        return _fold(self.title, f"{self.content(count)}{rest}{below}", is_open=is_open)


@dataclass(frozen=True, slots=True)
class FittedBlock:
    """A block with as many of its entries as fit."""

    block: Block
    count: int
    size: int  # size of the block's text while it is folded, in UTF-16 code units

    def text(self, *, is_open: bool = False, below: str = "") -> str:
        """Return the text with the entries that fit."""
        return self.block.text(self.count, is_open=is_open, below=below)

    def in_full(self, room: int) -> str:
        """Return the unshortened content in a section that readers can unfold.

        The result is empty if nothing was shortened, or if it would have more characters than ``room``.
        """
        if self.block.in_full is None or self.count < self.block.count:
            return ""
        whole = self.block.in_full()
        fold = f"\n{_fold('in full', whole).rstrip()}\n"
        return fold if whole and size_of(fold) <= room else ""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The blocks that fit, and the number of entries that do not."""

    blocks: tuple[FittedBlock, ...] = ()
    left_out: int = 0  # number of entries left out

    @property
    def size(self) -> int:
        """Size of all texts together, in UTF-16 code units."""
        return sum(block.size for block in self.blocks)


def size_of(text: str) -> int:
    """Return the size in UTF-16 code units, which is the length of the text in JavaScript."""
    return len(text.encode("utf-16-le")) // 2


def fitted(blocks: Iterable[Block], room: int) -> Fitted:
    """Return as much of ``blocks`` as fits into ``room`` UTF-16 code units; earlier ones have priority."""
    parts: list[FittedBlock] = []
    left_out = 0
    for block in blocks:
        most = _most_entries(block, room)
        left_out += block.count - most
        if most:
            parts.append(FittedBlock(block, most, size_of(block.text(most))))
            room -= parts[-1].size
    return Fitted(tuple(parts), left_out)


def texts_of(blocks: Iterable[FittedBlock], room: int) -> Iterator[str]:
    """Return the texts of blocks: unfolded up to ``_OPEN_CHARACTERS``, then folded.

    Below a block with shortened content, the full content follows in a fold, if it fits into what is left of
    ``room`` UTF-16 code units.
    """
    size = 0
    room = min(room, _MOST_IN_FULL)
    for block in blocks:
        size += block.size
        below = block.in_full(room)
        room -= size_of(below)
        yield block.text(is_open=size <= _OPEN_CHARACTERS, below=below)


def _fold(title: str, content: str, *, is_open: bool = False) -> str:
    """Return a section that readers can unfold; GitHub reads ``content`` as Markdown after an empty line."""
    start = "<details open>" if is_open else "<details>"
    return f"{start}<summary>{title}</summary>\n\n{content}\n</details>\n\n"


def _most_entries(block: Block, room: int) -> int:
    """Return how many of the first entries fit into ``room``.

    Small numbers are tried first, so a search takes little time if few of many entries fit.
    """

    def fit(count: int) -> bool:
        return size_of(block.text(count)) <= room

    most, too_many = 0, 1
    while most < block.count and fit(too_many):
        most, too_many = too_many, min(too_many * _STEP, block.count)
    while too_many - most > 1:
        middle = (most + too_many) // 2
        most, too_many = (middle, too_many) if fit(middle) else (most, middle)
    return most
