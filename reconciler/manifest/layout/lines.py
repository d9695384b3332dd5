"""The lines of a formatted file, with the comments at their ends.

A comment follows its line after two blanks. If comments of neighbouring lines were in one column before, they
are in one column again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_BEFORE_COMMENT = "  "


@dataclass(slots=True)
class _Line:
    text: str
    comment: str = ""
    column: int = 0  # column of the comment in the old text


class Lines:
    """Lines, written one after the other."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    @property
    def can_take_comment(self) -> bool:
        """Whether a comment may stand at the end of the last line."""
        return bool(self._lines) and not self._lines[-1].comment

    def begin(self, text: str, indent: int, *, after_blank: bool = False) -> None:
        """Begin a new line."""
        if after_blank and self._lines:
            self._lines.append(_Line(""))
        self._lines.append(_Line(" " * indent + text))

    def go_on(self, text: str) -> None:
        """Append to the last line."""
        self._lines[-1].text += text

    def add_whole(self, lines: Sequence[str]) -> None:
        """Add lines unchanged."""
        self._lines += map(_Line, lines)

    def comment(self, text: str, column: int) -> None:
        """Write a comment at the end of the last line."""
        self._lines[-1].comment, self._lines[-1].column = text, column

    def text(self) -> str:
        """Return the text of all lines; align comments that were aligned before."""
        lines = self._lines
        start = 0
        while start < len(lines):
            end = start + 1
            if lines[start].comment:
                while end < len(lines) and lines[end].comment and lines[end].column == lines[start].column:
                    end += 1
                width = max(len(line.text) for line in lines[start:end])
                for line in lines[start:end]:
                    line.text = line.text.ljust(width) + _BEFORE_COMMENT + line.comment
            start = end
        return "".join(f"{line.text}\n" for line in lines)
