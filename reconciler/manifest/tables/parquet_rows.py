"""The rows of a Parquet file: values of typed columns are converted to the text of a manifest.

A value keeps its meaning: decimals keep their digits, and times with a zone are written in UTC. A list of
texts becomes the options of a property that may have several. A column of another type, such as a structure,
is refused, unless all its cells are empty.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem
from reconciler.manifest.tables.columns import Columns
from reconciler.manifest.tables.sorted_rows import SortedRows, TableError
from reconciler.manifest.tables.sources import in_sql
from reconciler.sentences import Value, sentence
from reconciler.source import SourceRef

_PLAIN = re.compile("UUID|TIME|BOOLEAN|DATE|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_TEXTS = re.compile("VARCHAR|JSON|ENUM.*")
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_CHOICES = "VARCHAR[]"
_MOST_DIGITS = 38
"""Maximum digits of a decimal: DuckDB converts decimals with more digits to floats."""

_INSTANTS = {
    "TIMESTAMP WITH TIME ZONE": ("epoch_us", "make_timestamp", 1),
    "TIMESTAMPTZ_NS": ("epoch_ns", "make_timestamp_ns", 1000),
}
"""SQL functions for each type with a time zone, and the number of units in a microsecond.

The first function converts an instant to the number of units since 1970; the second is its inverse.
"""

_UNUSUAL = {"nan": "NaN", "inf": "infinity", "-inf": "-infinity"}
"""DuckDB's names of the floats that are not finite numbers, with their usual names."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One column of a file."""

    name: str
    alias: str  # DuckDB's name of the column: it renames names that differ only in case
    kind: str  # DuckDB's name of the type
    digits: int | None  # number of digits of a decimal type; None for other types

    @property
    def sql(self) -> str:
        """The column in SQL."""
        return '"' + self.alias.replace('"', '""') + '"'

    @property
    def text(self) -> str | None:
        """SQL that converts the column to text; None if no text has the same meaning."""
        kind = self.kind
        if self.digits is not None and self.digits > _MOST_DIGITS:
            return None
        if self.digits is not None:  # DuckDB writes no zero before the point if all digits are after it
            return f"regexp_replace({self.sql}::VARCHAR, '^(-?)[.]', '\\10.')"
        if _TEXTS.fullmatch(kind) or _PLAIN.fullmatch(kind):
            return f"nullif({self.sql}::VARCHAR, '')"
        if kind == _CHOICES:
            return _choices(self.sql)
        if kind in _FLOATS:  # programs store whole numbers as floats if a column has empty cells
            return f"regexp_replace({self.sql}::VARCHAR, '[.]0$', '')"
        if kind in _INSTANTS:
            return _instant(self.sql, *_INSTANTS[kind])
        if kind.startswith("TIMESTAMP"):
            return f"replace({self.sql}::VARCHAR, ' ', 'T')"
        return None


def read_types(rows: SortedRows, path: Path) -> tuple[Typed, ...]:
    """Read the columns of the file, in its order."""
    described = rows.run(f"DESCRIBE SELECT * FROM {_file(path)}")
    (_, children, _), *fields = rows.run(
        f"SELECT name, num_children, precision FROM parquet_schema({in_sql(path)})"
    )
    named = []
    position = 0
    for _ in range(children or 0):
        name, inner, digits = fields[position]
        named.append((name, digits))
        position = _end_of(fields, position, inner)
    return tuple(
        Typed(name, alias, kind, digits)
        for (name, digits), (alias, kind, *_) in zip(named, described, strict=True)
    )


def _end_of(fields: Sequence[tuple[str, int | None, int | None]], position: int, children: int | None) -> int:
    """Return the index after the field at ``position`` and its nested fields, in the list of all fields."""
    position += 1
    for _ in range(children or 0):
        position = _end_of(fields, position, fields[position][1])
    return position


def fill_from_parquet(
    rows: SortedRows, path: Path, name: str, columns: Columns, types: Sequence[Typed]
) -> None:
    """Put the rows of the file at ``path`` into ``rows``; ``types`` are the types of all columns, in order.

    Raises:
        TableError: with every column and every cell that cannot be converted to text.
    """
    problems: list[Problem] = []
    wanted: list[str] = []
    used = [(cell, number, types[number - 1]) for cell, number in _cells(columns)]
    for cell, number, column in used:
        text = column.text if cell != "key" or column.kind != _CHOICES else None
        if text is None and _is_empty(rows, path, column):
            text = "NULL::VARCHAR"
        if text is None:
            problems.append(_no_text(column, SourceRef(name, 1, number)))
        wanted.append(f"{text} AS {cell}")
    if problems:
        raise TableError(*problems)
    rows.fill(f"row_number() OVER () AS line, {', '.join(wanted)}", _file(path))
    for cell, number, column in used:
        if fault := _fault(column.kind):
            condition, tell = fault
            problems += rows.problems(
                f"SELECT line, {cell} FROM rows WHERE {condition.format(cell)}",
                lambda line, value, column=number, tell=tell: tell(value, SourceRef(name, line, column)),
                SourceRef(name, 1, number),
            )
    if problems:
        raise TableError(*problems)


def _file(path: Path) -> str:
    """Return SQL for the rows of the file; folders called ``name=value`` are not columns."""
    return f"read_parquet({in_sql(path)}, hive_partitioning=false)"


def _cells(columns: Columns) -> Iterator[tuple[str, int]]:
    """Return the column names of the sorted rows, each with the number of its column in the file."""
    yield "key", columns.key
    yield from ((f"c{number}", number) for number in columns.numbers.values())


def _instant(column: str, count: str, make: str, per_microsecond: int) -> str:
    """Return SQL that formats an instant in UTC, with milliseconds, or with more digits if needed."""
    counted = f"{count}({column})"
    exact = ((1000 * per_microsecond, "%g"), (per_microsecond, "%f"), (1, "%n"))  # %g: milliseconds
    cases = (
        f"WHEN {counted} % {unit} = 0 THEN strftime({make}({counted}), '%Y-%m-%dT%H:%M:%S.{digits}Z')"
        for unit, digits in exact
    )
    # infinite timestamps cannot be converted to a number of units: they become text directly
    return f"CASE {' '.join(cases)} ELSE {column}::VARCHAR END"


def _choices(column: str) -> str:
    """Return SQL that joins a list of choices; a list that could not be split again becomes a NUL."""
    joined = f"array_to_string({column}, ';')"
    is_lost = f"list_count({column}) < len({column}) OR list_contains({column}, '')"
    return (
        f"CASE WHEN {is_lost} OR contains(array_to_string({column}, ''), ';') "
        f"THEN chr(0) ELSE nullif({joined}, '') END"
    )


def _is_empty(rows: SortedRows, path: Path, column: Typed) -> bool:
    """Return whether all cells of the column are empty, whatever its type."""
    holds = f"{column.sql} IS NOT NULL"
    if column.kind.endswith("]"):
        holds = f"len({column.sql}) > 0"
    elif column.kind.startswith("MAP("):
        holds = f"cardinality({column.sql}) > 0"
    elif column.kind == "BLOB":
        holds = f"octet_length({column.sql}) > 0"
    return not rows.run(f"SELECT 1 FROM {_file(path)} WHERE {holds} LIMIT 1")


def _no_text(column: Typed, place: SourceRef) -> Problem:
    kind = column.kind if column.digits is None else f"DECIMAL of {column.digits} digits"
    why = "which is not text" if column.digits is None else f"and {_MOST_DIGITS} are read exactly"
    advice = f"convert it to text, or leave it out: `columns: {{{column.name}: null}}`"
    return Problem(f'the column "{column.name}" is of type {kind}, {why}', advice, place)


def _no_digits(value: str, place: SourceRef) -> Problem:
    advice = "make the column a decimal, or the cell empty"
    shown = _UNUSUAL.get(value) or Value(value)
    return Problem(sentence("{value} cannot be written in plain digits", value=shown), advice, place)


def _no_day(value: str, place: SourceRef) -> Problem:
    message = sentence("{value} is not in the years 1 to 9999", value=Value(value))
    return Problem(message, "correct the cell, or leave it empty", place)


def _no_choices(_: str, place: SourceRef) -> Problem:
    advice = "write each choice as a text without `;`, because HubSpot separates choices with `;`"
    return Problem('an item of this list is empty, or contains ";" or a NUL', advice, place)


def _holds_nul(_: str, place: SourceRef) -> Problem:
    return Problem("this cell contains a NUL, which text cannot contain", "remove it", place)


_HOLDS_NUL = "contains({}, chr(0))"
_NO_DAY = "NOT regexp_full_match({}, '[0-9]{{4}}-[0-9-]{{5}}(T[0-9:.]+Z?)?')"
_NO_PLAIN_DIGITS = "NOT regexp_full_match({}, '-?[0-9]+([.][0-9]+)?')"


def _fault(kind: str) -> tuple[str, Callable[[str, SourceRef], Problem]] | None:
    """Return SQL that finds invalid cells of a type, and the function that reports them."""
    if kind in _FLOATS:
        return _NO_PLAIN_DIGITS, _no_digits
    if kind == _CHOICES:
        return _HOLDS_NUL, _no_choices
    if kind.startswith(("DATE", "TIMESTAMP")):
        return _NO_DAY, _no_day
    return (_HOLDS_NUL, _holds_nul) if _TEXTS.fullmatch(kind) else None
