"""Rows of a Parquet file: its typed columns are written as the text that a manifest would hold.

A value keeps its meaning: decimals their digits, times their zone; texts in a list are choices. What has
no one text, such as a structure, is refused.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import Problem
from reconciler.manifest.columns import Columns
from reconciler.manifest.sorted_rows import SortedRows, Unusable
from reconciler.manifest.sources import in_sql
from reconciler.source import SourceRef

_PLAIN = re.compile("UUID|TIME|JSON|BOOLEAN|DATE|DECIMAL.*|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_CHOICES = "VARCHAR[]"


def read_types(rows: SortedRows, path: Path) -> Mapping[str, str]:
    """The columns of the file in its order, and DuckDB's names of their types."""
    described = rows.run(f"DESCRIBE SELECT * FROM read_parquet({in_sql(path)})")
    return {column: kind for column, kind, *_ in described}


def fill_from_parquet(
    rows: SortedRows, path: Path, name: str, columns: Columns, types: Mapping[str, str]
) -> None:
    """Put the rows of the file at ``path`` into ``rows``; ``types`` are those of all columns, in order.

    Raises:
        Unusable: with every column that cannot be text, and every row with a number that is none.
    """
    problems: list[Problem] = []
    wanted: list[str] = []
    floats: list[tuple[str, int]] = []
    for cell, number in (("key", columns.key), *((f"c{n}", n) for n in columns.numbers.values())):
        column, kind = list(types.items())[number - 1]
        text = _text_of('"' + column.replace('"', '""') + '"', kind)
        if text is None:
            message = f'the column "{column}" is of type {kind}, which is no text'
            advice = f"convert it, or leave it out: `columns: {{{column}: null}}`"
            problems.append(Problem(message, advice, SourceRef(name, 1, number)))
        wanted.append(f"nullif({text}, '') AS {cell}")
        floats += [(cell, number)] if kind in _FLOATS else []
    if problems:
        raise Unusable(*problems)
    file = f"read_parquet({in_sql(path)}, file_row_number=true)"
    rows.fill(f"file_row_number + 1 AS line, {', '.join(wanted)}", file)
    for cell, number in floats:
        problems += rows.problems(
            f"SELECT line, {cell} FROM rows WHERE NOT regexp_full_match({cell}, '-?[0-9]+([.][0-9]+)?')",
            lambda line, text, column=number: Problem(
                f"{text} cannot be written in plain digits",
                "make the column a decimal, or the cell empty",
                SourceRef(name, line, column),
            ),
            SourceRef(name, 1, number),
        )
    if problems:
        raise Unusable(*problems)


def _text_of(column: str, kind: str) -> str | None:
    """SQL that writes ``column``, of DuckDB's type ``kind``, as text; None where no text would be right."""
    if kind == "VARCHAR" or kind.startswith("ENUM") or _PLAIN.fullmatch(kind):
        return f"{column}::VARCHAR"
    if kind == _CHOICES:
        return f"array_to_string({column}, ';')"
    if kind in _FLOATS:
        return f"regexp_replace({column}::VARCHAR, '[.]0$', '')"  # whole numbers become floats beside NULL
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S.%gZ')"
    if kind.startswith("TIMESTAMP"):
        return f"replace({column}::VARCHAR, ' ', 'T')"
    return None
