"""Rows of a CSV file: comma, double quotes, a header, UTF-8; every cell is text exactly as written.

DuckDB reads a good file at once and says little about a bad one. A bad one is read a second time, slower,
to learn which lines are wrong.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from reconciler.errors import Problem
from reconciler.manifest.columns import Columns
from reconciler.manifest.sorted_rows import MOST, SortedRows, Unreadable, Unusable, more
from reconciler.manifest.sources import count_lines, in_sql
from reconciler.source import SourceRef

_LONGEST_NAME = 10_000
_QUOTES = 'quote the whole cell, and write a quote inside it twice: "say ""hi"""'


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns."""

    names: Sequence[str]
    lines: int  # that they take
    all_lines: int  # of the file, without blank ones at its end


def read_header(path: Path, name: str) -> Header:
    """The header of the file at ``path``.

    Raises:
        Unusable: there is none, or the file is no text.
    """
    all_lines = count_lines(path, name)
    csv.field_size_limit(_LONGEST_NAME)  # or one forgotten quote would make the whole file a name
    with _text(path) as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise Unusable(
                Problem(f"the header is no CSV: {error}", _QUOTES, SourceRef(name, 1, 1))
            ) from None
        lines = reader.line_num
    if not header:
        advice = "begin with a line that names the columns"
        raise Unusable(Problem("the file has no header", advice, SourceRef(name, 1, 1)))
    other = max(";\t|", key=header[0].count)
    if len(header) == 1 and other in header[0]:
        advice = "save the file with commas between its cells"
        raise Unusable(Problem(f"the header is separated by {other!r}", advice, SourceRef(name, 1, 1)))
    return Header(header, lines, all_lines)


def fill_from_csv(rows: SortedRows, path: Path, name: str, columns: Columns, header: Header) -> None:
    """Put the rows of the file at ``path`` into ``rows``.

    Raises:
        Unusable: with every line that is wrong.
    """
    width = len(header.names)
    cells = [f"c{number}" for number in range(1, width + 1)]
    types = ", ".join(f"{cell}: 'VARCHAR'" for cell in cells)
    file = (
        f"read_csv({in_sql(path)}, columns={{{types}}}, header=true, auto_detect=false, "
        "delim=',', quote='\"', escape='\"', nullstr='', strict_mode=true)"
    )
    wanted = ", ".join((f"c{columns.key} AS key", *(f"c{number}" for number in columns.numbers.values())))
    fault = "its line ends are mixed up: use the same everywhere"
    try:
        rows.fill(f"line, {wanted}", f"(SELECT row_number() OVER () + {header.lines} AS line, * FROM {file})")
        (count,) = rows.run("SELECT count(*) FROM rows")[0]
        if header.lines + count == header.all_lines:
            return
        if header.lines + count + _with_breaks(rows, wanted, file, cells, header.lines) == header.all_lines:
            return
    except Unreadable as error:
        fault = str(error)
    advice = "save it again as CSV with commas, double quotes and UTF-8"
    whole = Problem(f"this is no CSV: {fault}", advice, SourceRef(name, 1, 1))
    raise Unusable(*(find_faults(path, name, width) or [whole]))


def _with_breaks(rows: SortedRows, wanted: str, file: str, cells: Sequence[str], header_lines: int) -> int:
    """Fill ``rows`` where cells hold line breaks; gives their number."""
    breaks = " + ".join(
        f"coalesce(length({cell}) - length(replace({cell}, chr(10), '')), 0)" for cell in cells
    )
    before = "coalesce(sum(breaks) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)"
    numbered = f"SELECT *, {breaks} AS breaks, row_number() OVER () AS number FROM {file}"
    placed = f"SELECT *, (number + {header_lines} + {before})::BIGINT AS line FROM ({numbered})"
    rows.fill(f"line, {wanted}", f"({placed})")
    (total,) = rows.run(f"SELECT coalesce(sum({breaks}), 0)::BIGINT FROM {file}")[0]
    return int(total)


def find_faults(path: Path, name: str, width: int) -> list[Problem]:
    """What keeps the file from being a table of ``width`` columns, line by line."""
    found = _faults(path, name, width)
    told = list(islice(found, MOST))
    if rest := sum(1 for _ in found):
        told.append(more(rest, SourceRef(name, 1, 1)))
    return told


def _faults(path: Path, name: str, width: int) -> Iterator[Problem]:
    csv.field_size_limit(sys.maxsize)
    with _text(path) as file:
        reader = csv.reader(file, strict=True)
        line, blank = 1, 0
        try:
            for row in reader:
                if not row:
                    blank = blank or line  # which is none where nothing follows
                elif blank:
                    yield Problem("this line is blank", "remove it", SourceRef(name, blank, 1))
                    blank = 0
                if row and len(row) != width:
                    message = f"this row has {len(row)} cells, and the header {width}"
                    advice = "give it a cell for every column, and quote cells that hold a comma"
                    yield Problem(message, advice, SourceRef(name, line, 1))
                line = reader.line_num + 1
        except csv.Error as error:
            yield Problem(f"this row is no CSV: {error}", _QUOTES, SourceRef(name, line, 1))


def _text(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")
