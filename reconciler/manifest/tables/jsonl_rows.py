"""Rows of a JSON lines file: one object per line; numbers keep their text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.errors import Problem, UnplacedError
from reconciler.manifest.tables.line_endings import uneven_ends
from reconciler.manifest.tables.sorted_rows import SortedRows, TableError
from reconciler.manifest.tables.sources import Source, blocks, in_sql
from reconciler.model.desired_records import ManifestValue
from reconciler.source import SourceRef

_VALUES = "write a text, a number, true, false, null or a list of texts"
_HALF = "only one half of a surrogate pair, such as \\ud83d"
_WHOLE = "write both halves, or remove this one"


class Faulty(UnplacedError):
    """An error in a line of a JSON lines file."""


class _Object(list[tuple[str, Any]]):
    """The pairs of a JSON object, including duplicates."""


def _refuse_constant(text: str) -> None:
    raise Faulty(f"{text} is not JSON", _VALUES)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=str, parse_float=str, parse_constant=_refuse_constant
)


def fill_from_jsonl(rows: SortedRows, path: Path, source: Source, key: str) -> None:
    """Put the lines of the file at ``path`` into ``rows`` unparsed, sorted by property ``key``.

    Raises:
        TableError: the line ends differ, or a line ends with a bare CR.
    """
    if any(b"\r" in block for block in blocks(path)):
        with path.open(encoding="utf-8", newline="") as file:
            problems = tuple(uneven_ends(enumerate(file, 1), source.path))
        if problems:
            raise TableError(*problems)
    column = next((column for column, name in source.columns.items() if name == key), key)
    lines = (
        f"read_csv({in_sql(path)}, columns={{'text': 'VARCHAR'}}, header=false, auto_detect=false, "
        "hive_partitioning=false, compression='none', "
        "delim='\\0', quote='', escape='', strict_mode=true)"  # the caller has refused files with a NUL
    )
    pointer = "/" + column.replace("~", "~0").replace("/", "~1").replace("'", "''")
    is_key = f"json_valid(text) AND json_type(text, '{pointer}') <> 'BOOLEAN'"
    value = f"CASE WHEN {is_key} THEN nullif(json_extract_string(text, '{pointer}'), '') END"
    numbered = f"(SELECT row_number() OVER () AS line, text FROM {lines})"
    rows.fill(f"line, {value} AS key, text", f"{numbered} WHERE text IS NOT NULL")


class JsonLines:
    """Reads lines as the cells of rows.

    Attributes:
        columns: the names of columns found so far, in order.
    """

    def __init__(self, source: Source, key: str) -> None:
        """Create a reader for lines of ``source``; ``key`` is the key property."""
        self.columns: dict[str, None] = {}
        self._source = source
        self._key = key

    def cells(self, line: str) -> tuple[str | None, tuple[str, ...], tuple[ManifestValue, ...]]:
        """Return the key of a line, the names of its properties, and their values (None: empty).

        Raises:
            Faulty: the line is not an object, or contains something that is not a value.
        """
        found = _decoded(line)
        columns = dict.fromkeys(column for column, _ in found)
        if len(columns) < len(found):
            raise Faulty("the object in this line has the same name twice", "remove one of the two")
        for column in columns:
            if column not in self.columns:
                _refuse_halves(column, column)
        self.columns |= columns
        named = ((self._source.property_of(column), column, value) for column, value in found)
        row = {name: _written(column, value) for name, column, value in named if name is not None}
        key = row.pop(self._key, None)
        return key, tuple(row), tuple(row.values())

    def faults(self, rows: SortedRows, name: str) -> Iterator[tuple[int, Problem]]:
        """Return the lines of file ``name`` that have errors, each with its error, in the order of keys."""
        for line, key, text in rows.flow("line, key, text"):
            place = SourceRef(name, line, 1)
            try:
                found, *_ = self.cells(text)
            except Faulty as fault:
                yield line, fault.at(place)
            else:
                if found == key:
                    continue
                if _has_halves(json.dumps(_decoded(text), ensure_ascii=False)):
                    yield line, Problem(f"this line contains {_HALF}", _WHOLE, place)
                else:
                    message = "the key is neither a text nor a whole number"
                    yield line, Problem(message, "put it in quotes", place)


def _decoded(line: str) -> list[tuple[str, Any]]:
    """Return the columns and values of a line.

    Raises:
        Faulty: the line is not an object.
    """
    try:
        found = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        raise Faulty(
            f"this line is not JSON: {error.msg.removesuffix(' at')} at column {error.colno}", "correct it"
        ) from None
    except RecursionError:
        raise Faulty("this line is nested too deeply", _VALUES) from None
    if not isinstance(found, _Object):
        raise Faulty(
            "this line is not an object", 'write one such as {"external_id": "acme", "name": "Acme"}'
        )
    return found


def _written(column: str, value: object) -> str | None:
    if isinstance(value, _Object) or not isinstance(value, str | bool | list | None):
        raise Faulty(f'"{column}" is an object', _VALUES)
    if isinstance(value, list):
        if not all(isinstance(item, str) and item and ";" not in item for item in value):
            raise Faulty(f'an item of "{column}" is not a text, is empty or contains ";"', _VALUES)
        return ";".join(_text(column, item) for item in value) or None
    if isinstance(value, bool):
        return str(value).lower()
    return _text(column, value) if value else None


def _text(column: str, value: str) -> str:
    _refuse_halves(column, value)
    if "\0" in value:
        raise Faulty(f'"{column}" contains a NUL, which text cannot contain', "remove it")
    return value


def _refuse_halves(column: str, text: str) -> None:
    if _has_halves(text):
        raise Faulty(f'"{column}" contains {_HALF}', _WHOLE)


def _has_halves(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)
