"""The file of a table: its settings in ``source:``, and whether it can be read."""

import codecs
import errno
import glob
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reconciler.errors import Problem, UnplacedProblem
from reconciler.manifest import readable_files
from reconciler.manifest.tables.sorted_rows import TableError
from reconciler.model.tables import TableForm
from reconciler.source import Place, SourceFiles, SourceRef

_BLOCK = 1 << 20  # bytes read at a time
_LONGEST_SHOWN = 100  # characters of a path


@dataclass(frozen=True, slots=True)
class Source:
    """The settings under ``source:``."""

    form: TableForm
    path: str  # path from the project folder, as written
    place: Place  # place of the path
    columns: Mapping[str, str | None]  # property by column of the file; None: the column is ignored
    column_places: Mapping[str, Place]

    def property_of(self, column: str) -> str | None:
        """Return the property of a column; None if the column is ignored."""
        return self.columns.get(column, column)


def locate(source: Source, project: Path, files: SourceFiles) -> Path:
    """Return the path of the file.

    Raises:
        TableError: the file cannot be read, is hidden, or is outside the project folder.
    """
    path = project / source.path
    if wrong := _wrong_with(path, project):
        message = f'"{_shortened(source.path)}" {wrong.message}'
        raise TableError(Problem(message, wrong.advice, files.ref(source.place)))
    return path


def _wrong_with(path: Path, project: Path) -> UnplacedProblem | None:
    """Return the reason why ``path`` cannot be read, with advice; None if it can."""
    refused = readable_files.fault_of(path, project)
    if refused is not None:
        return UnplacedProblem(refused, readable_files.ADVICE)
    if no_name := _no_name(path):
        return UnplacedProblem(no_name, "write the path of a file, starting at the project folder")
    if path.is_dir():
        return UnplacedProblem("is a folder", "name the file")
    if not path.is_file():
        is_there = os.path.lexists(path)
        fault = "is not a readable file" if is_there else "does not exist"
        advice = "paths start at the project folder, the one that holds reconciler.yaml"
        return UnplacedProblem(fault, advice)
    if not os.access(path, os.R_OK):
        return UnplacedProblem("cannot be read: permission denied", "correct its permissions")
    return None


def _no_name(path: Path) -> str | None:
    """Return the reason why no file can have this name; None if a file can."""
    try:
        path.stat()
    except ValueError:
        return "contains a NUL, which a path cannot contain"
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads back to itself"
        if error.errno == errno.ENAMETOOLONG:
            return "is too long for the name of a file"
    return None


def _shortened(path: str) -> str:
    """Shorten ``path`` for a message."""
    plain = path.replace("\0", "\\0")
    return plain if len(plain) <= _LONGEST_SHOWN else plain[:_LONGEST_SHOWN] + "…"


class Hash(Protocol):
    """A hash object of hashlib."""

    def update(self, data: bytes, /) -> None:
        """Continue the hash with ``data``."""


def digest_file(path: Path, into: Hash) -> None:
    """Add the content of the file at ``path``, which may be large, to the hash ``into``."""
    into.update(b"%d:" % path.stat().st_size)
    for block in blocks(path):
        into.update(block)


def count_lines(path: Path, name: str, above: int = 0) -> int:
    """Count the lines of a text, without blank lines at its end, plus the ``above`` lines before it.

    Raises:
        TableError: the file is not UTF-8 text, or contains a NUL.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, ends = above, b""
    fault: tuple[str, bytes, int] | None = None
    for block in blocks(path):
        try:
            decoder.decode(block, final=len(block) < _BLOCK)
        except UnicodeDecodeError as error:
            fault = "is not UTF-8", error.object, error.start
        if b"\0" in block:
            fault = "contains a NUL, which text cannot contain", block, block.index(b"\0")
        if fault:
            place = SourceRef(name, lines + fault[1].count(b"\n", 0, fault[2]) + 1, 1)
            raise TableError(Problem(f"this line {fault[0]}", "save the file as text in UTF-8", place))
        lines += block.count(b"\n")
        body = block.rstrip(b"\r\n")
        ends = block[len(body) :] if body else ends + block
    return lines - max(ends.count(b"\n") - 1, 0) + (not ends and path.stat().st_size > 0)


def in_sql(path: Path) -> str:
    """Return ``path`` as the name of one file in DuckDB's SQL; it may contain any characters."""
    return "'" + glob.escape(str(path)).replace("'", "''") + "'"


def blocks(path: Path) -> Iterator[bytes]:
    """Read the content of the file in blocks."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
