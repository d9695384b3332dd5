"""The text of a CSV file in its encoding, without a byte order mark and Excel's ``sep=;`` line.

DuckDB reads only UTF-8. For a file in another encoding, or with a line above its header, a UTF-8 copy is made
in a private temporary folder, and deleted after reading.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from reconciler.model.tables import TableForm
from reconciler.temporary import temporary_folder, write_temporary

DELIMITERS: Final = (",", ";", "\t", "|")
"""Characters that may separate cells."""
_BLOCK = 1 << 20  # characters that are copied at a time
_LONGEST_FIRST_LINE = 10_000
_KNOWN = re.compile(
    r"utf-8|utf-16(-le|-be)?|cp\d+|iso8859-\d+|ascii|mac-\w+|koi8-\w|shift_jis|euc_\w+|gbk|gb18030|big5"
)
"""Python's names of encodings for files; Python also has encodings for other purposes, such as idna."""
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SEPARATOR_LINE = re.compile(r"\"?sep=([,;|\t])\"?[\r\n]*", re.IGNORECASE)


def codec_of(encoding: str) -> str | None:
    """Return Python's name of ``encoding``; None if it is unknown."""
    try:
        name = codecs.lookup(encoding).name.removesuffix("-sig")
    except (LookupError, ValueError):  # ValueError: the name contains a NUL
        return None
    return name if _KNOWN.fullmatch(name) else None


def mark_of(path: Path) -> tuple[bytes, str | None]:
    """Return the byte order mark of a file and the encoding that it shows; ``b""`` and None without one."""
    with path.open("rb") as file:
        beginning = file.read(3)
    return next(((mark, name) for mark, name in _MARKS.items() if beginning.startswith(mark)), (b"", None))


def codec_in(path: Path, encoding: str) -> str:
    """Return the codec that reads ``path``; for ``utf-16``, the byte order mark decides which one."""
    codec = codec_of(encoding) or encoding
    return mark_of(path)[1] or "utf-16-le" if codec == "utf-16" else codec


def open_text(path: Path, codec: str, errors: str = "strict") -> TextIO:
    """Open a file as text, positioned after its byte order mark; line ends are not converted."""
    file = path.open(encoding=codec, errors=errors, newline="")
    if mark_of(path)[0] and file.read(1) != "\ufeff":
        file.seek(0)
    return file


def separator_line(line: str) -> str | None:
    """Return the delimiter that ``line``, a file's first line, names for Excel; None if it names none."""
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file."""

    line: int  # first line of the row
    cells: Sequence[str]
    fault: str | None  # error in the CSV syntax; None: no error
    text: str  # text in the file


@dataclass(frozen=True, slots=True)
class CsvText:
    """The text of a CSV file in UTF-8, with the number of lines above its header."""

    path: Path
    name: str  # name of the file in the manifest
    delimiter: str = ","
    above: int = 0  # lines above the header

    def open(self) -> TextIO:
        """Open the text; line ends are not converted."""
        return self.path.open(encoding="utf-8-sig", newline="")

    def rows(self, file: TextIO) -> Iterator[Row]:
        """Read the rows of the text, including those with errors; a blank line is a row without cells."""
        return read_rows(file, self.delimiter, self.above)


@contextmanager
def csv_text(path: Path, name: str, form: TableForm) -> Iterator[CsvText]:
    """Provide the text of the file at ``path``, whose form is ``form``, until the context ends."""
    codec = codec_in(path, form.encoding)
    with open_text(path, codec) as file:
        above = separator_line(file.readline(_LONGEST_FIRST_LINE)) is not None
        if codec == "utf-8" and not above:
            yield CsvText(path, name, form.delimiter)
            return
        if not above:
            file.seek(0)
        with temporary_folder() as folder:
            copy = folder / "text.csv"
            write_temporary(copy, (block.encode() for block in iter(lambda: file.read(_BLOCK), "")))
            yield CsvText(copy, name, form.delimiter, int(above))


def read_rows(file: TextIO, delimiter: str = ",", above: int = 0) -> Iterator[Row]:
    """Read the rows of an opened CSV file; ``above`` lines precede it. A blank line has no cells."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in file:
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    line = above + 1
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
