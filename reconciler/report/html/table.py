"""The entries of a report as rows of a table, for a page that groups, searches and filters them.

A row is a list; ``web/rows.js`` names its columns. Rows of one kind are under one heading, and rows of one
group look the same except for the record, as on a terminal. Repeated words are stored once, so that the page
of a large plan stays small. Invisible characters are escaped.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from reconciler.invisible_characters import visible
from reconciler.report.text.layout import Subject
from reconciler.report.text.styled_lines import Piece
from reconciler.report.text.values import shown
from reconciler.source import SourceRef

Json: TypeAlias = dict[str, object]


class RowKind(NamedTuple):
    """The common parts of all rows under one heading."""

    action: str  # the action, in one or two words
    object: str
    reason: str
    what: str  # the heading without the number of rows: ``to update``
    why: str  # the remark below a heading: a sentence without full stop
    sign: Piece
    one: str = ""  # ``what`` for a single row, if that differs
    page: str = ""  # the beginning of the URL of a record's page in HubSpot; empty if there is none
    short: str = ""  # a shorter ``action`` for single rows
    several: str = ""  # plural noun for the rows; empty: the object type
    against: str = ""  # for held values: the label of the value shown beside HubSpot's, such as "manifest"


class Titles(NamedTuple):
    """The titles of columns and filters that differ between reports."""

    action: str = "Action"
    reason: str = "Reason"
    aside: str = "Source"  # the last column


class Remark(NamedTuple):
    """A remark about one value."""

    note: str = ""
    reason: str = ""  # empty: the same as that of the row
    source: SourceRef | None = None  # None: the same as that of the row


_NOTHING = Remark()


class Table:
    """The rows of a page's table, with a list of the words that they share."""

    def __init__(self, titles: Titles, page_of: Callable[[str], str | None] = lambda _: None) -> None:
        """Create an empty table; ``page_of`` returns the URL of a manifest in the repository."""
        self._titles = titles
        self._page_of = page_of
        self._kinds: list[Json] = []
        self._files: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._reasons: dict[str, int] = {}
        self._rows: list[list[object]] = []
        self._groups = -1

    def as_document(self) -> Json:
        """Return the table in the form that the script of the page reads."""
        return {
            "files": [visible(name) for name in self._files],
            "kinds": self._kinds,
            "names": [visible(name) for name in self._names],
            "pages": [self._page_of(name) or "" for name in self._files],
            "reasons": list(self._reasons),
            "rows": self._rows,
            "titles": self._titles._asdict(),
        }

    def add_kind(self, kind: RowKind) -> None:
        """Begin a new heading; rows added after this are of this kind."""
        self._kinds.append(
            {
                "action": kind.action,
                "against": kind.against,
                "object": visible(kind.object),
                "one": kind.one,
                "page": kind.page,
                "reason": kind.reason,
                "several": kind.several,
                "short": kind.short,
                "sign": kind.sign.text,
                "tone": kind.sign.style.name.lower(),
                "what": kind.what,
                "why": kind.why,
            }
        )

    def add_group(self) -> None:
        """Begin a new group; only the record differs between the rows of a group."""
        self._groups += 1

    def add_row(
        self,
        subject: Subject,
        record_id: str | None = None,
        *,
        values: Sequence[list[object]] = (),
        notes: Iterable[str] = (),
        aside: str = "",
    ) -> None:
        """Add a row to the present kind and group.

        Args:
            subject: the record or definition of the row.
            record_id: HubSpot's id, if it is known.
            values: results of the method ``value``.
            notes: sentences below the values.
            aside: the text of the last column instead of the manifest line.
        """
        row = self._row(subject.key.text, subject.source, record_id, values, notes)
        said = {"aside": visible(aside), "name": subject.suffix}
        extra = {name: text for name, text in said.items() if text}
        self._rows.append([*row, extra] if extra else row)

    def add_place(self, address: str, source: SourceRef | None, notes: Iterable[str]) -> None:
        """Add a row about a place in the manifests; ``address`` is empty if it is about no record."""
        self._rows.append(self._row(address, source, None, (), notes))

    def value(
        self, name: str, before: str | None, after: str | None, remark: Remark = _NOTHING
    ) -> list[object]:
        """Return the encoded form of a value for ``add_row``."""
        value: list[object] = [_number(self._names, name), _lines(before), _lines(after)]
        said: Json = self._place(remark.source)
        if remark.reason:
            said["reason"] = _number(self._reasons, remark.reason)
        if remark.note:
            said["note"] = visible(remark.note)
        return [*value, said] if said else value

    def _row(
        self,
        address: str,
        source: SourceRef | None,
        record_id: str | None,
        values: Sequence[list[object]],
        notes: Iterable[str],
    ) -> list[object]:
        place = self._place(source)
        return [
            *(len(self._kinds) - 1, visible(address), place.get("file", -1), place.get("line", 0), record_id),
            *(values, [visible(note) for note in notes], self._groups),
        ]

    def _place(self, source: SourceRef | None) -> Json:
        return {"file": _number(self._files, source.file), "line": source.line} if source else {}


def _lines(value: str | None) -> str | None:
    """Return the shown form of a value, line by line; different values never look the same."""
    if value is None or "\n" not in value:
        return None if value is None else shown(value)
    return "\n".join(line and shown(line) for line in value.split("\n"))


def _number(words: dict[str, int], word: str) -> int:
    return words.setdefault(word, len(words))
