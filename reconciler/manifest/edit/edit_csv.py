"""Editing cells of a CSV file: only the text of the edited cells changes.

Everything else stays unchanged, byte by byte: order, quotes, delimiter, line ends, encoding, byte order mark,
and the line ``sep=;``. The file is read row by row, so it may be of any size. Each edited row is read again,
to check that its other cells have the same values as before.
"""

import csv
import hashlib
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from reconciler.errors import Problem
from reconciler.manifest.edit.patches import Unsafe
from reconciler.manifest.tables.csv_text import Row, codec_in, mark_of, open_text, read_rows
from reconciler.manifest.tables.sources import blocks
from reconciler.manifest.tables.write import cell_text
from reconciler.model.acceptance import Edit
from reconciler.model.desired_records import ManifestValue
from reconciler.model.tables import TableForm
from reconciler.source import SourceRef

_PIECE = 1 << 16  # bytes that are written together


@dataclass(frozen=True, slots=True)
class EditedTable:
    """A CSV file with some cells changed."""

    path: Path
    form: TableForm
    rows: Mapping[int, str]  # the new text of edited rows, by the number of their first line in the old file
    places: Mapping[Edit, SourceRef]  # successful edits, and their places in the new file
    problems: tuple[Problem, ...]  # edits that failed

    def pieces(self) -> Iterator[bytes]:
        """Return the new content, piece by piece, in constant memory."""
        codec = codec_in(self.path, self.form.encoding)
        piece = mark_of(self.path)[0]
        for row in _rows(self.path, self.form):
            piece += self.rows.get(row.line, row.text).encode(codec)
            if len(piece) >= _PIECE:
                yield piece
                piece = b""
        yield piece


def edit_csv(path: Path, form: TableForm, edits: Sequence[Edit]) -> EditedTable:
    """Make those ``edits`` (of distinct cells) that are safe; the file at ``path`` itself is not written."""
    by_line: dict[int, list[Edit]] = {}
    for edit in edits:
        by_line.setdefault(edit.source.line, []).append(edit)
    if not _stays_the_same(path, form):
        unsafe = Unsafe(
            f"other rows would change: decoding and encoding the file as {form.encoding} gives other bytes"
        )
        return EditedTable(path, form, {}, {}, tuple(unsafe.at(edit.source, edit.address) for edit in edits))
    problems: list[Problem] = []
    places: dict[Edit, SourceRef] = {}
    texts: dict[int, str] = {}
    shift = 0  # number of lines that earlier edits have added
    for row in _rows(path, form):
        here = by_line.pop(row.line, ())
        text = row.text
        for edit in here:
            try:
                text = _with_cell(text, edit, form)
            except Unsafe as unsafe:
                problems.append(unsafe.at(edit.source, edit.address))
            else:
                places[edit] = replace(edit.source, line=row.line + shift)
        if text != row.text:
            texts[row.line] = text
            shift += text.count("\n") - row.text.count("\n")
    gone = (edit for left in by_line.values() for edit in left)
    problems += [Unsafe.changed().at(edit.source, edit.address) for edit in gone]
    return EditedTable(path, form, texts, places, tuple(problems))


def _rows(path: Path, form: TableForm) -> Iterator[Row]:
    """Read all rows of a file; Excel's line ``sep=;`` above the header counts as a row."""
    csv.field_size_limit(sys.maxsize)
    with open_text(path, codec_in(path, form.encoding)) as file:
        yield from read_rows(file, form.delimiter)


def _stays_the_same(path: Path, form: TableForm) -> bool:
    """Return whether decoding and encoding gives the same bytes, which is not so for every encoding."""
    before, after = hashlib.sha256(), hashlib.sha256(mark_of(path)[0])
    codec = codec_in(path, form.encoding)
    for block in blocks(path):
        before.update(block)
    for row in _rows(path, form):
        after.update(row.text.encode(codec))
    return before.digest() == after.digest()


def _with_cell(row: str, edit: Edit, form: TableForm) -> str:
    """Return the text of a row with the new text in one cell.

    Raises:
        Unsafe: the row is not the expected one, or the file's encoding lacks a character of the text.
    """
    cells, spans = _cells_of(row, form.delimiter)
    index = edit.source.column - 1
    if edit.key.value not in cells or index >= len(cells):
        raise Unsafe.changed()
    if cells[index] not in {_text(edit.before, edit.table or form), ""}:  # empty: the value is from ``all:``
        raise Unsafe.changed()
    new = _text(edit.after, edit.table or form)
    if "\0" in new or "\r" in new.replace("\r\n", ""):
        raise Unsafe("a cell of a CSV file cannot hold the live value")
    try:
        new.encode(form.encoding)
    except UnicodeEncodeError as error:
        lacking = error.object[error.start]
        advice = "save the file as UTF-8, and correct `encoding:`"
        raise Unsafe(f"{form.encoding} has no {lacking!r}", advice) from None
    start, end = spans[index]
    written = cell_text(new, form.delimiter, in_quotes=row.startswith('"', start))
    edited = row[:start] + written + row[end:]
    if _cells_of(edited, form.delimiter)[0] != [*cells[:index], new, *cells[index + 1 :]]:
        raise Unsafe("the edited row would not have exactly the intended contents")
    return edited


def _text(value: ManifestValue, form: TableForm) -> str:
    if value is None:
        return form.clear or ""
    return ";".join(value) if isinstance(value, tuple) else value


@cache
def _cell(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf'"(?:[^"]|"")*+"|[^{re.escape(delimiter)}\r\n]*')


def _cells_of(row: str, delimiter: str) -> tuple[list[str], Sequence[tuple[int, int]]]:
    """Return the cells of a row, and the start and end of each in the text, including quotes.

    Raises:
        Unsafe: the row is not valid CSV.
    """
    spans: list[tuple[int, int]] = []
    position = 0
    while not spans or row.startswith(delimiter, position):
        found = _cell(delimiter).match(row, position + bool(spans))
        if found is None:
            break
        spans.append(found.span())
        position = found.end()
    try:
        (cells,) = csv.reader(io.StringIO(row, newline=""), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        raise Unsafe.changed() from None
    if len(cells) != len(spans) or row[position:].strip("\r\n"):
        raise Unsafe.changed()
    return cells, spans
