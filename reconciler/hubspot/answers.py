"""Answers that one command needs more than once, so that it asks once.

Account and definitions stay as they were at one moment, as long as somebody keeps the answers. Records are
kept only where a reader is told to, because they change much faster.
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
    """The answers about account, definitions and owners. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_path: dict[str, Future[Any]] = {}
        self.owners: dict[bool, tuple[OwnerBody, ...]] = {}  # by whether they are archived

    def begin(self, asking: Mapping[str, Callable[[], object]]) -> None:
        """Start all calls of ``asking`` that nobody has made yet, by path; ``once`` gets their answers."""
        pool = ThreadPoolExecutor(len(asking))
        with self._lock:
            for path in asking.keys() - self._by_path.keys():
                self._by_path[path] = pool.submit(asking[path])
        pool.shutdown(wait=False)

    def once(self, path: str, ask: Callable[[], T]) -> T:
        """Return the answer of the first call to ``path``; a call that failed is made again."""
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
    """The answer of batch/read, in HubSpot's order and perhaps incomplete."""

    records: Sequence[Record]
    missing: Sequence[str]  # ids that do not exist according to HubSpot, in its spelling


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """One call of batch/read: the records, and the parts of them."""

    object_path: str
    id_property: str | None
    is_archived: bool
    ids: frozenset[str]
    properties: frozenset[str]
    with_history: frozenset[str]

    def covers(self, other: "BatchQuestion") -> bool:
        """Return whether the answer to this question also answers ``other``."""
        return (
            (self.object_path, self.id_property, self.is_archived, self.ids)
            == (other.object_path, other.id_property, other.is_archived, other.ids)
            and self.properties >= other.properties
            and self.with_history >= other.with_history
        )


@dataclass(slots=True)
class RecordAnswers:
    """Answers about a few records. Thread-safe: at worst two threads ask the same."""

    _answered: list[tuple[BatchQuestion, BatchReadResult]] = field(default_factory=list)

    def once(self, question: BatchQuestion, ask: Callable[[], BatchReadResult]) -> BatchReadResult:
        """Return an earlier answer that covers ``question``, or ask."""
        for earlier, result in self._answered:
            if earlier.covers(question):
                return result
        result = ask()
        self._answered.append((question, result))
        return result
