"""Reading an exported state line by line, so that its records and associations need not fit into memory.

This works for the layout that ``export_lines`` writes, even if lines were edited. In this layout, each
field of the document begins on a new line, and each entry of a list is one line. JSON in another layout must
be read as a whole.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from reconciler.errors import StateError
from reconciler.state.export_format import Export
from reconciler.state.export_reader import UnreadList, export_of

_FIELD = re.compile(r'"(\w+)":(.+)')
_LISTS = {"owned", "pairs", "prune_rules"}
_BLANKS = " \t\r\n"  # the blanks that JSON allows; Python's ``isspace`` accepts more


def export_by_line(file: BinaryIO) -> Export | None:
    """Read ``file`` line by line; return None if its layout requires reading it as a whole.

    The file must stay open while the lists of the export are read.

    Raises:
        StateError: as in ``parse_export``; iterating a list raises it, too, if the file has changed.
    """
    if not file.seekable():
        return None
    try:
        document = _fields(file)
    except ValueError:  # errors of JSON and of UTF-8 are ValueErrors as well
        file.seek(0)
        return None
    return export_of(document)


def _fields(file: BinaryIO) -> dict[str, object]:
    """Read the fields of the document; lists stay unread. Raises ValueError if the layout is another one."""
    fields: dict[str, object] = {}
    stamp = _stamp(file)
    opening, line = "{", _line(file)
    while True:
        said = _FIELD.fullmatch(line.removeprefix(opening))
        if said is None or not line.startswith(opening) or said[1] in fields:
            raise ValueError(line)
        name, value = said.groups()
        if value == "[" and name in _LISTS:
            fields[name] = _list(file, stamp)
        else:
            fields[name] = json.loads(value[:-1])
            if value.endswith("}"):
                break
            if not value.endswith(","):
                raise ValueError(line)
        opening, line = "", _line(file)
    if file.read().decode().strip(_BLANKS):
        raise ValueError(line)
    return fields


def _list(file: BinaryIO, stamp: tuple[int, int]) -> UnreadList:
    """Check the syntax of the list whose entries begin at the present line of ``file``.

    Each line is an entry, and all but the last end in ",". The returned object reads the entries again, when
    it is iterated.
    """
    place, count, is_last = file.tell(), 0, True
    while (line := _line(file)) != "],":
        if count and is_last:
            raise ValueError(line)
        is_last = not line.endswith(",")
        json.loads(line.removesuffix(","))
        count += 1
    if not is_last:
        raise ValueError(line)
    return _Lines(file, place, count, stamp)


@dataclass(frozen=True, slots=True)
class _Lines(UnreadList):
    """Entries with a line each; iterating raises StateError if the file has changed."""

    file: BinaryIO
    place: int
    count: int
    stamp: tuple[int, int]  # time and size of the file when reading began

    def __iter__(self) -> Iterator[object]:
        self.file.seek(self.place)
        try:
            for _ in range(self.count):
                yield json.loads(_line(self.file).removesuffix(","))
        except ValueError as error:
            raise self._changed() from error
        if _stamp(self.file) != self.stamp:
            raise self._changed()

    def _changed(self) -> StateError:
        return StateError(
            "the exported state was changed while it was read, and nothing was imported: import it again"
        )


def _line(file: BinaryIO) -> str:
    return file.readline().decode().strip(_BLANKS)


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
