"""Patches of lists, which are mappings whose order counts: entries are removed or sorted.

When an entry moves, its comments move too: the comment on its line, and the comment lines above it. Lines
above the first entry do not move. When an entry is removed, the comment on its line is removed too, and the
comment lines above it stay.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from reconciler.manifest.edit.patches import LINE_BREAK, Patcher, Unsafe
from reconciler.manifest.yaml.spans import Entry, MappingSpan, Span

Moved = Callable[[int], int]
"""A function that converts an offset in the old text to an offset in the new one."""


class Rewritten(NamedTuple):
    """The text after a list was rewritten, and a function that converts old offsets to new ones."""

    text: str
    moved: Moved


class _Chunk(NamedTuple):
    """The place of one entry in the text, as offsets."""

    lead: int  # start of the comment lines above the entry
    start: int
    end: int


class _Part(NamedTuple):
    """An entry that remains in the list, with the comment lines to write above it."""

    above: str  # comment lines of removed entries, now above this one
    chunk: _Chunk


def rewrite_entries(patcher: Patcher, number: int, line: Sequence[str], names: Sequence[str]) -> Rewritten:
    """Rewrite a mapping in document ``number`` so that it has only the entries ``names``, in this order.

    ``line`` is the path of keys from the document's root to the mapping.

    Raises:
        Unsafe: other text would change, or no entry would be left.
    """
    mapping = patcher.mapping(number, line)
    entries = {entry.name: place for place, entry in enumerate(mapping.entries)}
    if not names:
        raise Unsafe("the list in the manifest would be empty")
    order = [entries[name] for name in names]
    if mapping.is_flow:
        return _in_braces(patcher.text, mapping, order)
    return _on_lines(patcher, mapping, order)


def _in_braces(text: str, mapping: MappingSpan, order: Sequence[int]) -> Rewritten:
    chunks = [_Chunk(start, start, end) for start, end in map(_extent, mapping.entries)]
    gaps = [text[one.end : other.start] for one, other in pairwise(chunks)]
    if any("#" in gap for gap in gaps):
        raise Unsafe("there is a comment inside the list")
    parts = [_Part("", chunks[place]) for place in order]
    return _joined(text, (chunks[0].start, chunks[-1].end), parts, gaps)


def _on_lines(patcher: Patcher, mapping: MappingSpan, order: Sequence[int]) -> Rewritten:
    text = patcher.text
    chunks: list[_Chunk] = []
    lead = _line_start(text, mapping.entries[0].name_span.start)
    for entry in mapping.entries:
        found = LINE_BREAK.search(text, patcher.content_end(_last(entry)))
        end = found.start() if found else len(text)
        chunks.append(_Chunk(lead, _line_start(text, entry.name_span.start), end))
        lead = found.end() if found else end
    line_break = patcher.line_break_after(chunks[0].start)
    parts: list[_Part] = []
    for place in order:
        left_out = list(takewhile(lambda other: other not in order, range(place - 1, -1, -1)))
        parts.append(_Part(_comments(text, [chunks[other] for other in reversed(left_out)]), chunks[place]))
    below = _comments(text, chunks[max(order) + 1 :]).rstrip("\r\n")
    tail = f"{line_break}{below}" if below else ""
    return _joined(text, (chunks[0].lead, chunks[-1].end), parts, [line_break], tail)


def _comments(text: str, chunks: Iterable[_Chunk]) -> str:
    """Return the comment lines above removed entries.

    If all lines above an entry are blank, they are left out.
    """
    leads = (text[chunk.lead : chunk.start] for chunk in chunks)
    return "".join(lead for lead in leads if lead.strip())


def _joined(
    text: str, whole: tuple[int, int], parts: Sequence[_Part], gaps: Sequence[str], tail: str = ""
) -> Rewritten:
    """Replace the span ``whole`` by ``parts``, with ``gaps`` between them; the last gap may repeat."""
    start, end = whole
    written = ""
    starts: list[tuple[_Chunk, int]] = []
    for place, part in enumerate(parts):
        written += gaps[min(place, len(gaps)) - 1] if place else ""
        written += part.above
        starts.append((part.chunk, start + len(written)))
        written += text[part.chunk.lead : part.chunk.end]
    written += tail

    def moved(offset: int) -> int:
        if offset < start:
            return offset
        if offset > end:
            return offset + len(written) - (end - start)
        return next(
            (to + offset - each.lead for each, to in starts if each.lead <= offset <= each.end), start
        )

    return Rewritten(text[:start] + written + text[end:], moved)


def _extent(entry: Entry) -> tuple[int, int]:
    return entry.name_span.start, max(entry.name_span.end, entry.value.end)


def _last(entry: Entry) -> Span:
    return entry.value if entry.value.end > entry.name_span.end else entry.name_span


def _line_start(text: str, offset: int) -> int:
    found = [each.end() for each in LINE_BREAK.finditer(text, 0, offset)]
    return found[-1] if found else 0
