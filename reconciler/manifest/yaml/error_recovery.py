"""What can still be read of a file that is no YAML: a fault in one place hides nothing that is elsewhere.

The record in which the fault stands is left out, and the rest is read. Where the document still cannot be
read, it is left out from there on, and then as a whole: a second fault in one document would most likely come
of the first one, and is not told. Lines stay where they are, so that places are right.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_DOCUMENT = re.compile(rb"---(\s|$)")
_RECORDS = re.compile(rb"records:[ \t]*(#.*)?\r?$")
_STAND_IN = b"9990000000%d: {$absent: true}"
"""A record in place of the one that is left out; any key may be this text, and it wants nothing."""


class _Cut(NamedTuple):
    first: int  # line
    last: int  # line after it
    is_record: bool = False  # and the document is sound without it


@dataclass(slots=True)
class Salvage:
    """The lines of one file, without those that could not be read."""

    lines: list[bytes]
    _cuts: dict[int, list[_Cut]] = field(default_factory=dict)  # by document, what is to go, in turn
    _unsound: list[range] = field(default_factory=list)  # documents that lack more than records

    @property
    def text(self) -> bytes:
        """What is left."""
        return b"\n".join(self.lines)

    def is_sound(self, line: int) -> bool:
        """Whether the document that begins at ``line``, from 0, lacks nothing but records."""
        return not any(line in lines for lines in self._unsound)

    def leave_out(self, line: int) -> bool:
        """Leave out what a fault at ``line``, from 0, spoils.

        Gives whether it is to be told, as the first one of its document.
        """
        line = min(line, len(self.lines) - 1)
        start = max((at for at in range(line + 1) if _DOCUMENT.match(self.lines[at])), default=0)
        after = range(max(line, start) + 1, len(self.lines))
        end = next((at for at in after if _DOCUMENT.match(self.lines[at])), len(self.lines))
        is_first = start not in self._cuts
        if is_first:
            self._cuts[start] = self._cuts_of(line, start, end)
        cuts = self._cuts[start]
        self._leave_out(cuts.pop(0) if cuts else _Cut(0, len(self.lines)), range(start, end))
        return is_first

    def _cuts_of(self, line: int, start: int, end: int) -> list[_Cut]:
        filled = [at for at in range(start, end) if self._indent(at) is not None]
        whole = _Cut(start, end)
        head = next((at for at in filled if at < line and _RECORDS.match(self.lines[at])), None)
        depth = next((self._indent(at) for at in filled if head is not None and at > head), None)
        if not depth:
            entry = max((at for at in filled if start < at <= line and not self._indent(at)), default=start)
            return [_Cut(entry, end), whole]
        record = max((at for at in filled if at <= line and self._indent(at) == depth), default=line)
        after = (at for at in filled if at > record and (self._indent(at) or 0) <= depth)
        return [_Cut(record, next(after, end), is_record=True), _Cut(record, end, is_record=True), whole]

    def _leave_out(self, cut: _Cut, document: range) -> None:
        indent = self._indent(cut.first) or 0
        for at in range(cut.first, cut.last):
            self.lines[at] = b""
        if cut.is_record:
            self.lines[cut.first] = b" " * indent + _STAND_IN % cut.first
        else:
            self._unsound.append(document)

    def _indent(self, at: int) -> int | None:
        """Blanks at the beginning of a line; None where nothing else is on it."""
        text = self.lines[at].lstrip(b" ")
        return None if not text.strip() or text.startswith(b"#") else len(self.lines[at]) - len(text)
