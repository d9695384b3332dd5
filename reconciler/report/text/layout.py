"""The layout of terminal reports, and the kinds of lines that all sections share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordId, ThingAddress
from reconciler.model.names import NO_NAMES, Names
from reconciler.report.named import record_title
from reconciler.report.text.styled_lines import Line, Piece, Style, beside, line
from reconciler.report.text.width import ELLIPSIS, wrapped
from reconciler.source import SourceRef


class Subject(NamedTuple):
    """The record or definition of an entry."""

    key: ThingAddress
    source: SourceRef | None  # the manifest line that asks for it
    display_name: str | None = None
    record_id: RecordId | None = None

    @property
    def suffix(self) -> str:
        """The display name in brackets; empty if it equals the key in the address."""
        return visible(record_title(self.key, self.display_name).removeprefix(self.key.text))


@dataclass(frozen=True, slots=True)
class Layout:
    """Width, level of detail, format of places, and names."""

    width: int  # columns
    full: bool  # whether to show everything, without shortening
    where: Callable[[SourceRef], str]  # formats file:line:column as the reader would type it
    names: Names = NO_NAMES  # display names of the things that are shown
    link: Callable[[SourceRef], str | None] = lambda _: None  # returns the URL of a manifest line
    way_to_all: str = "--full shows all"  # how to see hidden entries

    def place(self, source: SourceRef) -> str:
        """Format file and line."""
        return visible(self.where(source).rpartition(":")[0])

    def exact_place(self, source: SourceRef) -> str:
        """Format file, line and column."""
        return visible(self.where(source))

    def paragraph(self, text: str, *, indent: int = 0, style: Style = Style.PLAIN) -> Iterator[Line]:
        """Format sentences, wrapped at spaces, with invisible characters escaped."""
        for row in wrapped(visible(text), self.width - indent):
            yield line(Piece(row, style), indent=indent)

    def record(self, subject: Subject, sign: Piece | None = None) -> list[Line]:
        """Format a record's line: address, display name, and at the right margin its manifest line."""
        source, address = subject.source, visible(subject.key.text)
        title = (Piece(address, Style.STRONG if sign else Style.PLAIN), subject.suffix)
        left = line(sign, " ", *title, indent=2) if sign else line(*title, indent=6)
        return beside(left, (Piece(self.place(source), Style.FAINT),) if source else (), self.width)

    def heading(self, title: str, remark: str) -> list[Line]:
        """Format the line above a group, with a remark that explains it."""
        remarks = self.paragraph(remark, indent=2, style=Style.FAINT) if remark else ()
        return [*self.paragraph(title, style=Style.STRONG), *remarks]


def more(count: int, layout: Layout, *, indent: int) -> Line:
    """Format the line that is shown instead of ``count`` hidden entries."""
    way = f" ({layout.way_to_all})" if layout.way_to_all else ""
    return line(Piece(f"{ELLIPSIS} {count:,} more{way}", Style.FAINT), indent=indent)
