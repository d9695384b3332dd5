"""Calls that are about to leave tell the run, and wait until the journal has it.

Workers touch no state. So a worker puts a word on the desk and waits; the run's own thread, which waits for
workers anyway, journals all that lies there in one transaction, and lets them go on.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Leaving: TypeAlias = Callable[[int, Sequence[int], datetime], None]
"""Told, before HubSpot can act on a call, which of the calls for these changes it is, and when that is."""


@dataclass(frozen=True, slots=True)
class QueuedIntent:
    """One call that waits to leave."""

    ordinal: int  # 1; 2 where it is the second call for the same changes
    numbers: Sequence[int]  # of the changes that it carries
    moment: datetime  # on HubSpot's clock
    may_leave: Future[None] = field(default_factory=Future)


class IntentQueue:
    """Where workers and the run meet."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[QueuedIntent] = []
        self._closed_by: BaseException | None = None
        self._ended = 0

    def leave(self, ordinal: int, numbers: Sequence[int], moment: datetime) -> None:
        """Wait until the journal has it; called by workers. Raises what ended the run, where that is over."""
        departure = QueuedIntent(ordinal, numbers, moment)
        with self._changed:
            if self._closed_by is not None:
                raise self._closed_by
            self._waiting.append(departure)
            self._changed.notify_all()
        departure.may_leave.result()

    def ended(self, _worker: object) -> None:
        """A worker has ended, whatever came of it."""
        with self._changed:
            self._ended += 1
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Sequence[QueuedIntent]:
        """Wait until a worker has ended or wants something; the calls that wait to leave."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended, timeout_s)
            self._ended = 0
            taken, self._waiting = self._waiting, []
        return taken

    def close(self, error: BaseException, taken: Sequence[QueuedIntent] = ()) -> None:
        """The run is over: nothing leaves any more."""
        with self._changed:
            self._closed_by = error
            waiting, self._waiting = [*taken, *self._waiting], []
        for departure in waiting:
            if not departure.may_leave.done():
                departure.may_leave.set_exception(error)
