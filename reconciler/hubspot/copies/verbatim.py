"""The calls for a copy: their answers are kept as HubSpot sends them, so that nothing is lost.

None of these calls writes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from reconciler.errors import NotAllowed, RequestRejected, Unavailable
from reconciler.hubspot.definitions.reader import NOT_SENSITIVE
from reconciler.hubspot.transport.api_versions import Paths
from reconciler.hubspot.transport.call_result import Decoder, Request, Success
from reconciler.hubspot.transport.caller import Caller, error_for
from reconciler.hubspot.transport.limits import OWNERS_PER_PAGE, RECORDS_PER_PAGE
from reconciler.hubspot.transport.responses import InvalidResponse
from reconciler.json_values import Json

_NOT_FOUND = 404


def _object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InvalidResponse: the body is not a JSON object.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidResponse(str(error)) from None
    if not isinstance(found, dict):
        raise InvalidResponse("an object is expected")
    return found


def _page(body: bytes) -> dict[str, Any]:
    """Read a JSON object with ``results``, which must all be objects.

    Raises:
        InvalidResponse: the body is not such an object.
    """
    found = _object(body)
    results = found.get("results")
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise InvalidResponse("a list of objects is expected at results")
    return found


class VerbatimReader:
    """Reads everything that a copy contains. Thread-safe; every method may raise ``HubSpotError``."""

    def __init__(self, caller: Caller, paths: Paths) -> None:
        self._caller = caller
        self._paths = paths

    def account(self) -> Json:
        """Read the account."""
        return self._ask(Request("GET", self._paths.account), _object)

    def owners(self, *, is_archived: bool) -> list[Json]:
        """Read all active owners, or all archived owners; none if the token may not see them."""
        params = {"limit": str(OWNERS_PER_PAGE), "archived": str(is_archived).lower()}
        return self._optional(self._paths.owners, params)

    def schemas(self) -> list[Json]:
        """Read all custom object types; none if the token may not see them."""
        return self._optional(self._paths.schemas)

    def properties(self, object_path: str, sensitivity: str, *, is_archived: bool) -> list[Json]:
        """Read the properties of one sensitivity, active or archived; none if the token may not see them."""
        path = self._paths.properties(object_path)
        params = {"dataSensitivity": sensitivity, "archived": str(is_archived).lower()}
        if sensitivity == NOT_SENSITIVE and not is_archived:
            return list(self._ask(Request("GET", path, params), _page)["results"])
        return self._optional(path, params)

    def groups(self, object_path: str) -> list[Json]:
        """Read the property groups of a type."""
        return self._optional(self._paths.groups(object_path))

    def pipelines(self, object_path: str) -> list[Json]:
        """Read the pipelines of a type, with their stages."""
        return list(self._ask(Request("GET", self._paths.pipelines(object_path)), _page)["results"])

    def validations(self, object_path: str) -> list[Json]:
        """Read the rules for values of a type's properties; none if HubSpot does not tell them."""
        return self._optional(self._paths.validations(object_path))

    def association_limits(self, object_path: str, other_path: str) -> list[Json]:
        """Read the portal's limits on associations between two types; none if HubSpot does not tell them."""
        return self._optional(self._paths.association_limits(object_path, other_path))

    def usage(self, feature: str) -> Json | None:
        """Read the limit for ``feature`` and how much of it is used; None if HubSpot does not tell."""
        try:
            return self._ask(Request("GET", self._paths.usage(feature)), _object)
        except (NotAllowed, RequestRejected):
            return None

    def records(
        self,
        object_path: str,
        ids: Sequence[str],
        properties: Sequence[str],
        *,
        id_property: str | None = None,
        is_archived: bool = False,
    ) -> list[Json]:
        """Read up to 100 records by record id or by a unique property; leave out missing ones.

        If the answer has fewer records and reports no error, make the same call once more.
        """
        body: Json = {"inputs": [{"id": id_} for id_ in ids], "properties": list(properties)}
        body |= {"propertiesWithHistory": []} | ({"idProperty": id_property} if id_property else {})
        params = {"archived": "true"} if is_archived else {}
        request = Request("POST", self._paths.batch_read(object_path), params, body=body)
        found, is_complete = self._batch(request, len(ids))
        return found if is_complete else self._batch(request, len(ids))[0]

    def _batch(self, request: Request, count: int) -> tuple[list[Json], bool]:
        exchange = self._caller.ask(request, _page)
        if isinstance(exchange, Success):
            results = exchange.value["results"]
            return list(results), bool(exchange.value.get("errors")) or len(results) == count
        if exchange.status == _NOT_FOUND:
            return [], True
        raise error_for(request, exchange.status, exchange.error)

    def record_page(
        self, object_path: str, after: str, properties: Sequence[str], *, is_archived: bool = False
    ) -> tuple[list[Json], str | None]:
        """Read the page of a type's records at cursor ``after``.

        Return it with the cursor of the next page.
        """
        params = {"limit": str(RECORDS_PER_PAGE), "properties": ",".join(properties)}
        params |= {"archived": "true"} if is_archived else {}
        params |= {"after": after} if after else {}
        page = self._ask(Request("GET", self._paths.records(object_path), params), _page)
        return list(page["results"]), _cursor(page)

    def _optional(self, path: str, params: Mapping[str, str] | None = None) -> list[Json]:
        """Read all pages of a list.

        Return nothing if the token may not see it, or the portal has no such list.
        """
        found: list[Json] = []
        after: str | None = None
        seen: set[str] = set()
        while True:
            cursor = {"after": after} if after else {}
            try:
                page = self._ask(Request("GET", path, {**(params or {}), **cursor}), _page)
            except (NotAllowed, RequestRejected):
                return found
            found += page["results"]
            after = _cursor(page)
            if after is None:
                return found
            if after in seen:
                raise Unavailable("HubSpot's list never ends", method="GET", path=path)
            seen.add(after)

    def _ask(self, request: Request, decode: Decoder[dict[str, Any]]) -> dict[str, Any]:
        exchange = self._caller.ask(request, decode)
        if isinstance(exchange, Success):
            return exchange.value
        raise error_for(request, exchange.status, exchange.error)


def _cursor(page: Mapping[str, Any]) -> str | None:
    following = (page.get("paging") or {}).get("next") or {}
    return following.get("after")
