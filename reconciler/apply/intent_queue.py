"""The queue of calls that are about to be sent: each waits until the journal has recorded it.

Workers do not touch state. So a worker puts its intent into the queue and waits. The run's own thread, which
waits for workers anyway, records all queued intents in one transaction and then lets the workers go on.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

BeforeSending: TypeAlias = Callable[[int, Sequence[int], datetime], None]
"""Called right before a call to HubSpot is sent.

The arguments are the call's ordinal, the numbers of its changes, and the present time on HubSpot's clock.
"""


@dataclass(frozen=True, slots=True)
class QueuedIntent:
    """One call that waits until it may be sent."""

    ordinal: int  # 1, or 2 for the second of two calls for the same changes
    numbers: Sequence[int]  # numbers of its changes
    moment: datetime  # time on HubSpot's clock
    recorded: Future[None] = field(default_factory=Future)


class IntentQueue:
    """The queue between worker threads and the thread of the run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[QueuedIntent] = []
        self._closed_by: BaseException | None = None
        self._ended = 0

    def wait_until_recorded(self, ordinal: int, numbers: Sequence[int], moment: datetime) -> None:
        """Wait until the journal has recorded the call. A worker calls this.

        Raises:
            BaseException: the error that ended the run.
        """
        intent = QueuedIntent(ordinal, numbers, moment)
        with self._changed:
            if self._closed_by is not None:
                raise self._closed_by
            self._waiting.append(intent)
            self._changed.notify_all()
        intent.recorded.result()

    def ended(self, _worker: object) -> None:
        """Count a worker that has ended, whether it succeeded or failed."""
        with self._changed:
            self._ended += 1
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Sequence[QueuedIntent]:
        """Wait up to ``timeout_s`` until a worker ends or has a call to send; return the queued calls."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended, timeout_s)
            self._ended = 0
            taken, self._waiting = self._waiting, []
        return taken

    def close(self, error: BaseException, taken: Sequence[QueuedIntent] = ()) -> None:
        """End the run with ``error``: calls in the queue, and those in ``taken``, are not sent any more."""
        with self._changed:
            self._closed_by = error
            waiting, self._waiting = [*taken, *self._waiting], []
        for intent in waiting:
            if not intent.recorded.done():
                intent.recorded.set_exception(error)
