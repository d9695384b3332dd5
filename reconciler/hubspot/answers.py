"""HubSpot's answers that are kept because one command needs them several times.

Account and definitions are read once and do not change for a command, even if HubSpot changes them. Records
are kept only by readers that are told to, because records change much faster.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reconciler.hubspot.portal.responses import OwnerBody
from reconciler.hubspot.records.responses import Record

T = TypeVar("T")


class PortalAnswers:
    """HubSpot's cached answers about the account, definitions and owners. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_path: dict[str, Future[Any]] = {}
        self.owners: dict[bool, tuple[OwnerBody, ...]] = {}  # key: whether these are the archived owners

    def begin(self, asking: Mapping[str, Callable[[], object]]) -> None:
        """Start the calls in ``asking`` (by path) that have not been made yet.

        ``once`` returns their answers.
        """
        pool = ThreadPoolExecutor(len(asking))
        with self._lock:
            for path in asking.keys() - self._by_path.keys():
                self._by_path[path] = pool.submit(asking[path])
        pool.shutdown(wait=False)

    def once(self, path: str, ask: Callable[[], T]) -> T:
        """Return the kept answer for ``path``; if there is none, call ``ask`` and keep its answer.

        The answer of a failed call is not kept.
        """
        with self._lock:
            asked: Future[T] | None = self._by_path.get(path)
            is_first = asked is None
            if asked is None:
                asked = self._by_path[path] = Future()
        try:
            if is_first:
                asked.set_result(ask())
            return asked.result()
        except BaseException as error:
            if is_first:
                asked.set_exception(error)
            with self._lock:
                self._by_path.pop(path, None)
            raise


@dataclass(frozen=True, slots=True)
class BatchReadResult:
    """The answer of batch/read; its records have HubSpot's order, and some may be missing."""

    records: Sequence[Record]
    missing: Sequence[str]  # requested ids that HubSpot reports as not existing, as it spells them


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """The contents of a batch/read call: which records to read, and which of their properties."""

    object_path: str
    id_property: str | None
    is_archived: bool
    ids: frozenset[str]
    properties: frozenset[str]
    with_history: frozenset[str]

    def covers(self, other: "BatchQuestion") -> bool:
        """Return whether the answer to this call also contains everything that ``other`` asks for."""
        return (
            (self.object_path, self.id_property, self.is_archived, self.ids)
            == (other.object_path, other.id_property, other.is_archived, other.ids)
            and self.properties >= other.properties
            and self.with_history >= other.with_history
        )


@dataclass(slots=True)
class RecordAnswers:
    """Kept answers about a few records. Thread-safe; two threads may at worst make the same call."""

    _answered: list[tuple[BatchQuestion, BatchReadResult]] = field(default_factory=list)

    def once(self, question: BatchQuestion, ask: Callable[[], BatchReadResult]) -> BatchReadResult:
        """Return a kept answer that covers ``question``, or call ``ask`` and keep its answer."""
        for earlier, result in self._answered:
            if earlier.covers(question):
                return result
        result = ask()
        self._answered.append((question, result))
        return result
