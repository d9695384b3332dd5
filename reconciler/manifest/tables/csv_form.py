"""The form of a CSV file: comparing its description in the manifest with the file itself.

A file of another form is refused, and the message has the line that would describe it. Nothing is guessed
silently, because a wrong guess would write wrong text into the portal.
"""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from reconciler.errors import Problem
from reconciler.manifest.tables.csv_text import (
    DELIMITERS,
    codec_in,
    codec_of,
    mark_of,
    open_text,
    read_rows,
    separator_line,
)
from reconciler.manifest.tables.sources import Source, blocks
from reconciler.manifest.yaml.scalars import spelled
from reconciler.model.tables import TableForm
from reconciler.source import SourceRef

NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
"""Names of the delimiters."""
_LIKELY = ("utf-8", "cp1252", "cp850")
"""Encodings to try for a file, the most likely first; the last one can decode every file."""
_LONGEST_NAME = 10_000
_SAMPLE = 1_000  # rows
_DECIMAL_COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+),\d+")


@dataclass(frozen=True, slots=True)
class _Fault:
    """A place in the file that contradicts the form in the manifest: encoding, delimiter or decimal."""

    line: int
    column: int
    message: str


def form_problems(path: Path, source: Source) -> Sequence[Problem]:
    """Report where the form of the file differs from ``source``, with the line to write in the manifest."""
    faults: list[_Fault] = []
    form = source.form
    if misread := _misread(path, form):
        fault, encoding = misread
        faults.append(fault)
        form = replace(form, encoding=encoding)
    if misparted := _misparted(path, form):
        fault, delimiter = misparted
        faults.append(fault)
        form = replace(form, delimiter=delimiter)
    may_have_commas = faults and not form.has_commas and form.delimiter != ","
    if may_have_commas and (number := _decimal_comma(path, form)):
        faults.append(number)
        form = replace(form, decimal=",")
    advice = f"save the file again as text in {form.encoding}"
    if form != source.form:
        advice = _line_for(source, form)
    return [
        Problem(fault.message, advice, SourceRef(source.path, fault.line, fault.column)) for fault in faults
    ]


def _line_for(source: Source, form: TableForm) -> str:
    """Return advice with the line for ``form``, to be pasted into the manifest."""
    keys = [f"{name}: {_in_yaml(value)}" for name, value in form.unusual.items() if name != "clear"]
    # ``columns:`` and ``clear:`` stay in the manifest, so the advice does not repeat them
    if source.columns or form.clear is not None:
        said = " and ".join(f"`{key}`" for key in keys)
        return (
            f"under `source:`, next to `csv:`, write {said}"
            if keys
            else "remove `delimiter`, `encoding` and `decimal` from `source:`"
        )
    return f"write `source: {{{', '.join((f'csv: {_in_yaml(source.path)}', *keys))}}}`"


def _in_yaml(text: str) -> str:
    if text in NAMES and text != "\t":
        return f"'{text}'"
    return spelled(text, in_flow=True) or text


def _misread(path: Path, form: TableForm) -> tuple[_Fault, str] | None:
    """Return the first place that is not in the encoding of ``form``, and the likely encoding."""
    said = codec_of(form.encoding) or form.encoding
    marked = mark_of(path)[1]
    if marked is not None:
        is_right = marked == said or (said == "utf-16" and marked.startswith("utf-16"))
        is_text = _first_fault(path, marked) is None
        if not is_right and is_text:
            name = "UTF-8" if marked == "utf-8" else "UTF-16"
            return _Fault(1, 1, f"the first bytes show that the file is {name}"), name.lower()
    elif said != "utf-8" and _is_utf8(path, even_if_ascii=said.startswith("utf-16")):
        return _Fault(
            1, 1, (f"the file is UTF-8, so `encoding: {form.encoding}` would give wrong letters")
        ), "utf-8"
    line = _first_fault(path, codec_in(path, form.encoding))
    if line is None:
        return None
    shown = "UTF-8" if said == "utf-8" else form.encoding
    return _Fault(line, 1, f"this line is not {shown}"), _likely(path, said) or form.encoding


def _likely(path: Path, said: str) -> str | None:
    """Return the encoding that a file probably has, if it cannot be decoded with ``said``.

    Return None for a file with a byte order mark (the file is damaged) or with NULs (it is not a text).
    """
    if mark_of(path)[0] or any(b"\0" in block for block in blocks(path)):
        return None
    return next((name for name in _LIKELY if name != said and _first_fault(path, name) is None), None)


def _first_fault(path: Path, codec: str) -> int | None:
    """Return the first line that ``codec`` cannot read."""
    decoder = codecs.getincrementaldecoder(codec)()
    lines = 0
    try:
        for block in blocks(path):
            lines += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(codec, errors="replace")
        return lines + before.count("\n") + 1
    return None


def _is_utf8(path: Path, *, even_if_ascii: bool) -> bool:
    """Return whether the file is UTF-8: text in another encoding is hardly ever valid UTF-8 by chance.

    A file of ASCII characters only, which fits most encodings, counts as UTF-8 only with ``even_if_ascii``.
    """
    if even_if_ascii and any(b"\0" in block for block in blocks(path)):
        return False
    if not even_if_ascii and all(block.isascii() for block in blocks(path)):
        return False
    return _first_fault(path, "utf-8") is None


def _misparted(path: Path, form: TableForm) -> tuple[_Fault, str] | None:
    """Return the fault, and the likely delimiter, of a header with another delimiter than in ``form``."""
    with open_text(path, codec_in(path, form.encoding), errors="replace") as file:
        csv.field_size_limit(_LONGEST_NAME)
        first = file.readline(_LONGEST_NAME)
        named = separator_line(first)
        if named is not None:
            if named == form.delimiter:
                return None
            return _Fault(1, 1, f"the first line says that the cells are separated by {named!r}"), named
    widths = {each: len(_names(first, each)) for each in DELIMITERS}
    other = max(widths, key=lambda each: widths[each])
    if widths[form.delimiter] > 1 or widths[other] < 2:  # noqa: PLR2004 - two names make a table
        return None
    return _Fault(1, 1, f"the header has cells separated by {other!r}"), other


def _names(header: str, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _decimal_comma(path: Path, form: TableForm) -> _Fault | None:
    """Return the first cell that looks like a number with a decimal comma, among the first rows."""
    with open_text(path, codec_in(path, form.encoding), errors="replace") as file:
        for row in islice(read_rows(file, form.delimiter), _SAMPLE):
            for column, cell in enumerate(row.cells, 1):
                if _DECIMAL_COMMA.fullmatch(cell.strip()):
                    return _Fault(row.line, column, "this looks like a number with a decimal comma")
    return None
