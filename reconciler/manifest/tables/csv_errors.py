"""Finding the errors of a CSV file line by line: errors that DuckDB ignores, or reports badly.

Reading a file in this way is slow, so it is done only if a quick check finds something odd, or if DuckDB
refuses the file.
"""

import csv
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.manifest.tables.csv_form import NAMES
from reconciler.manifest.tables.csv_text import CsvText
from reconciler.manifest.tables.line_endings import uneven_ends
from reconciler.manifest.tables.sorted_rows import MOST, more_rows
from reconciler.manifest.tables.sources import blocks
from reconciler.source import SourceRef

QUOTES = 'quote the whole cell, and write a quote inside it twice: "say ""hi"""'
_MAY_BE_ODD = (b' "', b'" ', b'\t"', b'"\t', b"\r")  # searched first: a hundred times as fast as the patterns


class _Patterns(NamedTuple):
    """Patterns for CSV text, compiled for one delimiter."""

    odd: re.Pattern[bytes]
    cell: re.Pattern[str]
    blanks: re.Pattern[str]


@cache
def _patterns(delimiter: str) -> _Patterns:
    blank = "[ ]" if delimiter == "\t" else r"[ \t]"
    by = re.escape(delimiter)
    return _Patterns(
        re.compile(rf'[{by}\r\n]{blank}+"|"{blank}+[{by}\r\n]|\r[^\n]'.encode()),
        re.compile(rf'({blank}*)"(?:[^"]|"")*+"({blank}*)(?={by}|[\r\n]*$)|[^{by}\r\n]*'),
        re.compile(rf'(?:^|{by}){blank}+"|"{blank}+(?:[{by}\r\n]|$)'),
    )


def looks_odd(text: CsvText) -> bool:
    """Return whether the file may have blanks beside quotes, or several kinds of line ends."""
    odd = _patterns(text.delimiter).odd
    before, returns, lines = b"\n", 0, 0
    for block in blocks(text.path):
        part = before + block
        if any(hint in part for hint in _MAY_BE_ODD):
            if odd.search(part):
                return True
            returns += part.count(b"\r\n") - before.count(b"\r\n")
        lines += block.count(b"\n")
        before = part[max(len(part.rstrip(b" \t")) - 1, 0) :]  # a match may begin in this part
    return bool(odd.search(before + b"\n")) or returns not in {0, lines} or before.endswith(b"\r")


def blanks_at_quotes(row: str, delimiter: str) -> list[int]:
    """Return the numbers of the cells of ``row`` with blanks beside their quotes."""
    found: list[int] = []
    patterns = _patterns(delimiter)
    if not patterns.blanks.search(row):
        return found
    number, position = 1, 0
    while cell := patterns.cell.match(row, position):
        if cell[1] or cell[2]:
            found.append(number)
        number, position = number + 1, cell.end() + 1
        if row[cell.end() : position] != delimiter:
            break
    return found


def blanks_problem(place: SourceRef, delimiter: str) -> Problem:
    """Report that blanks beside quotes are ambiguous: they may or may not belong to the cell."""
    advice = "remove them, or put them inside the quotes if they belong to the cell"
    return Problem(
        f"there are blanks between the quotes of this cell and its {NAMES[delimiter]}", advice, place
    )


def find_faults(text: CsvText, width: int) -> list[Problem]:
    """Find all errors of a file that should be a table of ``width`` columns, line by line."""
    found = _faulty_rows(text, width)
    problems = [*_uneven_ends(text), *islice(found, MOST)]
    if rest := sum(1 for _ in found):
        problems.append(more_rows(rest, SourceRef(text.name, 1, 1)))
    return problems


def _faulty_rows(text: CsvText, width: int) -> Iterator[Problem]:
    csv.field_size_limit(sys.maxsize)
    blank = 0
    with text.open() as file:
        for row in text.rows(file):
            place = SourceRef(text.name, row.line, 1)
            if not row.text.strip("\r\n"):
                blank = blank or row.line  # allowed at the end, so report it only if a row follows
                continue
            if blank:
                yield Problem("this line is blank", "remove it", SourceRef(text.name, blank, 1))
                blank = 0
            if cells := blanks_at_quotes(row.text, text.delimiter):
                places = (SourceRef(text.name, row.line, cell) for cell in cells)
                yield from (blanks_problem(each, text.delimiter) for each in places)
            elif row.fault is not None:
                yield Problem(f"this row is not valid CSV: {row.fault}", QUOTES, place)
            elif len(row.cells) != width:
                message = f"this row has {len(row.cells)} cells, and the header {width}"
                delimiter = NAMES[text.delimiter]
                advice = f"give it a cell for every column, and quote cells that hold a {delimiter}"
                yield Problem(message, advice, place)


def _uneven_ends(text: CsvText) -> Iterator[Problem]:
    csv.field_size_limit(sys.maxsize)
    with text.open() as file:
        yield from uneven_ends(((row.line, row.text) for row in text.rows(file)), text.name)
