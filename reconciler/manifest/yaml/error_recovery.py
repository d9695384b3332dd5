"""Recovery from YAML errors: an error in one place does not hide problems in other places.

The record with the error is left out, and the rest is read. If the document still cannot be read, all lines
from the error on are left out, and then the whole document. A second error in one document is not reported,
because the first error most likely causes it. Lines keep their numbers, so that places stay right.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_DOCUMENT = re.compile(rb"---(\s|$)")
_RECORDS = re.compile(rb"records:[ \t]*(#.*)?\r?$")
_STAND_IN = b"9990000000%d: {$absent: true}"
"""The line that replaces an omitted record: a key that is valid for every key property, and no values."""


class _Cut(NamedTuple):
    first: int  # the first omitted line
    end: int  # the line after the last omitted line
    is_record: bool = False  # whether records are omitted; then line ``first`` gets a placeholder record


@dataclass(slots=True)
class Salvage:
    """The lines of one file, without the lines that could not be read."""

    lines: list[bytes]
    # what to leave out in the next attempts to parse the file, by the first line of the document
    _cuts: dict[int, list[_Cut]] = field(default_factory=dict)
    # the line ranges of documents of which not only lines of records were left out
    _unsound: list[range] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        """The remaining text."""
        return b"\n".join(self.lines)

    def is_sound(self, line: int) -> bool:
        """Return whether only records were left out of the document that begins at ``line`` (from 0)."""
        return not any(line in lines for lines in self._unsound)

    def leave_out(self, line: int) -> bool:
        """Leave out the lines that an error at ``line`` (from 0) makes unreadable.

        Return whether to report the error: only the first error of each document is reported.
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
        for at in range(cut.first, cut.end):
            self.lines[at] = b""
        if cut.is_record:
            self.lines[cut.first] = b" " * indent + _STAND_IN % cut.first
        else:
            self._unsound.append(document)

    def _indent(self, at: int) -> int | None:
        """Count the blanks at the beginning of a line; return None for a blank line or a comment."""
        text = self.lines[at].lstrip(b" ")
        return None if not text.strip() or text.startswith(b"#") else len(self.lines[at]) - len(text)
