"""Ctrl-C and SIGTERM while an apply is under way."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.cli.exits import ExitCode

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Ask the yielded function whether somebody wants us to stop.

    The first request lets the calls in flight finish, and says so; the second leaves at once: the
    journal knows what was under way, and the next run settles it.
    """
    requested = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        if requested:
            os._exit(ExitCode.INTERRUPTED)
        requested = True
        sys.stderr.write("\nstopping: finishing the calls in flight (again to leave at once)\n")

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield lambda: requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
