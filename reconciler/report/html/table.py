"""The entries of a report as rows of a table, for a page that groups, searches and filters them.

A row is a list, whose columns ``web/rows.js`` names. Rows of one kind stand under one heading, and rows with
the same group are alike, as on a terminal. Repeated words are stored once, so that a plan of a hundred
thousand changes stays small. Invisible characters are escaped already.
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
    """The things that the rows under one heading have in common."""

    action: str  # the action on them, in one or two words
    object: str
    reason: str
    what: str  # the rest of a heading that begins with their number: ``to update``
    why: str  # the remark below a heading: a sentence without full stop
    sign: Piece
    one: str = ""  # ``what`` for a single row, if that differs
    page: str = ""  # the address of a record's page in HubSpot, without the record id; empty if there is none
    short: str = ""  # ``action`` in a row whose address tells the rest
    several: str = ""  # the word for several rows; empty: the object type
    against: str = ""  # the name of the side that is compared with HubSpot, if both sides are shown


class Titles(NamedTuple):
    """The titles of columns and filters that are not the same in all reports."""

    action: str = "Action"
    reason: str = "Reason"
    aside: str = "Source"  # the last column


class Remark(NamedTuple):
    """A remark about one value."""

    note: str = ""
    reason: str = ""  # if it differs from that of the row
    source: SourceRef | None = None  # if it differs from that of the row


_NOTHING = Remark()


class Table:
    """Rows, and the words that they share."""

    def __init__(self, titles: Titles, page_of: Callable[[str], str | None] = lambda _: None) -> None:
        """Make an empty table; ``page_of`` returns the address of a manifest in the repository."""
        self._titles = titles
        self._page_of = page_of
        self._kinds: list[Json] = []
        self._files: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._reasons: dict[str, int] = {}
        self._rows: list[list[object]] = []
        self._groups = -1

    def as_document(self) -> Json:
        """Return the table as the page reads it."""
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
        """Begin a heading: the rows that follow are of this kind."""
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
        """Begin a group: the rows that follow are alike."""
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
            subject: the record or definition that it is about.
            record_id: HubSpot's id, if it is known.
            values: made by ``value``.
            notes: sentences below the values.
            aside: the text of the last column instead of the manifest line.
        """
        row = self._row(subject.key.text, subject.source, record_id, values, notes)
        said = {"aside": visible(aside), "name": subject.suffix}
        extra = {name: text for name, text in said.items() if text}
        self._rows.append([*row, extra] if extra else row)

    def add_place(self, address: str, source: SourceRef | None, notes: Iterable[str]) -> None:
        """Add a row about a place in the manifests, which need not name a record."""
        self._rows.append(self._row(address, source, None, (), notes))

    def value(
        self, name: str, before: str | None, after: str | None, remark: Remark = _NOTHING
    ) -> list[object]:
        """Return a value of a row."""
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
    """Return ``value`` as it is shown, line by line; different values never look the same."""
    if value is None or "\n" not in value:
        return None if value is None else shown(value)
    return "\n".join(line and shown(line) for line in value.split("\n"))


def _number(words: dict[str, int], word: str) -> int:
    return words.setdefault(word, len(words))
