"""Errors of CSV files, line by line: errors that DuckDB ignores or reports badly.

Reading a file in this way is slow. It is done only if a quick check finds something odd, or if DuckDB refuses
the file.
"""

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from reconciler.errors import Problem
from reconciler.manifest.tables.line_endings import uneven_ends
from reconciler.manifest.tables.sorted_rows import MOST, more
from reconciler.manifest.tables.sources import blocks
from reconciler.source import SourceRef

QUOTES = 'quote the whole cell, and write a quote inside it twice: "say ""hi"""'
_ODD = re.compile(rb'[,\r\n][ \t]+"|"[ \t]+[,\r\n]|\r[^\n]')
_MAY_BE_ODD = (b' "', b'" ', b'\t"', b'"\t', b"\r")  # this search is a hundred times as fast
_CELL = re.compile(r'([ \t]*)"(?:[^"]|"")*+"([ \t]*)(?=,|[\r\n]*$)|[^,\r\n]*')
_BLANKS = re.compile(r'(?:^|,)[ \t]+"|"[ \t]+(?:[,\r\n]|$)')


def looks_odd(path: Path) -> bool:
    """Return whether the file may have blanks beside quotes, or several kinds of line ends."""
    before, returns, lines = b"\n", 0, 0
    for block in blocks(path):
        text = before + block
        if any(part in text for part in _MAY_BE_ODD):
            if _ODD.search(text):
                return True
            returns += text.count(b"\r\n") - before.count(b"\r\n")
        lines += block.count(b"\n")
        before = text[max(len(text.rstrip(b" \t")) - 1, 0) :]  # a pattern may begin there
    return bool(_ODD.search(before + b"\n")) or returns not in {0, lines} or before.endswith(b"\r")


def blanks_at_quotes(row: str) -> list[int]:
    """Return the numbers of the cells of ``row`` with blanks beside their quotes."""
    found: list[int] = []
    if not _BLANKS.search(row):
        return found
    number, position = 1, 0
    while cell := _CELL.match(row, position):
        if cell[1] or cell[2]:
            found.append(number)
        number, position = number + 1, cell.end() + 1
        if row[cell.end() : position] != ",":
            break
    return found


def blanks_problem(place: SourceRef) -> Problem:
    """Report that blanks beside quotes are ambiguous: they may or may not belong to the cell."""
    advice = "remove them, or put them inside the quotes if they belong to the cell"
    return Problem("there are blanks between the quotes of this cell and its comma", advice, place)


def find_faults(path: Path, name: str, width: int) -> list[Problem]:
    """Find all errors of a file that should be a table of ``width`` columns, line by line."""
    found = _faulty_rows(path, name, width)
    problems = [*_uneven_ends(path, name), *islice(found, MOST)]
    if rest := sum(1 for _ in found):
        problems.append(more(rest, SourceRef(name, 1, 1)))
    return problems


def csv_text(path: Path) -> TextIO:
    """Open the text of a CSV file; line ends stay as they are."""
    return path.open(encoding="utf-8-sig", newline="")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file."""

    line: int  # its first line
    cells: Sequence[str]
    fault: str | None  # error in the CSV syntax
    text: str  # text in the file


def read_rows(file: TextIO) -> Iterator[Row]:
    """Read the rows of a CSV file, also rows with errors; a blank line has no cells."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in file:
            taken.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    line = 1
    while True:
        cells: Sequence[str] = ()
        fault = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = str(error)
        yield Row(line, cells, fault, "".join(taken))
        line += len(taken)
        taken.clear()


def _faulty_rows(path: Path, name: str, width: int) -> Iterator[Problem]:
    csv.field_size_limit(sys.maxsize)
    blank = 0
    with csv_text(path) as file:
        for row in read_rows(file):
            place = SourceRef(name, row.line, 1)
            if not row.text.strip("\r\n"):
                blank = blank or row.line  # blank lines at the end of the file do not count
                continue
            if blank:
                yield Problem("this line is blank", "remove it", SourceRef(name, blank, 1))
                blank = 0
            if cells := blanks_at_quotes(row.text):
                yield from (blanks_problem(SourceRef(name, row.line, cell)) for cell in cells)
            elif row.fault is not None:
                yield Problem(f"this row is not valid CSV: {row.fault}", QUOTES, place)
            elif len(row.cells) != width:
                message = f"this row has {len(row.cells)} cells, and the header {width}"
                advice = "give it a cell for every column, and quote cells that hold a comma"
                yield Problem(message, advice, place)


def _uneven_ends(path: Path, name: str) -> Iterator[Problem]:
    csv.field_size_limit(sys.maxsize)
    with csv_text(path) as file:
        yield from uneven_ends(((row.line, row.text) for row in read_rows(file)), name)
