"""The three streams of the process: whatever they lead to, nothing that is said to them fails.

A terminal that speaks cp1252 shows what it can. Where stdout leads to a full disk, to a reader that has gone
or nowhere at all, the work goes on, since what was begun in HubSpot must be ended; the first fault is kept,
and told as the process leaves.
"""

import errno
import io
import os
import select
import sys
from typing import TextIO, cast

_STDIN, _STDOUT, _STDERR = range(3)


class _Stream(io.FileIO):
    """A file that takes everything, also after the first fault."""

    def __init__(self, number: int, fault: OSError | None) -> None:
        super().__init__(number, "wb", closefd=False)
        self.fault = fault

    def write(self, data: "memoryview") -> int:  # type: ignore[override]  # never None: it waits
        """Write some of ``data``; after a fault, drop it."""
        while self.fault is None:
            try:
                written = super().write(data)
            except OSError as error:
                self.fault = error
            else:
                if written is not None:
                    return written
                select.select([], [self], [])  # a pipe that somebody told not to wait
        return len(data)


def make_safe() -> None:
    """Take the streams of this process over from Python."""
    closed = _opened_again()
    if sys.stdin is None or _STDIN in closed:
        sys.stdin = io.TextIOWrapper(io.FileIO(_STDIN, "rb", closefd=False))
    fault = OSError(errno.EBADF, os.strerror(errno.EBADF)) if _STDOUT in closed else None
    sys.stdout = _text(sys.stdout, _Stream(_STDOUT, fault))
    sys.stderr = _text(sys.stderr, _Stream(_STDERR, None))


def stdout_fault() -> OSError | None:
    """Why not all that was said to stdout has arrived; None where it has."""
    sys.stdout.flush()
    stream = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return stream.fault if isinstance(stream, _Stream) else None


def _opened_again() -> frozenset[int]:
    """Open those that were closed, or the next file that is opened would be taken for one of them."""
    closed = set[int]()
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        closed.add(number)
    os.close(number)
    return frozenset(closed)


def _text(before: TextIO | None, stream: _Stream) -> TextIO:
    """A text stream like ``before`` that writes what its encoding lacks as escapes."""
    encoding = before.encoding if before is not None else "utf-8"
    is_terminal = stream.isatty()
    if before is not None and is_terminal and os.name == "nt":  # a console takes text, and no bytes
        return before
    if before is not None:
        before.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(cast("io.RawIOBase", stream)),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=is_terminal or stream.fileno() == _STDERR,
    )
