"""Reading live records in chunks, in order, with a few chunks requested in advance."""

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
"""Number of threads that read: at 150 ms per answer, three reach HubSpot's rate limit.

At 800 ms, sixteen do.
"""

READ_AHEAD = 2 * READERS
"""Number of chunks that are requested in advance; memory holds these chunks and their answers."""


def in_chunks(entries: Iterable[_Entry], size: int) -> Iterator[Sequence[_Entry]]:
    """Split the entries into chunks of ``size``, in order; read a chunk only when the caller asks for it."""
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
    """Yield each chunk with its records, by key; ``question`` returns the keys and properties of a chunk.

    Raises:
        HubSpotError: HubSpot does not answer, or refuses the call.
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
    """Find the records with ``keys``, of which there may be any number.

    Raises:
        HubSpotError: HubSpot does not answer, or refuses the call.
    """
    if len(keys) <= BATCH_SIZE:
        # not in another thread: only this thread can use a slot that it has reserved
        return read_records(reader, schema, by, keys, ())
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
