"""Columns of a file: their properties, and problems with their names."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Problem
from reconciler.manifest.property_names import name_fault
from reconciler.manifest.tables.sorted_rows import TableError
from reconciler.manifest.tables.sources import Source
from reconciler.source import SourceFiles, SourceRef
from reconciler.suggestions import did_you_mean, suggest


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are used, by number: from 1, in the order of the file."""

    key: int
    numbers: Mapping[str, int]  # column number by property, in the order of the file

    @property
    def names(self) -> tuple[str, ...]:
        """The properties, in the order of the file."""
        return tuple(self.numbers)


def read_columns(header: Sequence[str], source: Source, key: str, files: SourceFiles, file: str) -> Columns:
    """Map the columns in ``header`` to properties.

    Raises:
        TableError: a column name is wrong; the error contains the problems of all column names.
    """
    problems = [*_unknown(header, source, files), *_misnamed(header, source, key, file)]
    numbers = {
        name: number for number, column in enumerate(header, 1) if (name := source.property_of(column))
    }
    if key not in numbers:
        advice = f"add it, or name its column under `columns:`; {suggest(key, header)}"
        problems.append(
            Problem(f'there is no column "{key}", which is the key', advice, SourceRef(file, 1, 1))
        )
    if problems:
        raise TableError(*problems)
    return Columns(numbers.pop(key), numbers)


def _unknown(header: Sequence[str], source: Source, files: SourceFiles) -> Iterator[Problem]:
    """Report names under ``columns:`` that the file does not have."""
    for column, place in source.column_places.items():
        if column not in header:
            yield Problem(f'the file has no column "{column}"', suggest(column, header), files.ref(place))


def _misnamed(header: Sequence[str], source: Source, key: str, file: str) -> Iterator[Problem]:
    counts = Counter(name for column in header if (name := source.property_of(column)))
    for number, column in enumerate(header, 1):
        place = SourceRef(file, 1, number)
        name = source.property_of(column)
        if not column:
            yield Problem(
                f"column {number} has no name", ("give it the name of its property, or remove it"), place
            )
        elif name is None:
            continue
        elif counts[name] > 1:
            counts[name] = 0  # reported only once
            yield Problem(
                f'two columns are called "{name}"', "remove one, or rename it under `columns:`", place
            )
        elif name != key and (fault := name_fault(name)):
            advice = did_you_mean(name, [key]) or fault.advice or ""
            advice += " " if advice.endswith("?") else "; "
            advice += f"`columns: {{{_in_yaml(column)}: null}}` leaves it out"
            yield Problem(f'the column "{column}" has a name that no property can have', advice, place)


_PLAIN = re.compile(r"\w([\w ./()-]*[\w)])?")


def _in_yaml(column: str) -> str:
    """Return a column's name as written in YAML, in quotes if it would be misread without them."""
    return column if _PLAIN.fullmatch(column) else json.dumps(column, ensure_ascii=False)
