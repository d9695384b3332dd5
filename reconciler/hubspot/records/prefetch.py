"""Reading live records a few chunks in advance, in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.read import read_records
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import ObjectSchema
from reconciler.model.live import LiveRecord, LiveRecords

_Chunk = TypeVar("_Chunk")
_Entry = TypeVar("_Entry")

READERS = 16
"""Threads that read: three use up HubSpot's limit at 150 ms for each answer, sixteen at 800 ms."""

READ_AHEAD = 2 * READERS
"""Chunks that are requested in advance; memory holds these chunks and their answers."""


def in_chunks(entries: Iterable[_Entry], size: int) -> Iterator[Sequence[_Entry]]:
    """Split the entries into chunks of ``size``, in order, drawing only as many entries as needed."""
    remaining = iter(entries)
    while chunk := tuple(islice(remaining, size)):
        yield chunk


def read_ahead(
    reader: PortalReader,
    schema: ObjectSchema,
    by: str,
    chunks: Iterable[_Chunk],
    question: Callable[[_Chunk], tuple[Sequence[str], Sequence[str]]],
) -> Iterator[tuple[_Chunk, LiveRecords]]:
    """Read the records of each chunk, by key; ``question`` returns its keys and properties.

    Raises:
        HubSpotError: HubSpot does not answer, or not to this question.
    """
    with ThreadPoolExecutor(READERS) as pool:

        def ask(chunk: _Chunk) -> tuple[_Chunk, Future[LiveRecords]]:
            keys, names = question(chunk)
            return chunk, pool.submit(_read, reader, schema, by, keys, names)

        asked = map(ask, chunks)
        waiting = deque(islice(asked, READ_AHEAD))
        while waiting:
            chunk, answer = waiting.popleft()
            waiting.extend(islice(asked, 1))
            yield chunk, answer.result()


def read_by_keys(reader: PortalReader, schema: ObjectSchema, by: str, keys: Sequence[str]) -> LiveRecords:
    """Find the records with ``keys``, however many there are.

    Raises:
        HubSpotError: HubSpot does not answer, or not to this question.
    """
    if len(keys) <= BATCH_SIZE:
        return read_records(reader, schema, by, keys, ())  # in this thread, which may have reserved a slot
    found: dict[str, LiveRecord] = {}
    unanswered: set[str] = set()
    for _, answers in read_ahead(
        reader, schema, by, in_chunks(iter(keys), BATCH_SIZE), lambda some: (some, ())
    ):
        found |= answers
        unanswered |= answers.unanswered
    return LiveRecords(found, unanswered)


def _read(
    reader: PortalReader, schema: ObjectSchema, by: str, keys: Sequence[str], names: Sequence[str]
) -> LiveRecords:
    found: dict[str, LiveRecord] = {}
    unanswered: set[str] = set()
    for start in range(0, len(keys), BATCH_SIZE):
        answers = read_records(reader, schema, by, keys[start : start + BATCH_SIZE], names)
        found |= answers
        unanswered |= answers.unanswered
    return LiveRecords(found, unanswered)
