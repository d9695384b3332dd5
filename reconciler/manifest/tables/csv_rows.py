"""The rows of a CSV file with a header and double quotes; every cell is text, exactly as written.

DuckDB reads a good file fast but says little about a bad one. A bad file is read a second time, more slowly,
to find the wrong lines.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from reconciler.errors import Problem
from reconciler.manifest.tables.columns import Columns
from reconciler.manifest.tables.csv_errors import (
    QUOTES,
    blanks_at_quotes,
    blanks_problem,
    find_faults,
    looks_odd,
)
from reconciler.manifest.tables.csv_text import CsvText
from reconciler.manifest.tables.sorted_rows import SortedRows, TableError, TableReadError
from reconciler.manifest.tables.sources import count_lines, in_sql
from reconciler.source import SourceRef
from reconciler.temporary import temporary_folder, write_temporary

_LONGEST_NAME = 10_000
_BLOCK = 1 << 16  # characters that are written at a time


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """The names of the columns, and the number of lines of the header and of the file."""

    names: Sequence[str]
    lines: int  # number of lines to the end of the header
    all_lines: int  # number of lines of the file, without blank lines at its end


def read_column_names(text: CsvText) -> ColumnNames:
    """Read the header of a file.

    Raises:
        TableError: the header is missing or wrong, or the file is not text in UTF-8.
    """
    all_lines = count_lines(text.path, text.name, text.above)
    csv.field_size_limit(_LONGEST_NAME)  # otherwise, after a missing quote, the whole file would be one name
    line = text.above + 1
    place = SourceRef(text.name, line, 1)
    with text.open() as file:
        first = next(text.rows(file), None)
    if first is None or not first.text.strip("\r\n"):
        raise TableError(Problem("the file has no header", "begin with a line that names the columns", place))
    if cells := blanks_at_quotes(first.text, text.delimiter):
        places = (SourceRef(text.name, line, cell) for cell in cells)
        raise TableError(*(blanks_problem(each, text.delimiter) for each in places))
    if first.fault is not None:
        raise TableError(Problem(f"the header is not valid CSV: {first.fault}", QUOTES, place))
    return ColumnNames(first.cells, text.above + first.text.rstrip("\r\n").count("\n") + 1, all_lines)


def fill_from_csv(
    rows: SortedRows, text: CsvText, columns: Columns, header: ColumnNames
) -> Sequence[Problem]:
    """Put the rows of a file into ``rows``; return the problems of the rows that are left out.

    Raises:
        TableError: the file is not a table at all.
    """
    width = len(header.names)
    cells = [f"c{number}" for number in range(1, width + 1)]
    types = ", ".join(f"{cell}: 'VARCHAR'" for cell in cells)
    file = (
        f"read_csv({in_sql(text.path)}, columns={{{types}}}, header=true, auto_detect=false, "
        f"delim='{text.delimiter}', "
        "quote='\"', escape='\"', nullstr='', strict_mode=true, "
        "hive_partitioning=false, compression='none')"
    )
    if width == 1 and _ends_blank(text.path):  # DuckDB would read blank lines as rows without a key
        _fill_sound_rows(rows, text, columns, width)
        return find_faults(text, width)
    if looks_odd(text) and (faults := find_faults(text, width)):
        _fill_sound_rows(rows, text, columns, width)
        return faults
    wanted = ", ".join((f"c{columns.key} AS key", *(f"c{number}" for number in columns.numbers.values())))
    fault = "the number of rows does not match the number of lines"
    try:
        rows.fill(f"line, {wanted}", f"(SELECT row_number() OVER () + {header.lines} AS line, * FROM {file})")
        (count,) = rows.run("SELECT count(*) FROM rows")[0]
        if header.lines + count == header.all_lines:
            return ()
        if header.lines + count + _with_breaks(rows, wanted, file, cells, header.lines) == header.all_lines:
            return ()
    except TableReadError as error:
        fault = str(error)
    advice = "save it again as CSV, with double quotes around cells"
    whole = Problem(f"this is not valid CSV: {fault}", advice, SourceRef(text.name, 1, 1))
    faults = find_faults(text, width)
    if not faults:
        raise TableError(whole)
    _fill_sound_rows(rows, text, columns, width)
    return faults


def _ends_blank(path: Path) -> bool:
    """Return whether the last line of the file is blank."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 3, 0))
        return file.read().endswith((b"\n\n", b"\n\r\n"))


def _sound_rows(text: CsvText, wanted: Sequence[int], width: int) -> Iterator[bytes]:
    """Yield the lines of a CSV file with a header, the line numbers, and the columns ``wanted``."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(["line", *(f"c{number}" for number in wanted)])
    with text.open() as opened:
        for row in islice(text.rows(opened), 1, None):
            if row.fault is None and len(row.cells) == width:
                writer.writerow([row.line, *(row.cells[number - 1] for number in wanted)])
                if line.tell() > _BLOCK:
                    yield line.getvalue().encode()
                    line.seek(0)
                    line.truncate()
    yield line.getvalue().encode()


def _fill_sound_rows(rows: SortedRows, text: CsvText, columns: Columns, width: int) -> None:
    """Put the readable rows of a file with errors into ``rows``, so that their other errors are found."""
    wanted = (columns.key, *columns.numbers.values())
    with temporary_folder() as folder:
        sound = folder / "sound.csv"
        write_temporary(sound, _sound_rows(text, wanted, width))
        cells = ", ".join(f"c{number}" for number in columns.numbers.values())
        names = ["line", *(f"c{number}" for number in wanted)]
        types = ", ".join(f"{cell}: '{'BIGINT' if cell == 'line' else 'VARCHAR'}'" for cell in names)
        file_ = (
            f"read_csv({in_sql(sound)}, columns={{{types}}}, header=true, auto_detect=false, delim=',', "
            "quote='\"', escape='\"', nullstr='', hive_partitioning=false, compression='none')"
        )
        rows.fill(f"line, c{columns.key} AS key{', ' if cells else ''}{cells}", file_)


def _with_breaks(rows: SortedRows, wanted: str, file: str, cells: Sequence[str], header_lines: int) -> int:
    """Fill ``rows`` from a file whose cells contain line breaks; return the number of these line breaks."""
    breaks = " + ".join(
        f"coalesce(length({cell}) - length(replace({cell}, chr(10), '')), 0)" for cell in cells
    )
    before = "coalesce(sum(breaks) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)"
    numbered = f"SELECT *, {breaks} AS breaks, row_number() OVER () AS number FROM {file}"
    placed = f"SELECT *, (number + {header_lines} + {before})::BIGINT AS line FROM ({numbered})"
    rows.fill(f"line, {wanted}", f"({placed})")
    (total,) = rows.run(f"SELECT coalesce(sum({breaks}), 0)::BIGINT FROM {file}")[0]
    return int(total)
