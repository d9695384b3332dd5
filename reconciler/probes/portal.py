"""A test account for probes, and the calls to it.

Before a probe creates anything, the thing is written to a file (``made_list``), so that it can be removed
later even if the program is killed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from reconciler.errors import NotAllowed
from reconciler.hubspot.transport.api_versions import Paths, paths_of
from reconciler.hubspot.transport.call_result import RateHeaders, Request, Success
from reconciler.hubspot.transport.caller import Caller
from reconciler.hubspot.transport.responses import InvalidResponse
from reconciler.model.calls import Call
from reconciler.probes.made_list import Made, MadeList

PREFIX = "reconciler_probe"
"""The prefix of the names of everything that probes create."""

COMPANIES, CONTACTS, DEALS = "companies", "contacts", "deals"
KEY = f"{PREFIX}_key"
KEYS: Mapping[str, str] = {COMPANIES: KEY, CONTACTS: "email"}
"""The property by which the records of a type are found again."""

_CONFLICT = 409


class NotAsked(Exception):
    """Raised if a probe cannot ask its question.

    For example, HubSpot refuses a call that must come first. The text of the error has the reason. It
    contains no data of the portal.
    """


@dataclass(frozen=True, slots=True)
class Reply:
    """HubSpot's answer to one call; ``body`` is empty if HubSpot refused the call."""

    status: int
    body: Mapping[str, Any]
    pace: RateHeaders

    @property
    def is_success(self) -> bool:
        """Whether the call was carried out."""
        return 200 <= self.status < 300  # noqa: PLR2004 - that is what success means

    def results(self) -> Sequence[Mapping[str, Any]]:
        """Return the results of a batch."""
        return [item for item in self.body.get("results", ()) if isinstance(item, dict)]

    def errors(self) -> Sequence[Any]:
        """Return the errors beside the results of a batch."""
        return list(self.body.get("errors") or ())


class ProbedPortal:
    """A test account.

    Archived things of earlier runs still exist. So new things get unique names, which contain ``run``.
    """

    def __init__(
        self, caller: Caller, version: str, made: MadeList, run: str, pause: Callable[[], None]
    ) -> None:
        self.paths: Paths = paths_of(version)
        self.pause = pause
        """Waits until HubSpot has computed the values of new records and the next write gets a later time."""
        self._caller = caller
        self._made = made
        self._run = run
        self._serial = 0

    def name(self, text: str) -> str:
        """Return a name that only this run uses."""
        self._serial += 1
        return f"{PREFIX}_{self._run}_{self._serial}_{text}"

    def email(self) -> str:
        """Return an e-mail address that only this run uses."""
        return f"{self.name('contact')}@example.com"

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        is_write: bool | None = None,
    ) -> Reply:
        """Make one call; for a POST that only reads, pass ``is_write=False``.

        Raises:
        HubSpotError: HubSpot does not answer.
        """
        writes = method != "GET" if is_write is None else is_write
        exchange = self._caller.ask(Request(method, path, params or {}, body, writes), _object)
        if isinstance(exchange, Success):
            return Reply(exchange.status, exchange.value, exchange.pace)
        return Reply(exchange.status, {}, exchange.pace)

    def make(self, things: Sequence[Made], path: str, body: Any) -> Reply:
        """Add things to the list of created things, then create them.

        If HubSpot refuses the call, the things are taken off the list. After a conflict, the things stay on
        the list, because they exist already.
        """
        self._made.add(*things)
        try:
            reply = self.send("POST", path, body)
        except NotAllowed:
            self._made.take_back(*things)
            raise
        if not reply.is_success and reply.status != _CONFLICT:
            self._made.take_back(*things)
        return reply

    def create(self, object_name: str, key: str, **properties: str) -> Reply:
        """Create one record with this key."""
        given = {KEYS[object_name]: key, **_named(object_name, key), **properties}
        thing = Made("record", object_name, key)
        reply = self.make([thing], self.paths.records(object_name), {"properties": given})
        if reply.is_success:
            self._made.add(Made("id", object_name, str(reply.body["id"])))
        return reply

    def created(self, object_name: str, key: str, **properties: str) -> str:
        """Create one record with this key and return its id; raise ``NotAsked`` if HubSpot refuses it."""
        reply = self.create(object_name, key, **properties)
        if not reply.is_success:
            raise NotAsked(f"a record of {object_name} was refused with {reply.status}")
        return str(reply.body["id"])

    def create_many(self, object_name: str, inputs: Sequence[Mapping[str, Any]]) -> Reply:
        """Create records in one batch; each input must contain the key property."""
        keys = [str(item["properties"][KEYS[object_name]]) for item in inputs]
        things = [Made("record", object_name, key) for key in keys]
        return self.make(things, self.paths.batch(object_name, Call.CREATE), {"inputs": list(inputs)})

    def change(self, object_name: str, record_id: str, **properties: str | None) -> Reply:
        """Change one record."""
        return self.send("PATCH", self.paths.record(object_name, record_id), {"properties": properties})

    def archive(self, object_name: str, record_id: str) -> None:
        """Archive one record; raise ``NotAsked`` if HubSpot refuses it."""
        path = self.paths.batch(object_name, Call.ARCHIVE)
        reply = self.send("POST", path, {"inputs": [{"id": record_id}]})
        if not reply.is_success:
            raise NotAsked(f"archiving a record was refused with {reply.status}")

    def value(self, object_name: str, record_id: str, name: str) -> str | None:
        """Return one live value of a record, None if it is empty; raise ``NotAsked`` if it cannot be read."""
        path = self.paths.record(object_name, record_id)
        reply = self.send("GET", path, params={"properties": name})
        if not reply.is_success:
            raise NotAsked(f"a record could not be read ({reply.status})")
        value = reply.body["properties"].get(name)
        return None if value is None else str(value)

    def read_many(self, object_name: str, ids: Sequence[str], *, by: str | None = None) -> Reply:
        """Read records by id, or by the property ``by``."""
        body: dict[str, Any] = {"inputs": [{"id": each} for each in ids], "properties": [KEYS[object_name]]}
        if by is not None:
            body["idProperty"] = by
        return self.send("POST", self.paths.batch_read(object_name), body, is_write=False)

    def merged(self, object_name: str, primary: str, other: str) -> None:
        """Merge two records into one; raise ``NotAsked`` if HubSpot refuses it."""
        path = f"{self.paths.records(object_name)}/merge"
        reply = self.send("POST", path, {"primaryObjectId": primary, "objectIdToMerge": other})
        if not reply.is_success:
            raise NotAsked(f"merging two records was refused with {reply.status}")

    def define(self, name: str, **fields: Any) -> None:
        """Create a property of companies unless it exists; raise ``NotAsked`` if HubSpot refuses it."""
        reply = self.create_property(name, **fields)
        if reply.is_success:
            return
        path = self.paths.property_definition(COMPANIES, name)
        if reply.status != _CONFLICT or not self.send("GET", path).is_success:
            raise NotAsked(f"a property was refused with {reply.status}")

    def create_property(self, name: str, **fields: Any) -> Reply:
        """Create a property of companies, and return the answer."""
        body = {"name": name, "label": name, "groupName": "companyinformation", **fields}
        return self.make([Made("property", COMPANIES, name)], self.paths.properties(COMPANIES), body)


def _named(object_name: str, key: str) -> Mapping[str, str]:
    return {"name": key} if object_name == COMPANIES else {}


def _object(body: bytes) -> Mapping[str, Any]:
    """Decode the body of a successful answer; an empty body gives an empty object."""
    try:
        value = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        raise InvalidResponse("no JSON") from None
    if not isinstance(value, dict):
        raise InvalidResponse("no JSON object")
    return value
