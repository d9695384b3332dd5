"""The calls that read a portal: one method for each endpoint. Code that only reads gets no writer."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import httpx

from reconciler.errors import Unavailable
from reconciler.hubspot.answers import BatchQuestion, BatchReadResult, PortalAnswers, RecordAnswers
from reconciler.hubspot.associations.responses import (
    AssociationLimitBody,
    AssociationLimitPage,
    AssociationsBody,
    AssociationsPage,
    LabelBody,
    LabelPage,
)
from reconciler.hubspot.copies.verbatim import VerbatimReader
from reconciler.hubspot.definitions.reader import DefinitionReader
from reconciler.hubspot.portal.responses import (
    AccountBody,
    EnablementBody,
    OwnerBody,
    OwnerPage,
    PipelineBody,
    PipelinePage,
    PropertyBody,
    PropertyPage,
    SchemaBody,
    SchemaPage,
    TokenBody,
    UsageBody,
    UsagePage,
)
from reconciler.hubspot.records.responses import (
    BatchBody,
    ListAnswer,
    ListBody,
    MemberPage,
    Record,
    RecordPage,
)
from reconciler.hubspot.records.search import RecordSearches
from reconciler.hubspot.transport.api_versions import paths_of
from reconciler.hubspot.transport.call_result import (
    AnswerT,
    Decoder,
    Request,
    Success,
)
from reconciler.hubspot.transport.caller import Caller, error_for
from reconciler.hubspot.transport.error_details import named_ids, named_sources
from reconciler.hubspot.transport.limits import MEMBERS_PER_PAGE, OWNERS_PER_PAGE, RECORDS_PER_PAGE
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.transport.responses import ErrorBody

_PARTIAL = 207
_NOT_FOUND = 404
_INTROSPECTION = "/oauth/v2/private-apps/get/access-token-info"
_NO_SUCH_RECORD = "OBJECT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class AssociationReadResult:
    """The answer of batch/read of associations, in HubSpot's order; some records may be missing in it."""

    pages: Sequence[AssociationsBody]
    alone: Sequence[str]  # ids of records that HubSpot reports as having no associations


class PortalReader:
    """Everything that planning reads from a portal. Thread-safe; every method may raise ``HubSpotError``.

    Account, definitions and owners are read once: all readers with the same ``answers`` share them. A reader
    with new ``answers`` reads them again.
    """

    def __init__(
        self, http: httpx.Client, version: str, pacer: RateLimiter, answers: PortalAnswers | None = None
    ) -> None:
        self.version = version
        self._paths = paths_of(version)
        self._pacer = pacer
        self._caller = Caller(http, pacer)
        self._answers = answers or PortalAnswers()
        self._records: RecordAnswers | None = None

    def keeping_records(self) -> Self:
        """Return a reader that keeps all records that it reads, and reads none twice.

        Use it for few records.
        """
        other = copy(self)
        other._records = RecordAnswers()  # noqa: SLF001 - same class
        return other

    def begin(self, object_paths: Iterable[str]) -> None:
        """Start reading the account and the property definitions of types.

        Later, ``account`` and ``properties`` return these answers.
        """
        decoders: dict[str, Decoder[Any]] = {self._paths.account: AccountBody.read}
        decoders |= dict.fromkeys(map(self._paths.properties, object_paths), PropertyPage.read)
        self._answers.begin({path: partial(self._ask, path, decode) for path, decode in decoders.items()})

    @property
    def calls(self) -> int:
        """Number of calls so far, including repetitions."""
        return self._caller.calls

    @property
    def daily_remaining(self) -> int | None:
        """Number of calls that the portal has left today; None if no answer has told it yet."""
        return self._pacer.daily_remaining

    def least_seconds(self, calls: int) -> float:
        """Return the fewest seconds that ``calls`` calls take; 0 if one window of the rate limit suffices."""
        return self._pacer.least_seconds(calls)

    @property
    def definitions(self) -> DefinitionReader:
        """The calls that read definitions anew, without kept answers."""
        return DefinitionReader(self._caller, self._paths)

    @property
    def searches(self) -> RecordSearches:
        """The calls that search for records by their values."""
        return RecordSearches(self._caller, self._paths)

    @property
    def verbatim(self) -> VerbatimReader:
        """The calls whose answers are kept as HubSpot sends them, for copies."""
        return VerbatimReader(self._caller, self._paths)

    def account(self) -> AccountBody:
        """Read the account to which the token belongs."""
        return self._ask_once(self._paths.account, AccountBody.read)

    def token(self, token: str) -> TokenBody:
        """Read to which portal ``token`` belongs, and its scopes.

        This works for tokens of service keys and private apps.

        Source: https://developers.hubspot.com/docs/guides/apps/private-apps/overview (token information).
        """
        request = Request("POST", _INTROSPECTION, body={"tokenKey": token})
        exchange = self._caller.ask(request, TokenBody.read)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)

    def daily_usage(self) -> tuple[UsageBody, ...]:
        """Read how much of the daily limit is used.

        HubSpot counts only private apps, with minutes of delay.
        """
        return self._ask(self._paths.daily_usage, UsagePage.read).results

    def properties(self, object_path: str) -> tuple[PropertyBody, ...]:
        """Read the definitions of a type's properties; HubSpot leaves out properties with sensitive data."""
        return self._ask_once(self._paths.properties(object_path), PropertyPage.read).results

    def pipelines(self, object_path: str) -> tuple[PipelineBody, ...]:
        """Read the pipelines of a type, with their stages."""
        return self._ask_once(self._paths.pipelines(object_path), PipelinePage.read).results

    def schemas(self) -> tuple[SchemaBody, ...]:
        """Read all custom object types."""
        return self._ask_once(self._paths.schemas, SchemaPage.read).results

    def owners(self, *, archived: bool = False) -> tuple[OwnerBody, ...]:
        """Read all active owners, or all archived owners, once."""
        known = self._answers.owners
        if archived not in known:
            known[archived] = self._read_owners(archived=archived)
        return known[archived]

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
        """Read up to 100 records by record id, or by the unique property ``id_property``.

        If ``with_history`` names properties whose history is read, too, the limit is 50 records.
        """
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
        if self._records is None:
            return self._read_batch(request, ids)
        asked = frozenset(ids), frozenset(properties), frozenset(with_history)
        question = BatchQuestion(object_path, id_property, is_archived, *asked)
        return self._records.once(question, lambda: self._read_batch(request, ids))

    def _read_batch(self, request: Request, ids: Sequence[str]) -> BatchReadResult:
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
        """Read the types of association from records of the first type to records of the other."""
        return self._ask(self._paths.labels(object_path, other_path), LabelPage.read).results

    def all_association_limits(self) -> tuple[AssociationLimitBody, ...]:
        """Read all limits that the portal has set on associations; the answer does not name object types."""
        return self._ask(self._paths.all_association_limits, AssociationLimitPage.read).results

    def association_limits(self, object_path: str, other_path: str) -> tuple[AssociationLimitBody, ...]:
        """Read how many records of the other type one record may be associated with, by label."""
        path = self._paths.association_limits(object_path, other_path)
        return self._ask(path, AssociationLimitPage.read).results

    def read_pairs(
        self, object_path: str, other_path: str, inputs: Sequence[Mapping[str, str]]
    ) -> AssociationReadResult:
        """Read the associations of up to 1,000 records, by id.

        ``after`` in an input asks for its next page.
        """
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
        """Return whether the portal has activated a type; only some types need activation."""
        return self._ask_once(self._paths.enablement(type_number), EnablementBody.read).enablement

    def has_records(self, object_path: str) -> bool:
        """Return whether the portal has any record of a type."""
        return bool(self._ask(self._paths.records(object_path), BatchBody.read, {"limit": "1"}).results)

    def list_page(self, object_path: str, after: str, properties: Sequence[str]) -> RecordPage:
        """Read one page of a type's live records, from the cursor ``after`` on ("" for the first page)."""
        asked = {"limit": str(RECORDS_PER_PAGE), "properties": ",".join(properties)}
        asked |= {"after": after} if after else {}
        return self._ask(self._paths.records(object_path), RecordPage.read, asked)

    def seeing_changes(self) -> Self:
        """Return a reader that reads account and definitions again, and keeps the new answers."""
        other = copy(self)
        other._answers = PortalAnswers()  # noqa: SLF001 - same class
        return other

    def find_list(self, type_number: str, called: str) -> ListBody | None:
        """Read the list of records whose id or name is ``called``; None if there is none."""
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
        """Read one page of the members of a list, from the cursor ``after`` on (None for the first page)."""
        asked = {"limit": str(MEMBERS_PER_PAGE)} | ({"after": after} if after else {})
        return self._ask(self._paths.list_members(list_id), MemberPage.read, asked)

    def record(self, object_path: str, record_id: str, properties: Sequence[str]) -> Record | None:
        """Read one record by its id.

        Return None if there is no such record. For a merged record, HubSpot returns its survivor.

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
        return self._answers.once(path, lambda: self._ask(path, decode))

    def _ask(self, path: str, decode: Decoder[AnswerT], params: Mapping[str, str] | None = None) -> AnswerT:
        request = Request("GET", path, params or {})
        exchange = self._caller.ask(request, decode)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)


def _is_about_missing(error: ErrorBody) -> bool:
    return error.category == _NO_SUCH_RECORD or (error.category is None and bool(named_ids(error)))
