"""Writing tables that are read back as the same records: CSV, JSON lines and Parquet, row by row."""

import csv
import json
import re
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.manifest.tables.sorted_rows import copy_as_parquet, parquet_rows
from reconciler.manifest.tables.sources import Format, blocks, in_sql
from reconciler.model.desired import ManifestValue

_PIECE_ROWS = 1_000
"""Rows that are written together."""

_TO_QUOTE = re.compile(r'[,"\r\n]|^\s|\s$')
_LONGEST_LINE = 8_000_000
"""Bytes of one row; DuckDB keeps room for several of them."""

Row = Sequence[ManifestValue]
"""One value for each column, the key first; None is an empty cell."""


def table_pieces(format_: Format, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Return the content of a table file, piece by piece, in constant memory.

    Raises:
        UsageError: DuckDB, which writes Parquet, is not installed.
    """
    return _WRITERS[format_](columns, rows)


def appended_pieces(existing: Path, rows: Iterable[Row]) -> Iterator[bytes]:
    """Return the content of an existing CSV file with ``rows`` below its own, with its line ends."""
    last, is_first, end = b"", True, "\n"
    for block in blocks(existing):
        if is_first:
            end = "\r\n" if block.partition(b"\n")[0].endswith(b"\r") else "\n"
        yield block
        last, is_first = block, False
    if not last.endswith(b"\n"):
        yield end.encode()
    yield from _csv_rows(rows, end)


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    yield from _csv_rows([columns])
    yield from _csv_rows(rows)


def _csv_rows(rows: Iterable[Row], end: str = "\n") -> Iterator[bytes]:
    lines = (",".join(map(_cell, row)) + end for row in rows)
    while piece := "".join(islice(lines, _PIECE_ROWS)):
        yield piece.encode()


def _cell(value: ManifestValue) -> str:
    """Write a cell; Python's writer leaves a single carriage return without quotes."""
    text = ";".join(value) if isinstance(value, tuple) else value or ""
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def _jsonl(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        filled = {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        yield json.dumps(filled, ensure_ascii=False).encode() + b"\n"


def _parquet(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        lines, table = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        with lines.open("wb") as file:
            file.writelines(_csv(columns, rows))
        try:
            copy_as_parquet(_read_csv(lines, columns), in_sql(table), len(columns), lines.parent)
        except ModuleNotFoundError:
            raise UsageError(
                "Parquet files are written by DuckDB, which is not installed\n"
                "    in a clone of reconciler: pip install '.[tables]'; or write --out FILE.csv"
            ) from None
        yield from blocks(table)


def _read_csv(lines: Path, columns: Sequence[str]) -> str:
    """Return SQL that reads a file of ours; rows stay in its order."""
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
    """Read the rows of a table of ours in its order, in constant memory.

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
            with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
                yield from parquet_rows(in_sql(path), Path(folder))


def _joined(value: str | list[str] | None) -> str | None:
    return ";".join(value) if isinstance(value, list) else value
