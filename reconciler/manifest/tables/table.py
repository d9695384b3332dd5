"""Tables: the rows of a file of any format and size, read page by page as desired records."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from reconciler.errors import Problem
from reconciler.manifest.tables.columns import Columns, read_columns
from reconciler.manifest.tables.csv_form import form_problems
from reconciler.manifest.tables.csv_rows import fill_from_csv, read_column_names
from reconciler.manifest.tables.csv_text import csv_text
from reconciler.manifest.tables.jsonl_rows import JsonLines, fill_from_jsonl
from reconciler.manifest.tables.parquet_rows import fill_from_parquet, read_types
from reconciler.manifest.tables.row_reader import RowReader, Shared
from reconciler.manifest.tables.sorted_rows import MOST, SortedRows, TableError, TableReadError, more_rows
from reconciler.manifest.tables.sources import Source, count_lines, locate
from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.desired_records import DesiredRecord, Document
from reconciler.model.tables import Format
from reconciler.sentences import Value, sentence
from reconciler.source import Place, SourceFiles, SourceRef, place_of


@dataclass(frozen=True, slots=True)
class Table:
    """The records of one file, sorted by key."""

    document: Document
    _rows: SortedRows
    _names: tuple[str, ...]  # properties in the order of the stored cells
    _lines: JsonLines | None  # parses JSON lines, which are stored unparsed; None: other formats
    _reader: RowReader
    _file: int
    _count: int
    problems: Sequence[Problem] = ()  # problems of rows that were left out

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[DesiredRecord]:
        return map(self._record, self._rows.flow("*"))

    def find(self, key: str) -> DesiredRecord | None:
        """Return the record with exactly this key."""
        found = self._rows.run("SELECT * FROM rows WHERE key = ?", [key])
        return self._record(found[0]) if found else None

    def associating(self) -> Iterable[DesiredRecord]:
        """Return the records with associations: none, because rows have only properties."""
        return ()

    def rekeyed(self) -> Iterable[DesiredRecord]:
        """Return the records with a previous key: none, because rows have only properties."""
        return ()

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the table with its object type replaced by its name in ``names``."""
        document = self.document.renamed(names)
        return replace(self, document=document, _reader=self._reader.of(document))

    def keys(self) -> Iterator[tuple[str, Place]]:
        """Return all keys in order, with their places."""
        for line, key in self._rows.flow("line, key"):
            yield key, place_of(self._file, line, 1)

    def _record(self, row: tuple[Any, ...]) -> DesiredRecord:
        if self._lines is None:
            return self._reader.record(row[0], row[1], self._names, row[2:])
        _, names, cells = self._lines.cells(row[2])
        return self._reader.record(row[0], row[1], names, cells)


def open_table(
    project: Path, source: Source, document: Document, shared: Shared, files: SourceFiles
) -> Table:
    """Open the rows of ``source`` (one of ``files``) as records of ``document``.

    Raises:
        TableError: the file cannot be used; the error has all of its problems.
    """
    path = locate(source, project, files)
    place = files.ref(source.place)
    number = files.names.index(source.path)
    try:
        rows = SortedRows()
    except ModuleNotFoundError:
        install = "run `pip install '.[tables]'` in a clone of reconciler"
        raise TableError(
            Problem("rows of a file are read by DuckDB, which is not installed", install, place)
        ) from None
    opening = _Opening(path, source, document, files, rows)
    try:
        columns = opening.fill()
        problems = opening.check_keys()
        (count,) = rows.run("SELECT count(*) FROM rows")[0]
        rows.give_back_memory()
    except TableReadError as error:
        rows.close()
        message = f"{source.path} cannot be read as {source.form.format}: {error}"
        advice = "write the file again, or correct its format in the manifest: csv, parquet or jsonl"
        raise TableError(Problem(message, advice, place)) from None
    except BaseException:
        rows.close()
        raise
    places = {name: place_of(number, 1, column) for name, column in columns.numbers.items()}
    document = replace(document, columns=places, table=source.form)
    reader = RowReader(document, shared, source.form.clear, number, columns.numbers)
    return Table(document, rows, columns.names, opening.lines, reader, number, count, problems)


class _Opening:
    """Reads one file into ``rows``. Wrong rows are left out, and their errors are collected."""

    def __init__(
        self, path: Path, source: Source, document: Document, files: SourceFiles, rows: SortedRows
    ) -> None:
        self.lines: JsonLines | None = None
        self._path = path
        self._source = source
        self._document = document
        self._files = files
        self._name = source.path
        self._rows = rows
        self._faults: Sequence[Problem] = ()  # problems of rows that were left out

    def fill(self) -> Columns:
        """Read the file; return the used columns."""
        match self._source.form.format:
            case Format.CSV:
                columns = self._fill_csv()
            case Format.PARQUET:
                types = read_types(self._rows, self._path)
                columns = self._columns(tuple(column.name for column in types))
                fill_from_parquet(self._rows, self._path, self._name, columns, types)
            case Format.JSONL:
                self.lines = JsonLines(self._source, self._document.key)
                columns = self._fill_lines(self.lines)
        return columns

    def check_keys(self) -> Sequence[Problem]:
        """Remove rows with an empty, repeated or impossible key.

        Return the problems of these rows, and of rows that were left out while the file was read.
        """
        by = self._document.key
        problems = self._rows.problems(
            "SELECT line FROM rows WHERE key IS NULL",
            lambda line: Problem("this row has no key", f"write its {by}", self._at(line)),
            self._at(1),
        )
        neighbours = "SELECT line, key, lag(key) OVER () AS before FROM rows"
        doubles = f"SELECT key FROM ({neighbours}) WHERE key = before"
        lines = (
            f"SELECT line, key, min(line) OVER (PARTITION BY key) AS first FROM rows WHERE key IN ({doubles})"
        )
        problems += self._rows.problems(
            f"SELECT line, key, first FROM ({lines}) WHERE line > first", self._twice, self._at(1)
        )
        if by == RECORD_ID:
            advice = "write digits without leading zeros, such as 9001"
            problems += self._rows.problems(
                "SELECT line, key FROM rows WHERE NOT regexp_full_match(key, '[1-9][0-9]*')",
                lambda line, key: Problem(
                    sentence('"{key}" is not a record id', key=Value(key, self._document.object, "")),
                    advice,
                    self._at(line),
                ),
                self._at(1),
            )
        if problems:
            is_odd = "OR NOT regexp_full_match(key, '[1-9][0-9]*')" if by == RECORD_ID else ""
            firsts = "SELECT min(line) FROM rows GROUP BY key"
            self._rows.run(f"DELETE FROM rows WHERE key IS NULL OR line NOT IN ({firsts}) {is_odd}")
        return (*self._faults, *problems)

    def _twice(self, line: int, key: str, first: int) -> Problem:
        record = RecordAddress(self._document.object, self._document.key, key)
        message = sentence(
            "{record} is declared twice in this file: also in {where}",
            record=record.display,
            where=str(self._at(first)),
        )
        return Problem(message, "keep one of the rows", self._at(line), record.text)

    def _fill_csv(self) -> Columns:
        if unsaid := form_problems(self._path, self._source):
            raise TableError(*unsaid)
        with csv_text(self._path, self._name, self._source.form) as text:
            header = read_column_names(text)
            columns = self._columns(header.names)
            self._faults = fill_from_csv(self._rows, text, columns, header)
        return columns

    def _fill_lines(self, lines: JsonLines) -> Columns:
        count_lines(self._path, self._name)
        fill_from_jsonl(self._rows, self._path, self._source, self._document.key)
        problems: list[Problem] = []
        faulty = array("q")
        for line, problem in lines.faults(self._rows, self._name):
            if len(problems) < MOST:
                problems.append(problem)
            faulty.append(line)
        if len(faulty) > MOST:
            problems.append(more_rows(len(faulty) - MOST, self._at(1)))
        self._rows.leave_out(faulty)
        self._faults = problems
        try:
            names = self._columns(tuple(lines.columns)).numbers if lines.columns else ()
        except TableError as unusable:
            raise TableError(*problems, *unusable.problems) from None
        # each JSON line has its own order, so all properties get column 1
        return Columns(1, dict.fromkeys(names, 1))

    def _at(self, line: int, column: int = 1) -> SourceRef:
        return SourceRef(self._name, line, column)

    def _columns(self, header: Sequence[str]) -> Columns:
        return read_columns(header, self._source, self._document.key, self._files, self._name)
