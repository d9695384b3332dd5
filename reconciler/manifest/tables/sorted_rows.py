"""The rows of a file, sorted by key (by code point), in DuckDB. Only this module imports DuckDB.

The rows are stored in a separate database in a private temporary folder, which is deleted with the object. So
a file is read only once, the plan uses the same rows that were checked, and only one page of rows is in
memory at a time.
"""

import re
import shutil
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.source import SourceRef
from reconciler.temporary import make_temporary_folder, unusable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PAGE = 2_000  # rows in memory at a time
_LITTLE_MEMORY = "32MB"
_MEMORY = ("400MB", "800MB", "1600MB", "3200MB")
"""DuckDB's memory limits, which are tried one after the other.

The first is enough for many rows, because sorting uses the temporary folder. Many columns need more memory.
"""
_COPY_MB = 150  # megabytes for copying, plus one for each column
_VECTOR = 2_048  # rows that DuckDB handles together
_VALUES_IN_GROUP = 200_000  # values in a group of rows of a Parquet file
_THREADS = 2
_NO_ROOM = "failed to offload data block"  # DuckDB's message if the temporary folder is full contains this


MOST = 100
"""Maximum number of rows that are reported one by one for the same error."""


def more_rows(count: int, beginning: SourceRef) -> Problem:
    """Report that ``count`` more rows have the same error."""
    return Problem(f"{count:,} more rows have the same mistake", "correct the reported rows first", beginning)


class TableError(Exception):
    """A file that cannot be a table, with all problems found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


class TableReadError(Exception):
    """DuckDB's error about a file, in one sentence."""


class SortedRows:
    """The sorted rows of a file: a table ``rows`` of a database, with ``line``, ``key`` and more columns."""

    def __init__(self) -> None:
        import duckdb  # noqa: PLC0415 - 80 ms and an extra: only documents with a source need it

        folder = make_temporary_folder()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with _errors_about_room(folder):
            self._connection = duckdb.connect(folder / "rows.duckdb", config=_options(folder, _MEMORY[0]))
        self._error, self._lacks_memory = duckdb.Error, duckdb.OutOfMemoryException
        self._memory, self._folder = _MEMORY[0], folder
        self._end = weakref.finalize(self, _remove, self._connection, folder)

    def close(self) -> None:
        """Delete the rows."""
        self._end()

    def fill(self, columns: str, file: str) -> None:
        """Read ``columns`` (which include line and key) from ``file``; both are texts of SQL."""
        statement = f"CREATE OR REPLACE TABLE rows AS SELECT {columns} FROM {file} ORDER BY key"
        for self._memory in _MEMORY[:-1]:
            with suppress(self._lacks_memory):
                self._execute(f"SET memory_limit = '{self._memory}'")
                self._execute(statement)
                return
        self._memory = _MEMORY[-1]
        self.run(f"SET memory_limit = '{self._memory}'")
        self.run(statement)

    def give_back_memory(self) -> None:
        """Free the memory of reading and sorting (70 MB for 200,000 rows), which planning needs afterwards.

        DuckDB frees memory above a new limit at once. Then the old limit is set again, because reading rows
        with many columns needs it.
        """
        for limit in (_LITTLE_MEMORY, self._memory):
            with suppress(self._error):  # DuckDB refuses a limit below the memory in use
                self._connection.cursor().execute(f"SET memory_limit = '{limit}'")

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of ``statement``.

        Raises:
            TableReadError: the file has an error.
            UsageError: the temporary folder has no room.
        """
        try:
            with _errors_about_room(self._folder):
                return self._connection.cursor().execute(statement, list(parameters)).fetchall()
        except self._error as error:
            raise TableReadError(_sentence(str(error))) from None

    def _execute(self, statement: str) -> None:
        """Execute ``statement``; errors become ``TableReadError``, except a lack of memory."""
        try:
            self._connection.cursor().execute(statement)
        except self._lacks_memory:
            raise
        except self._error as error:
            raise TableReadError(_sentence(str(error))) from None

    def problems(self, statement: str, tell: Callable[..., Problem], beginning: SourceRef) -> list[Problem]:
        """Convert the rows of ``statement`` to problems with ``tell``, sorted by line.

        Problems beyond a hundred are only counted.
        """
        found = self.run(f"{statement} ORDER BY line LIMIT {MOST + 1}")
        problems = [tell(*row) for row in found[:MOST]]
        if len(found) > MOST:
            (count,) = self.run(f"SELECT count(*) FROM ({statement})")[0]
            problems.append(more_rows(count - MOST, beginning))
        return problems

    def leave_out(self, lines: Sequence[int]) -> None:
        """Remove the rows of these lines."""
        for start in range(0, len(lines), _PAGE):
            some = ", ".join(map(str, lines[start : start + _PAGE]))
            self.run(f"DELETE FROM rows WHERE line IN ({some})")

    def flow(self, columns: str) -> Iterator[tuple[Any, ...]]:
        """Read ``columns`` of all rows in order, page by page."""
        with _errors_about_room(self._folder):
            cursor = self._connection.cursor().execute(f"SELECT {columns} FROM rows")
        while page := cursor.fetchmany(_PAGE):
            yield from page


def copy_as_parquet(rows: str, file: str, columns: int, folder: Path) -> None:
    """Write ``rows`` to the new Parquet file ``file``; both are SQL expressions.

    ``folder`` is for DuckDB's temporary files; ``columns`` is the number of columns. DuckDB holds a group of
    rows in memory until it is written; so with more columns, a group has fewer rows.
    """
    import duckdb  # noqa: PLC0415 - as above

    group = max(_VALUES_IN_GROUP // columns // _VECTOR, 1) * _VECTOR
    options = _options(folder, f"{_COPY_MB + columns}MB", threads=1)
    with _errors_about_room(folder), duckdb.connect(config=options) as connection:
        connection.execute(
            f"COPY (SELECT * FROM {rows}) TO {file} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
        )


def parquet_rows(file: str, folder: Path) -> Iterator[tuple[Any, ...]]:
    """Read the rows of a Parquet file that we wrote, in its order, page by page; ``file`` is SQL."""
    import duckdb  # noqa: PLC0415 - as above

    with duckdb.connect(config=_options(folder, f"{_COPY_MB}MB", threads=1)) as connection:
        cursor = connection.cursor().execute(f"SELECT * FROM read_parquet({file}, hive_partitioning=false)")
        while page := cursor.fetchmany(_PAGE):
            yield from page


@contextmanager
def _errors_about_room(folder: Path) -> Iterator[None]:
    """Explain errors of DuckDB about ``folder``, its temporary folder; they are not errors of a table.

    Raises:
        UsageError: the folder has no room, or cannot be written.
    """
    import duckdb  # noqa: PLC0415 - as above

    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        text = str(error)
        is_full = "No space left on device" in text or _NO_ROOM in text
        if not is_full and str(folder) not in text:
            raise
        raise unusable("No space left on device" if is_full else _sentence(text)) from None


def _options(folder: Path, memory: str, threads: int = _THREADS) -> dict[str, Any]:
    return {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,  # never download anything
        "autoload_known_extensions": False,
        "disabled_optimizers": "compressed_materialization",  # DuckDB damaged texts while sorting with it
    }


def _sentence(error: str) -> str:
    """Return DuckDB's message without paths, values and its advice for users of DuckDB."""
    if found := re.search(r"Maximum line size of (\d+) bytes", error):
        return f"one of its lines is longer than {int(found[1]):,} bytes"
    if "not valid UTF8" in error:
        return "one of its texts is not UTF-8"
    sentence = re.sub(r""" ?(['"])/.*\1""", "", error.partition("\n")[0])
    return sentence.partition("Error: ")[2] or sentence


def _remove(connection: "DuckDBPyConnection", folder: Path) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)
