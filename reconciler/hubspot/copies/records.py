"""Reading records and associations of a portal for a copy, in chunks, as JSON that the emulator can read."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.associations.read import read_pairs
from reconciler.hubspot.copies.verbatim import VerbatimReader
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import READ_AHEAD, READERS, in_chunks
from reconciler.hubspot.transport.limits import RECORDS_PER_PAGE
from reconciler.json_values import Json
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE, PAIRS_READ
from reconciler.model.definitions import ObjectSchema
from reconciler.model.labels import Label

_Chunk = TypeVar("_Chunk")
_Answer = TypeVar("_Answer")


MOST_ARCHIVED = 2_000
"""Maximum number of archived records of a type that are searched for values that a plan writes.

Reading them takes up to twenty calls.
"""


@dataclass(frozen=True, slots=True)
class WantedRecords:
    """Records of one type to copy: by record id or by a unique property."""

    schema: ObjectSchema
    by: str  # the unique property, or ``RECORD_ID``
    values: Iterable[str]
    names: Sequence[str]  # properties to read
    is_archived: bool = False  # read archived records instead of live ones

    @property
    def calls(self) -> int:
        """Number of calls that read the records; ``values`` must not be an iterator."""
        return -(-len(tuple(self.values)) // BATCH_SIZE)


@dataclass(frozen=True, slots=True)
class WantedPairs:
    """Associations to copy: between some records and records of another type."""

    one: ObjectSchema
    other: ObjectSchema
    ids: Iterable[RecordId]

    @property
    def calls(self) -> int:
        """Number of calls for the first pages of the associations; ``ids`` must not be an iterator."""
        return -(-len(tuple(self.ids)) // PAIRS_READ)


def read_record_chunks(
    reader: PortalReader, wanted: Iterable[WantedRecords]
) -> Iterator[tuple[WantedRecords, list[Json]]]:
    """Read the records of ``wanted``, a hundred in a call; yield them with their item of ``wanted``.

    Some calls are made in advance.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    verbatim = reader.verbatim
    chunks = ((each, chunk) for each in wanted for chunk in in_chunks(iter(each.values), BATCH_SIZE))

    def ask(asked: tuple[WantedRecords, Sequence[str]]) -> tuple[WantedRecords, list[Json]]:
        return asked[0], _records(verbatim, *asked)

    yield from ahead(ask, chunks)


def _records(verbatim: VerbatimReader, wanted: WantedRecords, values: Sequence[str]) -> list[Json]:
    by = None if wanted.by == RECORD_ID else wanted.by
    path = wanted.schema.path
    try:
        return verbatim.records(path, values, wanted.names, id_property=by, is_archived=wanted.is_archived)
    except (NotAllowed, RequestRejected):
        if not wanted.is_archived:
            raise
        return []  # HubSpot cannot find archived records by this property


def read_archived_chunks(
    reader: PortalReader, schema: ObjectSchema, names: Sequence[str]
) -> Iterator[list[Json]]:
    """Read archived records of a type, page by page, up to ``MOST_ARCHIVED`` of them.

    They are listed because neither search nor batch/read is known to find all of them by a value.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    after: str | None = ""
    for _ in range(MOST_ARCHIVED // RECORDS_PER_PAGE):
        try:
            records, after = reader.verbatim.record_page(schema.path, after or "", names, is_archived=True)
        except RequestRejected:
            return  # HubSpot does not list archived records of this type
        yield records
        if after is None:
            return


def read_association_parts(reader: PortalReader, wanted: Iterable[WantedPairs]) -> Iterator[Json]:
    """Yield the associations as parts of a copy. A part has the associations of at most a thousand records.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    for each in wanted:
        for chunk in in_chunks(iter(each.ids), PAIRS_READ):
            live = read_pairs(reader, each.one, each.other, chunk)
            pairs = [
                [one, other, sorted(map(_type, labels))]
                for one, others in live.items()
                for other, labels in others.items()
            ]
            if pairs:
                yield {"associations": [{"from": each.one.path, "to": each.other.path, "pairs": pairs}]}


def _type(label: Label) -> tuple[str, int]:
    return label.type


def ahead(ask: Callable[[_Chunk], _Answer], chunks: Iterable[_Chunk]) -> Iterator[_Answer]:
    """Yield the answer of ``ask`` for each chunk, in order; ask for a limited number of chunks in advance."""
    with ThreadPoolExecutor(READERS) as pool:
        under_way: deque[Future[_Answer]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(ask, chunk))
            if len(under_way) >= READ_AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
