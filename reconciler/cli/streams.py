"""The standard streams of the process, replaced so that writing to them never fails.

If a terminal's encoding (such as cp1252) lacks a character, an escape is written. If stdout is a full disk, a
closed pipe or not open, the command goes on, because work in HubSpot must be finished; the first error is
kept and reported when the process ends.
"""

import errno
import io
import os
import select
import sys
from collections.abc import MutableMapping
from typing import TextIO, cast

_STDIN, _STDOUT, _STDERR = range(3)
_MOST_DIGITS = 4  # of the width or height of a terminal


class _Stream(io.FileIO):
    """A file that accepts all data, even after an error."""

    def __init__(self, number: int, *, is_closed: bool) -> None:
        super().__init__(number, "wb", closefd=False)
        self._is_closed = is_closed
        self.fault: OSError | None = None

    def write(self, data: "memoryview") -> int:  # type: ignore[override]  # never None: it waits
        """Write some of ``data``, and return the number of bytes; after an error, discard ``data``."""
        if self._is_closed and self.fault is None:
            self.fault = OSError(errno.EBADF, os.strerror(errno.EBADF))
        while self.fault is None:
            try:
                written = super().write(data)
            except OSError as error:
                self.fault = error
            else:
                if written is not None:
                    return written
                select.select([], [self], [])  # the pipe is full and non-blocking: wait until it takes data
        return len(data)


def make_safe() -> None:
    """Replace stdin, stdout and stderr by streams that never fail."""
    closed = _opened_again()
    if sys.stdin is None or _STDIN in closed:
        sys.stdin = io.TextIOWrapper(io.FileIO(_STDIN, "rb", closefd=False))
    sys.stdout = _text(sys.stdout, _Stream(_STDOUT, is_closed=_STDOUT in closed))
    sys.stderr = _text(sys.stderr, _Stream(_STDERR, is_closed=_STDERR in closed))


def forget_odd_sizes(environ: MutableMapping[str, str]) -> None:
    """Remove ``COLUMNS`` and ``LINES`` from ``environ`` if they are not the size of any terminal.

    Libraries believe them: a line with a hundred million columns takes minutes, and a longer number fails.
    """
    for name in ("COLUMNS", "LINES"):
        size = environ.get(name, "")
        if not size.isdecimal() or len(size) > _MOST_DIGITS:
            environ.pop(name, None)


def stdout_fault() -> OSError | None:
    """Return the first error of writing to stdout; None if there was no error."""
    sys.stdout.flush()
    stream = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return stream.fault if isinstance(stream, _Stream) else None


def _opened_again() -> frozenset[int]:
    """Open closed standard streams as ``os.devnull``: otherwise the next opened file gets their number."""
    closed = set[int]()
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        closed.add(number)
    os.close(number)
    return frozenset(closed)


def _text(before: TextIO | None, stream: _Stream) -> TextIO:
    """Return a text stream in the encoding of ``before``; characters that the encoding lacks are escaped."""
    encoding = before.encoding if before is not None else "utf-8"
    is_terminal = stream.isatty()
    if before is not None and is_terminal and os.name == "nt":  # the Windows console takes text, not bytes
        return before
    if before is not None:
        before.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(cast("io.RawIOBase", stream)),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=is_terminal or stream.fileno() == _STDERR,
    )
