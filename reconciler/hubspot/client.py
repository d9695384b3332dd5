"""The API client: one method for each endpoint.

Code that only reads gets a ``PortalReader``, which cannot write.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

from reconciler.errors import HubSpotError, NotAllowed, RequestRejected, Unavailable
from reconciler.hubspot.transport.api_versions import paths_of
from reconciler.hubspot.transport.call_result import (
    AnswerT,
    CallResult,
    Decoder,
    ErrorResponse,
    Request,
    Success,
)
from reconciler.hubspot.transport.connection import send_once
from reconciler.hubspot.transport.error_details import explain, missing_scopes, named_ids, named_sources
from reconciler.hubspot.transport.limits import MEMBERS_PER_PAGE, OWNERS_PER_PAGE, RECORDS_PER_PAGE
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.transport.responses import (
    AccountBody,
    AssociationLimitBody,
    AssociationLimitPage,
    AssociationsBody,
    AssociationsPage,
    BatchBody,
    EnablementBody,
    ErrorBody,
    FoundBody,
    LabelBody,
    LabelPage,
    ListAnswer,
    ListBody,
    MemberPage,
    OwnerBody,
    OwnerPage,
    PairsBody,
    PipelineBody,
    PipelinePage,
    PropertyBody,
    PropertyPage,
    Record,
    RecordPage,
    SchemaBody,
    SchemaPage,
)
from reconciler.invisible_characters import visible
from reconciler.model.calls import Call

_PARTIAL = 207
_NOT_FOUND = 404
_NO_SUCH_RECORD = "OBJECT_NOT_FOUND"
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class BatchReadResult:
    """The answer of batch/read, in HubSpot's order and perhaps incomplete."""

    records: Sequence[Record]
    missing: Sequence[str]  # ids that do not exist according to HubSpot, in its spelling


@dataclass(frozen=True, slots=True)
class AssociationReadResult:
    """The answer of batch/read of associations, in HubSpot's order and perhaps incomplete."""

    pages: Sequence[AssociationsBody]
    alone: Sequence[str]  # ids of records that have no associations according to HubSpot


class _Counter:
    """Shared counter of calls. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0

    def add_one(self) -> None:
        """Count one more call."""
        with self._lock:
            self.calls += 1


class _Caller:
    """Makes calls and counts them. Thread-safe."""

    def __init__(
        self,
        http: httpx.Client,
        pacer: RateLimiter,
        may_send: Callable[[], None] = lambda: None,
        before_sending: Callable[[], None] | None = None,
        counter: _Counter | None = None,
    ) -> None:
        self._http = http
        self._pacer = pacer
        self._may_send = may_send
        self._before_sending = before_sending
        self._counter = counter or _Counter()

    @property
    def calls(self) -> int:
        """Number of calls so far, by this object and by those derived from it."""
        return self._counter.calls

    def reserve_slot(self) -> AbstractContextManager[None]:
        """See ``RateLimiter.reserve_slot``."""
        return self._pacer.reserve_slot()

    def asking(self, may_send: Callable[[], None]) -> "_Caller":
        """Return a caller that calls ``may_send`` before every call."""
        return _Caller(self._http, self._pacer, may_send, self._before_sending, self._counter)

    def notifying(self, before_sending: Callable[[], None]) -> "_Caller":
        """Return a caller that calls ``before_sending`` for every call that leaves."""
        return _Caller(self._http, self._pacer, self._may_send, before_sending, self._counter)

    def time_there(self) -> datetime | None:
        """See ``RateLimiter.time_there``."""
        return self._pacer.time_there()

    def ask(self, request: Request, decode: Decoder[AnswerT]) -> Success[AnswerT] | ErrorResponse:
        """Make the call; raise a 403, and return other refusals."""

        def once() -> CallResult[AnswerT]:
            self._may_send()
            self._counter.add_one()
            return send_once(self._http, request, decode, self._before_sending)

        exchange = self._pacer.run(request, once)
        if isinstance(exchange, ErrorResponse) and exchange.status == _FORBIDDEN:
            raise error_for(request, exchange.status, exchange.error)
        return exchange


class PortalReader:
    """Everything that planning reads from a portal. Thread-safe; every method may raise ``HubSpotError``.

    Account, definitions and owners are read once. A new reader sees later changes of them.
    """

    def __init__(self, http: httpx.Client, version: str, pacer: RateLimiter) -> None:
        self.version = version
        self._paths = paths_of(version)
        self._pacer = pacer
        self._caller = _Caller(http, pacer)
        self._asking = threading.Lock()
        self._asked: dict[str, Future[Any]] = {}  # calls for account and definitions, by path
        self._owners: dict[bool, tuple[OwnerBody, ...]] = {}  # by whether they are archived

    def begin(self, object_paths: Iterable[str]) -> None:
        """Start reading the account and the definitions of types; later calls get these answers."""
        decoders: dict[str, Decoder[Any]] = {self._paths.account: AccountBody.read}
        decoders |= dict.fromkeys(map(self._paths.properties, object_paths), PropertyPage.read)
        pool = ThreadPoolExecutor(len(decoders))
        with self._asking:
            for path in decoders.keys() - self._asked.keys():
                self._asked[path] = pool.submit(self._ask, path, decoders[path])
        pool.shutdown(wait=False)

    @property
    def calls(self) -> int:
        """Number of calls so far, including repeated ones."""
        return self._caller.calls

    @property
    def daily_remaining(self) -> int | None:
        """Number of calls that the portal has left today; None if HubSpot has not said."""
        return self._pacer.daily_remaining

    def least_seconds(self, calls: int) -> float:
        """Return the least time that so many calls take at the portal's limit, starting with a full burst."""
        return self._pacer.least_seconds(calls)

    def account(self) -> AccountBody:
        """Read the account, that is, the portal of the token."""
        return self._ask_once(self._paths.account, AccountBody.read)

    def properties(self, object_path: str) -> tuple[PropertyBody, ...]:
        """Read the definitions of a type's properties; HubSpot leaves out those with sensitive data."""
        return self._ask_once(self._paths.properties(object_path), PropertyPage.read).results

    def pipelines(self, object_path: str) -> tuple[PipelineBody, ...]:
        """Read the pipelines of a type, with their stages."""
        return self._ask_once(self._paths.pipelines(object_path), PipelinePage.read).results

    def schemas(self) -> tuple[SchemaBody, ...]:
        """Read all custom object types."""
        return self._ask_once(self._paths.schemas, SchemaPage.read).results

    def owners(self, *, archived: bool = False) -> tuple[OwnerBody, ...]:
        """Read all active owners, or all archived ones, once."""
        if archived not in self._owners:
            self._owners[archived] = self._read_owners(archived=archived)
        return self._owners[archived]

    def _read_owners(self, *, archived: bool) -> tuple[OwnerBody, ...]:
        asked = {"limit": str(OWNERS_PER_PAGE)} | ({"archived": "true"} if archived else {})
        owners: list[OwnerBody] = []
        after: str | None = None
        seen: set[str] = set()
        while after not in seen:
            cursor = {} if after is None else {"after": after}
            page = self._ask(self._paths.owners, OwnerPage.read, asked | cursor)
            owners += page.results
            if page.after is None:
                return tuple(owners)
            seen |= {after} if after else set()
            after = page.after
        raise Unavailable("HubSpot's list of owners never ends", method="GET", path=self._paths.owners)

    def batch_read(
        self,
        object_path: str,
        ids: Sequence[str],
        *,
        properties: Sequence[str],
        with_history: Sequence[str] = (),
        id_property: str | None = None,
        is_archived: bool = False,
    ) -> BatchReadResult:
        """Read records by record id or unique property ``id_property``: at most 100, 50 ``with_history``."""
        body: dict[str, Any] = {
            "inputs": [{"id": id_} for id_ in ids],
            "properties": list(properties),
            "propertiesWithHistory": list(with_history),
        }
        if id_property is not None:
            body["idProperty"] = id_property
        request = Request(
            "POST",
            self._paths.batch_read(object_path),
            params={"archived": "true"} if is_archived else {},
            body=body,
        )
        exchange = self._caller.ask(request, BatchBody.read)
        if isinstance(exchange, Success):
            for error in exchange.value.errors:
                if not _is_about_missing(error):
                    raise error_for(request, _PARTIAL, error)
            missing = [id_ for error in exchange.value.errors for id_ in named_ids(error)]
            is_about_one = len(ids) == 1 and exchange.value.errors and not exchange.value.results
            return BatchReadResult(exchange.value.results, missing or (ids if is_about_one else ()))
        if exchange.status == _NOT_FOUND and exchange.error.category == _NO_SUCH_RECORD:
            return BatchReadResult((), named_ids(exchange.error) or ids)
        raise error_for(request, exchange.status, exchange.error)

    def labels(self, object_path: str, other_path: str) -> tuple[LabelBody, ...]:
        """Read the labels that records of the first type can have for records of the other."""
        return self._ask(self._paths.labels(object_path, other_path), LabelPage.read).results

    def all_association_limits(self) -> tuple[AssociationLimitBody, ...]:
        """Read all limits that the portal sets on associations; they do not name their object types."""
        return self._ask(self._paths.all_association_limits, AssociationLimitPage.read).results

    def association_limits(self, object_path: str, other_path: str) -> tuple[AssociationLimitBody, ...]:
        """Read the limits on associations of one record with records of the other type, by label."""
        path = self._paths.association_limits(object_path, other_path)
        return self._ask(path, AssociationLimitPage.read).results

    def read_pairs(
        self, object_path: str, other_path: str, inputs: Sequence[Mapping[str, str]]
    ) -> AssociationReadResult:
        """Read the associations of records by id, from ``after`` on; at most 1,000."""
        path = self._paths.pairs_read(object_path, other_path)
        request = Request("POST", path, body={"inputs": list(inputs)})
        exchange = self._caller.ask(request, AssociationsPage.read)
        if isinstance(exchange, Success):
            for error in exchange.value.errors:
                if error.category != _NO_SUCH_RECORD:
                    raise error_for(request, _PARTIAL, error)
            alone = [id_ for error in exchange.value.errors for id_ in named_sources(error)]
            return AssociationReadResult(exchange.value.results, alone)
        if exchange.status == _NOT_FOUND and exchange.error.category == _NO_SUCH_RECORD:
            return AssociationReadResult(
                (), named_sources(exchange.error) or [input_["id"] for input_ in inputs]
            )
        raise error_for(request, exchange.status, exchange.error)

    def is_enabled(self, type_number: str) -> bool:
        """Return whether the portal has activated a type that needs activation."""
        return self._ask_once(self._paths.enablement(type_number), EnablementBody.read).enablement

    def has_records(self, object_path: str) -> bool:
        """Return whether the portal has any record of a type."""
        return bool(self._ask(self._paths.records(object_path), BatchBody.read, {"limit": "1"}).results)

    def list_page(self, object_path: str, after: str, properties: Sequence[str]) -> RecordPage:
        """Read one page of a type's live records, from the cursor ``after`` on ("": the first page)."""
        asked = {"limit": str(RECORDS_PER_PAGE), "properties": ",".join(properties)}
        asked |= {"after": after} if after else {}
        return self._ask(self._paths.records(object_path), RecordPage.read, asked)

    def count_records(self, object_path: str) -> FoundBody:
        """Ask the search index how many records a type has, and which has the highest id.

        The index lags behind: the answer is good for progress and for dividing work, and for nothing else.
        """
        newest = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
        body = {"limit": 1, "sorts": newest, "properties": []}
        request = Request("POST", self._paths.search(object_path), body=body)
        exchange = self._caller.ask(request, FoundBody.read)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)

    def find_list(self, type_number: str, called: str) -> ListBody | None:
        """Read the list of records that has the id or the name ``called``; None if there is none."""
        by_name = self._paths.list_by_name(type_number, called)
        paths = [self._paths.list_by_id(called), by_name] if called.isdecimal() else [by_name]
        for path in paths:
            request = Request("GET", path)
            exchange = self._caller.ask(request, ListAnswer.read)
            if isinstance(exchange, Success):
                return exchange.value.list
            if exchange.status != _NOT_FOUND:
                raise error_for(request, exchange.status, exchange.error)
        return None

    def list_members(self, list_id: str, after: str | None) -> MemberPage:
        """Read one page of the records in a list, from the cursor ``after`` on (None: the first page)."""
        asked = {"limit": str(MEMBERS_PER_PAGE)} | ({"after": after} if after else {})
        return self._ask(self._paths.list_members(list_id), MemberPage.read, asked)

    def record(self, object_path: str, record_id: str, properties: Sequence[str]) -> Record | None:
        """Read one record by its id, or return None. The id of a merged record leads to its survivor.

        Source:
        https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
        """
        request = Request(
            "GET", self._paths.record(object_path, record_id), {"properties": ",".join(properties)}
        )
        exchange = self._caller.ask(request, Record.read)
        if isinstance(exchange, Success):
            return exchange.value
        if exchange.status == _NOT_FOUND:
            return None
        raise error_for(request, exchange.status, exchange.error)

    def _ask_once(self, path: str, decode: Decoder[AnswerT]) -> AnswerT:
        """Return the answer of the first call to ``path``; a call that failed is made again."""
        with self._asking:
            asked: Future[AnswerT] | None = self._asked.get(path)
            is_first = asked is None
            if asked is None:
                asked = self._asked[path] = Future()
        try:
            if is_first:
                asked.set_result(self._ask(path, decode))
            return asked.result()
        except BaseException as error:
            if is_first:
                asked.set_exception(error)
            with self._asking:
                self._asked.pop(path, None)
            raise

    def _ask(self, path: str, decode: Decoder[AnswerT], params: Mapping[str, str] | None = None) -> AnswerT:
        request = Request("GET", path, params or {})
        exchange = self._caller.ask(request, decode)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)


class PortalWriter:
    """The calls that change records. Thread-safe; every method may raise ``HubSpotError``."""

    def __init__(self, http: httpx.Client, version: str, pacer: RateLimiter) -> None:
        self._paths = paths_of(version)
        self._caller = _Caller(http, pacer)

    def asking(self, may_send: Callable[[], None]) -> Self:
        """Return a writer that calls ``may_send`` right before every call; it raises to prevent the call."""
        other = copy(self)
        other._caller = self._caller.asking(may_send)  # noqa: SLF001 - it is ours
        return other

    def notifying(self, before_sending: Callable[[], None]) -> Self:
        """Return a writer that calls ``before_sending`` for every call before HubSpot can act on it."""
        other = copy(self)
        other._caller = self._caller.notifying(before_sending)  # noqa: SLF001 - it is ours
        return other

    def time_there(self) -> datetime | None:
        """Return the earliest time that HubSpot's clock can show now; None before the first answer."""
        return self._caller.time_there()

    def reserve_slot(self) -> AbstractContextManager[None]:
        """Let writes of this thread follow right after its reads, for a reader with the same rate limiter."""
        return self._caller.reserve_slot()

    @property
    def calls(self) -> int:
        """Number of calls so far, including repeated ones."""
        return self._caller.calls

    def write(
        self, object_path: str, call: Call, inputs: Sequence[Mapping[str, Any]]
    ) -> BatchBody | ErrorResponse:
        """Send one batch unchanged; refusals are part of the returned answer.

        Raises:
            NotAllowed: the token is refused or lacks a scope; nothing was written.
            Unavailable: HubSpot kept answering "later"; nothing was written.
            NoAnswer: all of it, some of it or nothing may have been written.
        """
        request = Request(
            "POST", self._paths.batch(object_path, call), body={"inputs": inputs}, is_write=True
        )
        decode = BatchBody.read_or_empty if call is Call.ARCHIVE else BatchBody.read
        exchange = self._caller.ask(request, decode)
        return exchange.value if isinstance(exchange, Success) else exchange

    def write_pairs(
        self, object_path: str, other_path: str, call: Call, inputs: Sequence[Mapping[str, Any]]
    ) -> PairsBody | ErrorResponse:
        """Send one batch of associations from records of the first type to records of the other."""
        path = self._paths.pairs(object_path, other_path, call)
        request = Request("POST", path, body={"inputs": inputs}, is_write=True)
        exchange = self._caller.ask(request, PairsBody.read_or_empty)
        return exchange.value if isinstance(exchange, Success) else exchange


def _is_about_missing(error: ErrorBody) -> bool:
    return error.category == _NO_SUCH_RECORD or (error.category is None and bool(named_ids(error)))


def error_for(request: Request, status: int, error: ErrorBody) -> HubSpotError:
    """Convert a refusal to the error that it means for the whole run."""
    kind: type[HubSpotError] = RequestRejected
    said = explain(error) or f"HubSpot answered {status}"
    if status == _FORBIDDEN:
        kind = NotAllowed
        scopes = [visible(scope) for scope in missing_scopes(error)]
        said = f"the token lacks a scope: {' or '.join(scopes)}" if scopes else f"HubSpot forbids it: {said}"
    return kind(
        said,
        method=request.method,
        path=request.path,
        status=status,
        category=error.category,
        correlation_id=error.correlation_id,
    )
