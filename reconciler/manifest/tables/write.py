"""Writing tables (CSV, JSON lines, Parquet) row by row, in a form that is read as the same records."""

import csv
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.manifest.tables.csv_text import DELIMITERS, codec_in, mark_of, open_text, separator_line
from reconciler.manifest.tables.sorted_rows import copy_as_parquet, parquet_rows
from reconciler.manifest.tables.sources import blocks, in_sql
from reconciler.model.desired_records import ManifestValue
from reconciler.model.tables import Format, TableForm
from reconciler.temporary import temporary_folder, write_temporary

_PIECE_ROWS = 1_000
"""Rows that are written together."""

_TO_QUOTE = {by: re.compile(rf'["\r\n{re.escape(by)}]|^\s|\s$') for by in DELIMITERS}
_LONGEST_LINE = 8_000_000
"""Maximum bytes of a row; DuckDB reserves memory for several rows of this length."""

Row = Sequence[ManifestValue]
"""One value for each column, the key first; None is an empty cell."""


def table_pieces(format_: Format, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Return the content of a table file, piece by piece, in constant memory.

    Raises:
        UsageError: DuckDB, which writes Parquet, is not installed.
    """
    return _WRITERS[format_](columns, rows)


def appended_pieces(existing: Path, rows: Iterable[Row], form: TableForm) -> Iterator[bytes]:
    """Return the content of an existing CSV file of this ``form``, with ``rows`` added at its end.

    Raises:
        UsageError: the file's encoding lacks a character of the rows.
    """
    codec = codec_in(existing, form.encoding)
    with open_text(existing, codec) as file:
        first = file.readline()
    last_end, last = "\n".encode(codec), b""
    for block in blocks(existing):
        yield block
        last = (last + block)[-len(last_end) :]
    if last != last_end:
        yield ("\r\n" if first.endswith("\r\n") else "\n").encode(codec)
    yield from _encoded(existing, rows, first, form)


def rewritten_pieces(
    existing: Path, columns: Sequence[str], rows: Iterable[Row], form: TableForm
) -> Iterator[bytes]:
    """Return the content of a CSV file that replaces ``existing``; ``form`` is the format of both.

    Raises:
        UsageError: the file's encoding lacks a character of the rows.
    """
    codec = codec_in(existing, form.encoding)
    yield mark_of(existing)[0]
    with open_text(existing, codec) as file:
        first = file.readline()
    if separator_line(first):
        yield first.encode(codec)
    yield from _encoded(existing, chain([columns], rows), first, form)


def _encoded(existing: Path, rows: Iterable[Row], first: str, form: TableForm) -> Iterator[bytes]:
    """Encode ``rows`` in the form of the file ``existing``, with the line end of its ``first`` line."""
    end = "\r\n" if first.endswith("\r\n") else "\n"
    try:
        yield from _csv_rows(rows, end, form.delimiter, codec_in(existing, form.encoding))
    except UnicodeEncodeError as error:
        lacking = error.object[error.start]
        raise UsageError(
            f"{existing.name} is {form.encoding}, which has no {lacking!r}: nothing was written\n"
            "    save the file as UTF-8, and correct `encoding:`"
        ) from None


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    yield from _csv_rows([columns])
    yield from _csv_rows(rows)


def _csv_rows(
    rows: Iterable[Row], end: str = "\n", delimiter: str = ",", codec: str = "utf-8"
) -> Iterator[bytes]:
    lines = (delimiter.join(cell_text(value, delimiter) for value in row) + end for row in rows)
    while piece := "".join(islice(lines, _PIECE_ROWS)):
        yield piece.encode(codec)


def cell_text(value: ManifestValue, delimiter: str, *, in_quotes: bool = False) -> str:
    """Return the text of a cell, in quotes if it needs them, or if ``in_quotes`` is true.

    Unlike in Python's ``csv.writer``, a carriage return and outer blanks need quotes, too.
    """
    text = ";".join(value) if isinstance(value, tuple) else value or ""
    if not in_quotes and not _TO_QUOTE[delimiter].search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _jsonl(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        filled = {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        yield json.dumps(filled, ensure_ascii=False).encode() + b"\n"


def _parquet(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    with temporary_folder() as folder:
        lines, table = folder / "rows.csv", folder / "rows.parquet"
        write_temporary(lines, _csv(columns, rows))
        try:
            copy_as_parquet(_read_csv(lines, columns), in_sql(table), len(columns), lines.parent)
        except ModuleNotFoundError:
            raise UsageError(
                "Parquet files are written by DuckDB, which is not installed\n"
                "    run `pip install '.[tables]'` in a clone of reconciler, or write --out FILE.csv"
            ) from None
        yield from blocks(table)


def _read_csv(lines: Path, columns: Sequence[str]) -> str:
    """Return SQL that reads a CSV file that we wrote, in the order of its rows."""
    types = ", ".join("'" + name.replace("'", "''") + "': 'VARCHAR'" for name in columns)
    return (
        f"read_csv({in_sql(lines)}, columns={{{types}}}, header=true, auto_detect=false, delim=',', "
        "quote='\"', escape='\"', nullstr='', strict_mode=true, hive_partitioning=false, "
        f"compression='none', parallel=false, max_line_size={_LONGEST_LINE})"
    )


_WRITERS: Mapping[Format, Callable[[Sequence[str], Iterable[Row]], Iterator[bytes]]] = {
    Format.CSV: _csv,
    Format.JSONL: _jsonl,
    Format.PARQUET: _parquet,
}


def read_back(
    format_: Format, path: Path, columns: Sequence[str]
) -> Generator[Sequence[str | None], None, None]:
    """Read the rows of a table that we wrote, in its order, in constant memory.

    A cell is None if it is empty; several choices are joined as HubSpot stores them.
    """
    match format_:
        case Format.CSV:
            csv.field_size_limit(_LONGEST_LINE)
            with path.open(encoding="utf-8", newline="") as file:
                for row in islice(csv.reader(file, strict=True), 1, None):
                    yield [cell or None for cell in row]
        case Format.JSONL:
            with path.open(encoding="utf-8", newline="\n") as file:
                for line in file:
                    found = json.loads(line)
                    yield [_joined(found.get(name)) for name in columns]
        case Format.PARQUET:
            with temporary_folder() as folder:
                yield from parquet_rows(in_sql(path), folder)


def _joined(value: str | list[str] | None) -> str | None:
    return ";".join(value) if isinstance(value, list) else value
