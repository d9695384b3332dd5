"""Reading all records of a type, in parallel, so that an interrupted reading can go on.

HubSpot lists records by id, page after page, and its cursor is the id of the next record
(https://github.com/scopiousdigital/kalup; HubSpot calls the cursor opaque). One page after the other takes
three times as long as the limit of calls allows, so the ids are divided into ranges that are read side by
side. One call proves first that any id is taken as a cursor, and every answer is checked. If ids do not rise,
or a page begins before its range, or HubSpot refuses a cursor that it has not given out, everything is read
again from the beginning, one page after the other.

Values come with the page if their names fit into its address, otherwise by batch/read, also in parallel.
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
"""Pages that a range probably has, for it to be divided."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the list that is still to be read: ids from ``start`` on, below ``end``."""

    start: int = 0
    end: int | None = None  # None: to the end of the list
    after: str = ""  # HubSpot's cursor for its next page; "": the beginning of the list

    def divided(self, at: int) -> tuple["Segment", "Segment"]:
        """Divide it at an id; the cursor before an id is right whether HubSpot includes it or not."""
        return replace(self, end=at), Segment(at, self.end, str(at - 1))


WHOLE = Segment()
"""The whole list."""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some records, and everything that is still to be read after them."""

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
    """Read all live records in ``segments`` with the properties ``names``, in no order.

    ``highest`` is about the highest id, for dividing the list; None: unknown.

    A record may come twice. If the caller keeps the records of a page together with the remaining segments,
    reading can go on from there in another process. With one of ``readers``, pages come in order of id.

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
    """Read one page after the other, by HubSpot's cursors alone."""
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
    """The reading of several segments side by side."""

    def __init__(
        self, reader: PortalReader, schema: ObjectSchema, names: Sequence[str], highest: int | None
    ) -> None:
        self._reader = reader
        self._schema = schema
        self._names = names
        self._highest = highest
        self._waiting: list[Segment] = []
        self._asked: dict[Future[Any], Segment] = {}  # pages, and values of pages, that are under way
        self._is_proven = False  # whether HubSpot takes any id as a cursor

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
        """Ask once for a page whose beginning is known, by a cursor that HubSpot has not given out.

        Raises:
            _NoOrder: it begins elsewhere, so that ranges would lose records.
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
        _NoOrder: ids do not rise, begin before the segment, or lead to another cursor than an id.
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
    """Return the part of ``segment`` after a page; None if the page is its last one."""
    if page.after is None or (page.results and int(page.results[-1].id) >= (segment.end or float("inf"))):
        return None
    start = int(records[-1].id) + 1 if records else segment.start
    if segment.end is not None and start >= segment.end:
        return None
    if int(page.after) <= int(segment.after or -1):
        raise _NoOrder
    return Segment(start, segment.end, page.after)


def _shared(rest: Segment, records: Sequence[Record], highest: int | None) -> Sequence[Segment]:
    """Divide ``rest`` in two if there is probably enough to read for another thread."""
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
    """Read the values of listed records; a record that was archived in between is left out."""
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
