"""The calls that search for records by the values of their properties.

A search does not see the latest changes of records. So code that needs the current values reads the found
records again, or searches again some seconds later.

Source: https://developers.hubspot.com/docs/api-reference/search/guide.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.hubspot.records.responses import FoundBody, Record
from reconciler.hubspot.transport.api_versions import Paths
from reconciler.hubspot.transport.call_result import Request, Success
from reconciler.hubspot.transport.caller import Caller, error_for
from reconciler.model.calls import BATCH_SIZE


class RecordSearches:
    """Searches for records of a type. Thread-safe; every method may raise ``HubSpotError``."""

    def __init__(self, caller: Caller, paths: Paths) -> None:
        self._caller = caller
        self._paths = paths

    def find_holders(
        self, object_path: str, name: str, value: str | None, lacking: str | None = None
    ) -> FoundBody:
        """Search for records with ``value`` in a property; None: with any value in it.

        For a multiple choice, one matching value is enough. ``lacking`` is a property that must be empty in
        these records. The answer contains their number, and up to 100 of them.
        """
        filters = [_holding(name, value)]
        if lacking is not None:
            filters.append(_empty(lacking))
        return self._search(object_path, filters, limit=BATCH_SIZE, properties=[name])

    def all_holders(self, object_path: str, name: str, value: str | None) -> Iterator[Record]:
        """Search for all records with ``value`` in a property, sorted by id; None: with any value in it.

        A search returns at most 10,000 records, so each search begins after the last id of the previous one.
        """
        last = "0"
        while True:
            beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
            filters = [_holding(name, value), beyond]
            results = self._search(
                object_path, filters, limit=BATCH_SIZE, sorts=[_by_id("ASCENDING")]
            ).results
            if not results or int(results[-1].id) <= int(last):
                return
            yield from results
            last = results[-1].id

    def count_without(self, object_path: str, name: str) -> int:
        """Search for the number of records without a value in a property."""
        return self._search(object_path, [_empty(name)]).total

    def count_records(self, object_path: str) -> FoundBody:
        """Search for the number of records of a type, and for the record with the highest id.

        The number is only good for showing progress and dividing work.
        """
        return self._search(object_path, sorts=[_by_id("DESCENDING")])

    def _search(
        self,
        object_path: str,
        filters: list[Mapping[str, str]] | None = None,
        *,
        limit: int = 1,
        sorts: list[Mapping[str, str]] | None = None,
        properties: list[str] | None = None,
    ) -> FoundBody:
        body: dict[str, Any] = {"limit": limit, "properties": properties or []}
        if filters:
            body["filterGroups"] = [{"filters": filters}]  # all of them must match
        if sorts:
            body["sorts"] = sorts
        request = Request("POST", self._paths.search(object_path), body=body)
        exchange = self._caller.ask(request, FoundBody.read)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)


def _holding(name: str, value: str | None) -> Mapping[str, str]:
    operator = {"operator": "HAS_PROPERTY"} if value is None else {"operator": "EQ", "value": value}
    return {"propertyName": name} | operator


def _empty(name: str) -> Mapping[str, str]:
    return {"propertyName": name, "operator": "NOT_HAS_PROPERTY"}


def _by_id(direction: str) -> Mapping[str, str]:
    return {"propertyName": "hs_object_id", "direction": direction}
