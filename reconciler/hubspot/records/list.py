"""Reading all records of a type, in parallel, so that an interrupted reading can go on.

HubSpot lists records by id, page after page, and its cursor is the id of the next record
(https://github.com/scopiousdigital/kalup), although HubSpot does not promise it. Reading one page after the
other makes only a third of the calls that the rate limit allows. So the ids are divided into ranges, which
are read in parallel. First, one call tests whether HubSpot accepts a cursor that it has never returned, and
every answer is checked. If ids do not rise, or a page begins before its range, or HubSpot refuses such a
cursor, everything is read again from the beginning, one page after the other.

Values are read with the page if the names of the properties fit into its URL, otherwise by batch/read, also
in parallel.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from reconciler.errors import RequestRejected, Unavailable
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import READERS
from reconciler.hubspot.records.read import read_records
from reconciler.hubspot.records.responses import Record, RecordPage
from reconciler.hubspot.transport.limits import LONGEST_URL, RECORDS_PER_PAGE
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.definitions import ObjectSchema
from reconciler.model.live import LiveRecord

_FEWEST_PAGES = 4
"""Minimum number of pages that a range must be expected to have before it is divided."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A range of the list that is still to be read: ids from ``start`` to ``end``, without ``end`` itself."""

    start: int = 0
    end: int | None = None  # None: up to the end of the list
    after: str = ""  # HubSpot's cursor of the next page; "" for the first page of the list

    def divided(self, at: int) -> tuple["Segment", "Segment"]:
        """Divide the segment into the ids below ``at``, and the ids from ``at`` on.

        The second segment has the cursor ``at - 1``. So HubSpot returns the record ``at`` in any case: a page
        begins with the id in its cursor, or with the next id.
        """
        return replace(self, end=at), Segment(at, self.end, str(at - 1))


WHOLE = Segment()
"""The whole list."""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some records, and the segments that are still to be read after them."""

    records: Sequence[LiveRecord]
    left: Sequence[Segment]


class _NoOrder(Exception):
    """The list is not sorted by id, or its cursors are not ids."""


def list_records(
    reader: PortalReader,
    schema: ObjectSchema,
    names: Sequence[str],
    segments: Iterable[Segment] = (WHOLE,),
    *,
    highest: int | None = None,
    readers: int = READERS,
) -> Iterator[ListedPage]:
    """Read all live records in ``segments`` with the properties ``names``, in any order.

    ``highest`` is roughly the highest id, used to divide the list; None if unknown.

    A record may come twice. If the caller keeps the records of a page together with the remaining segments,
    reading can go on from there in another process. ``readers`` is the number of threads; with one thread,
    pages come in order of id.

    Raises:
        HubSpotError: HubSpot does not answer.
    """
    segments = tuple(segments)
    if readers > 1:
        try:
            yield from _Listing(reader, schema, names, highest).run(segments, readers)
        except _NoOrder:
            segments = (WHOLE,)
        else:
            return
    yield from _in_turn(reader, schema, names, segments)


def _in_turn(
    reader: PortalReader, schema: ObjectSchema, names: Sequence[str], segments: Sequence[Segment]
) -> Iterator[ListedPage]:
    """Read one page after the other, with the cursors that HubSpot returns."""
    cursors: set[str] = set()
    after = segments[0].after if len(segments) == 1 and segments[0].end is None else ""
    while True:
        page = _page(reader, schema, names, after)
        live = _with_values(reader, schema, names, page)
        if page.after is None:
            yield ListedPage(live, ())
            return
        if page.after in cursors:
            raise Unavailable("HubSpot's list never ends", method="GET", path=schema.path)
        cursors.add(after := page.after)
        yield ListedPage(live, (Segment(after=after),))


class _Listing:
    """Parallel reading of the records of one object type, in several ranges of record ids."""

    def __init__(
        self, reader: PortalReader, schema: ObjectSchema, names: Sequence[str], highest: int | None
    ) -> None:
        self._reader = reader
        self._schema = schema
        self._names = names
        self._highest = highest
        self._waiting: list[Segment] = []
        self._asked: dict[Future[Any], Segment] = {}  # calls under way, for pages or for values of a page
        self._is_proven = False  # whether HubSpot accepted a cursor that it had never returned

    def run(self, segments: Iterable[Segment], readers: int) -> Iterator[ListedPage]:
        self._waiting = list(segments)
        with ThreadPoolExecutor(readers) as pool:
            try:
                while self._waiting or self._asked:
                    while self._waiting and len(self._asked) < readers:
                        segment = self._waiting.pop()
                        self._ask(pool, segment, partial(self._read, segment.after))
                    finished, _ = wait(self._asked, return_when=FIRST_COMPLETED)
                    for future in finished:
                        yield from self._take(pool, readers, future)
            except RequestRejected as error:
                raise _NoOrder from error
            finally:
                for future in self._asked:
                    future.cancel()

    def _ask(self, pool: ThreadPoolExecutor, segment: Segment, question: Callable[[], object]) -> None:
        self._asked[pool.submit(question)] = segment

    def _read(self, after: str) -> RecordPage:
        return _page(self._reader, self._schema, self._names, after)

    def _take(self, pool: ThreadPoolExecutor, readers: int, future: "Future[Any]") -> Iterator[ListedPage]:
        segment, answer = self._asked.pop(future), future.result()
        if not isinstance(answer, RecordPage):
            yield ListedPage(answer, self._left())
            return
        records = _in_range(segment, answer)
        rest = _rest(segment, answer, records)
        if rest is not None:
            idle = readers - len(self._asked) - len(self._waiting)
            parts = _shared(rest, records, self._highest) if idle > 0 else (rest,)
            if len(parts) > 1:
                self._prove_cursors(records)
            self._waiting += parts
        if records and not _fits(self._names):
            page = replace(segment, end=rest.start if rest else segment.end)
            self._ask(pool, page, partial(_values, self._reader, self._schema, self._names, records))
        else:
            yield ListedPage([_live(record, self._names) for record in records], self._left())

    def _prove_cursors(self, records: Sequence[Record]) -> None:
        """Test a cursor that HubSpot has never returned: it must lead to records that we know already.

        Raises:
            _NoOrder: the page begins elsewhere, so reading by ranges would miss records.
        """
        if self._is_proven:
            return
        ids = [int(record.id) for record in records]
        gaps = (at for at in range(1, len(ids)) if ids[at] - ids[at - 1] > 1)
        first = next(gaps, len(ids) // 2)
        page = self._reader.list_page(self._schema.path, str(ids[first] - 1), ())
        found = [int(record.id) for record in page.results if int(record.id) >= ids[first]]
        if found[: len(ids) - first - 1] != ids[first:-1]:
            raise _NoOrder
        self._is_proven = True

    def _left(self) -> tuple[Segment, ...]:
        return (*self._waiting, *self._asked.values())


def _in_range(segment: Segment, page: RecordPage) -> Sequence[Record]:
    """Return the records of a page that belong to its segment.

    Raises:
        _NoOrder: ids do not rise or begin before the segment, or the next cursor is no id or too small.
    """
    try:
        ids = [int(record.id) for record in page.results]
        cursor = None if page.after is None else int(page.after)
    except ValueError:
        raise _NoOrder from None
    is_rising = all(one < other for one, other in pairwise(ids))
    if not is_rising or (ids and ids[0] < segment.start - 1) or (ids and cursor and cursor < ids[-1]):
        raise _NoOrder
    end = segment.end
    return [
        record
        for record, record_id in zip(page.results, ids, strict=True)
        if record_id >= segment.start and (end is None or record_id < end)
    ]


def _rest(segment: Segment, page: RecordPage, records: Sequence[Record]) -> Segment | None:
    """Return the part of ``segment`` after ``page``; None if ``page`` is its last one."""
    if page.after is None or (page.results and int(page.results[-1].id) >= (segment.end or float("inf"))):
        return None
    start = int(records[-1].id) + 1 if records else segment.start
    if segment.end is not None and start >= segment.end:
        return None
    if int(page.after) <= int(segment.after or -1):
        raise _NoOrder
    return Segment(start, segment.end, page.after)


def _shared(rest: Segment, records: Sequence[Record], highest: int | None) -> Sequence[Segment]:
    """Divide ``rest`` in two if it is probably long enough to share it with another thread."""
    end = rest.end if rest.end is not None else highest
    if end is None or len(records) < RECORDS_PER_PAGE // 2:
        return (rest,)
    span = int(records[-1].id) - int(records[0].id) + 1
    if (end - rest.start) // span < _FEWEST_PAGES:
        return (rest,)
    return rest.divided((rest.start + end) // 2)


def _fits(names: Sequence[str]) -> bool:
    return sum(len(name) + 3 for name in names) < LONGEST_URL  # a comma is encoded as %2C


def _page(reader: PortalReader, schema: ObjectSchema, names: Sequence[str], after: str) -> RecordPage:
    return reader.list_page(schema.path, after, names if _fits(names) else ())


def _with_values(
    reader: PortalReader, schema: ObjectSchema, names: Sequence[str], page: RecordPage
) -> Sequence[LiveRecord]:
    if _fits(names) or not page.results:
        return [_live(record, names) for record in page.results]
    return _values(reader, schema, names, page.results)


def _values(
    reader: PortalReader, schema: ObjectSchema, names: Sequence[str], records: Sequence[Record]
) -> Sequence[LiveRecord]:
    """Read the values of listed records; leave out records that were archived since they were listed."""
    ids = [record.id for record in records]
    found = read_records(reader, schema, RECORD_ID, ids, names)
    if found.unanswered:
        raise Unavailable(
            f"HubSpot leaves {len(found.unanswered):,} records out of its answers",
            method="POST",
            path=f"{schema.path}/batch/read",
        )
    return list(found.values())


def _live(record: Record, names: Sequence[str]) -> LiveRecord:
    values = {name: record.properties.get(name) or None for name in names}
    return LiveRecord(RecordId(record.id), values, record.created_at)
