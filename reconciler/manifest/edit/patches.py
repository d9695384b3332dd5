"""Patches: the smallest changes to the text of a manifest that change one value.

An edit that would also change other text or other values is refused with a message for the user.
"""

import re
from bisect import bisect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from reconciler.errors import UnplacedError
from reconciler.manifest.yaml.character_check import BYTE_ORDER_MARK
from reconciler.manifest.yaml.scalars import spelled, spelled_as_block
from reconciler.manifest.yaml.spans import (
    AliasSpan,
    DocumentSpan,
    Entry,
    MappingSpan,
    Position,
    ScalarSpan,
    SequenceSpan,
    Span,
    read_spans,
)
from reconciler.model.desired_records import ManifestValue

LINE_BREAK: Final = re.compile(r"\r\n?|\n")
"""Line breaks, as the parser counts them."""

_NAMES_ARE_DATA: Final = frozenset({"options", "options_include", "stages"})
_BY_HAND: Final = "write the value by hand"
_Of = TypeVar("_Of")


class Patch(NamedTuple):
    """A replacement of some text; if start and end are equal, it is an insertion."""

    start: int
    end: int
    text: str
    lead: int = 0  # number of characters of ``text`` before the edited line


class Unsafe(UnplacedError):
    """A value that cannot be edited safely, and advice for the user."""

    def __init__(self, message: str, advice: str = _BY_HAND) -> None:
        super().__init__(message, advice)

    @classmethod
    def changed(cls) -> "Unsafe":
        """Build the error that the file has changed since it was read."""
        return cls("the file has changed since it was read", "run the command again")


class AnyKey(Collection[str]):
    """A collection for which ``key in collection`` is always true. Iterating yields nothing."""

    def __contains__(self, _key: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Patcher:
    """Builds patches of one text, for the records with ``keys`` and for definitions."""

    def __init__(self, data: bytes, keys: Collection[str]) -> None:
        text = data.decode()
        self.mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        self.text = text.removeprefix(BYTE_ORDER_MARK)
        self._documents = read_spans(data, keys)
        self._filled: set[int] = set()  # starts of empty records that got a first entry

    def document_at(self, position: Position) -> int:
        """Return the number of the document at ``position``."""
        return max(bisect([document.position for document in self._documents], position) - 1, 0)

    def patch(self, number: int, key: str, name: str, value: ManifestValue) -> Patch:
        """Build the patch that sets property ``name`` of record ``key`` in document ``number`` to ``value``.

        Raises:
            Unsafe: the patch would change other text or values.
        """
        return self.patch_line(number, ("records", key, name), value)

    def patch_line(self, number: int, line: Sequence[str], value: ManifestValue) -> Patch:
        """Build the patch that sets an entry in document ``number`` to ``value``.

        ``line`` is the path of keys to the entry, the outermost key first.

        Raises:
            Unsafe: the patch would change other text or values.
        """
        *outer, name = line
        holder = self.mapping(number, outer)
        entry = holder.entry(name)
        if entry is None:
            is_data = outer[-1] in _NAMES_ARE_DATA and len(outer) > len(("properties", "tier"))
            written = _spelled(name, "", in_flow=holder.is_flow)
            return self._insertion(holder, written, value, comes_last=is_data)
        _refuse_shared(self._documents[number], entry.value, "the value")
        if isinstance(entry.value, ScalarSpan):
            return self._instead_of_text(entry.value, value, in_flow=holder.is_flow)
        if isinstance(entry.value, SequenceSpan):
            return self._instead_of_list(entry, entry.value, value, in_flow=holder.is_flow)
        raise Unsafe.changed()  # a mapping instead of a value

    def appended_records(self, number: int, lines: Callable[[str], str]) -> Patch:
        """Build the patch that adds records at the end of document ``number``.

        ``lines`` returns the text of the records for a given indent, each after a blank line.

        Raises:
            Unsafe: ``records:`` is missing, written in braces, or used by an alias.
        """
        root = self._documents[number].root
        entry = root.entry("records") if isinstance(root, MappingSpan) else None
        if entry is None or not isinstance(entry.value, MappingSpan):
            raise Unsafe("the document has no `records:`", "name another file with --out")
        records = entry.value
        _refuse_shared(self._documents[number], records, "`records`")
        if records.is_flow and records.entries:
            raise Unsafe("the records are written in braces", "write each record on lines of its own")
        if records.is_flow:
            line_break = self.line_break_after(entry.name_span.end)
            return Patch(records.start, records.end, line_break + self._fitted(lines("  "), line_break))
        last = records.entries[-1]
        found = LINE_BREAK.search(self.text, self.content_end(last.value))
        end = found.start() if found else len(self.text)
        line_break = self.line_break_after(end)
        indent = " " * (last.name_span.position.column - 1)
        gap = line_break if self._has_gaps(records) else ""
        return Patch(end, end, f"{line_break}{gap}{self._fitted(lines(indent), line_break)}")

    def _fitted(self, lines: str, line_break: str) -> str:
        return lines.strip("\n").replace("\n", line_break)

    def _has_gaps(self, records: MappingSpan) -> bool:
        """Return whether a blank line is between the last two records; True if there is only one."""
        starts = [entry.name_span.start for entry in records.entries]
        between = self.text[starts[-2] : starts[-1]] if len(starts) > 1 else "\n\n"
        return LINE_BREAK.sub("\n", between).rstrip(" ").endswith("\n\n")

    def patched(self, patches: Mapping[_Of, Patch]) -> tuple[str, Mapping[_Of, int]]:
        """Apply ``patches``; return the new text and the offset of each patch in it."""
        parts = [self.mark]
        offsets: dict[_Of, int] = {}
        taken, length = 0, len(self.mark)
        for of, patch in sorted(patches.items(), key=lambda item: item[1].start):
            kept = self.text[taken : patch.start]
            offsets[of] = length + len(kept) + patch.lead
            parts += [kept, patch.text]
            length += len(kept) + len(patch.text)
            taken = patch.end
        return "".join([*parts, self.text[taken:]]), offsets

    def mapping(self, number: int, line: Sequence[str]) -> MappingSpan:
        """Return the mapping at the path of keys ``line`` in document ``number``.

        Raises:
            Unsafe: there is no such mapping, or an alias uses it.
        """
        document = self._documents[number]
        span = document.root
        for depth, name in enumerate(line):
            what = "the record" if depth and line[0] == "records" else f"`{name}`"
            entry = span.entry(name) if isinstance(span, MappingSpan) else None
            if entry is None:
                raise Unsafe.changed()
            span = entry.value
            _refuse_shared(document, span, what)
        if not isinstance(span, MappingSpan):
            raise Unsafe.changed()
        return span

    def _instead_of_text(self, old: ScalarSpan, value: ManifestValue, *, in_flow: bool) -> Patch:
        end = self.content_end(old)
        if not old.is_block:
            return Patch(old.start, end, _spelled(value, old.style, in_flow=in_flow))
        header = LINE_BREAK.split(self.text[old.start : end])[0]
        block = self._block(self.text[old.start : end], header, value) if isinstance(value, str) else None
        if block is None and "#" in header:
            raise Unsafe("there is a comment at the beginning of the block of text")
        return Patch(old.start, end, block or _spelled(value, "", in_flow=in_flow))

    def _block(self, old: str, header: str, text: str) -> str | None:
        """Return ``text`` as a block of lines in the style of ``old``; None if that is impossible."""
        lines = LINE_BREAK.split(old)[1:]
        first = next((line for line in lines if line.strip()), " ")
        indent = first[: len(first) - len(first.lstrip(" "))]
        ways = (
            spelled_as_block(text, sign + header[1:], indent, self.line_break_after(0))
            for sign in (header[0], "|")
        )
        return next((way for way in ways if way), None)

    def _instead_of_list(
        self, entry: Entry, old: SequenceSpan, value: ManifestValue, *, in_flow: bool
    ) -> Patch:
        items, gaps = self._taken_apart(old)
        if isinstance(value, tuple):
            return self._other_items(old, items, gaps, value)
        if old.is_flow:
            return Patch(old.start, old.end, _spelled(value, "", in_flow=in_flow))
        colon = self.text.index(":", entry.name_span.end)
        if self.text[colon + 1 : old.start].strip():
            raise Unsafe("there is a comment between the name and its list")
        return Patch(colon + 1, items[-1].end, " " + _spelled(value, "", in_flow=in_flow))

    def _other_items(
        self, old: SequenceSpan, items: Sequence[ScalarSpan], gaps: Sequence[str], choices: tuple[str, ...]
    ) -> Patch:
        """Build the patch of a list: items that stay keep their spelling, new items get the same style."""
        written = {item.value: self.text[item.start : item.end] for item in items}
        if gaps:
            gap = gaps[0]
        elif old.is_flow:
            gap = ", "
        else:
            dash = self.text[old.start : items[0].start]
            gap = f"{self.line_break_after(old.start)}{' ' * (old.position.column - 1)}{dash}"
        style, in_flow = items[-1].style, old.is_flow
        spellings = [written.get(choice) or _spelled(choice, style, in_flow=in_flow) for choice in choices]
        return Patch(items[0].start, items[-1].end, gap.join(spellings))

    def _taken_apart(self, old: SequenceSpan) -> tuple[Sequence[ScalarSpan], Sequence[str]]:
        """Split a list without comments into its items and their separators."""
        items = [item for item in old.items if isinstance(item, ScalarSpan)]
        if len(items) < len(old.items) or any(item.anchor or item.is_block for item in items):
            raise Unsafe("an item of the list is shared through an anchor, or is a block of text")
        gaps = [self.text[item.end : following.start] for item, following in pairwise(items)]
        begins, ends = self.text[old.start : items[0].start], self.text[items[-1].end : old.end]
        if any("#" in gap for gap in (*gaps, begins, ends if old.is_flow else "")):
            raise Unsafe("there is a comment inside the list")
        return items, gaps

    def _insertion(
        self, record: MappingSpan, name: str, value: ManifestValue, *, comes_last: bool = False
    ) -> Patch:
        """Build the patch that adds a line below the record's last property, or an entry in its braces.

        With ``comes_last``, the line is added below all lines of the mapping. This is for mappings in which
        the order of the lines counts, such as options.
        """
        entry = f"{name}: {_spelled(value, '', in_flow=record.is_flow)}"
        if record.is_flow and not record.entries:
            start = self.text.index("{", record.start) + 1  # an anchor may precede it
            is_first = start not in self._filled
            self._filled.add(start)
            return Patch(start, start, entry if is_first else f", {entry}")
        if record.is_flow:
            end = record.entries[-1].value.end
            return Patch(end, end, f", {entry}")
        last = record.entries[-1].value if comes_last else _last_property(record)
        found = LINE_BREAK.search(self.text, self.content_end(last))
        end = found.start() if found else len(self.text)
        line_break = self.line_break_after(end)
        indent = " " * (record.entries[0].name_span.position.column - 1)
        return Patch(end, end, f"{line_break}{indent}{entry}", len(line_break))

    def content_end(self, span: Span) -> int:
        """Return the end of the last line of ``span`` that is not blank."""
        if isinstance(span, ScalarSpan) and span.is_block:
            text = self.text[span.start : span.end]
            found = LINE_BREAK.search(text, len(text.rstrip()))
            return span.start + (found.start() if found else len(text))
        if isinstance(span, MappingSpan) and not span.is_flow:
            return self.content_end(span.entries[-1].value)
        if isinstance(span, SequenceSpan) and not span.is_flow:
            return self.content_end(span.items[-1])
        return span.end

    def line_break_after(self, start: int) -> str:
        """Return the first line end after ``start``, or else the first one in the text."""
        found = LINE_BREAK.search(self.text, start) or LINE_BREAK.search(self.text)
        return found[0] if found else "\n"


def _last_property(record: MappingSpan) -> Span:
    """Return the value below which to insert a line: the last value whose key does not begin with ``$``.

    A block of text may include blank lines at its end, so such a value is used only if there is no other.
    """
    properties = [entry.value for entry in record.entries if not entry.name.startswith("$")]
    values = properties or [entry.value for entry in record.entries]
    lines = [value for value in values if not (isinstance(value, ScalarSpan) and value.is_block)]
    return (lines or values)[-1]


def _refuse_shared(document: DocumentSpan, span: Span, what: str) -> None:
    if isinstance(span, AliasSpan):
        raise Unsafe(f"{what} is an alias, *{span.name}: other lines use the same value")
    is_mapping = isinstance(span, MappingSpan)
    if span.anchor and (span.anchor in document.used or not is_mapping):
        raise Unsafe(f"{what} has the anchor &{span.anchor}, and other lines use the same value")


def _spelled(value: ManifestValue, style: str, *, in_flow: bool) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_spelled(item, style, in_flow=True) for item in value)}]"
    spelling = spelled(value, style, in_flow=in_flow)
    if spelling is None:
        raise Unsafe("YAML cannot write the live value", "change it in HubSpot")
    return spelling
