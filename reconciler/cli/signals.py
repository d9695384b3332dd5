"""Ctrl-C and SIGTERM during an apply."""

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
    """Yield a function that returns whether the user asked to stop.

    After the first Ctrl-C or SIGTERM, the calls under way are finished, and a message says so. The second one
    ends the process at once: the journal knows which calls were under way, and the next run settles them.
    """
    requested = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        if requested:
            os._exit(ExitCode.INTERRUPTED)
        requested = True
        sys.stderr.write(
            "\nstopping after the calls that are under way (press Ctrl-C again to stop immediately)\n"
        )

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield lambda: requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
