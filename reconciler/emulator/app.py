"""The emulator as a WSGI application: each request becomes one call of a portal and one answer."""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import orjson

from reconciler.emulator import (
    access,
    copies,
    field_types,
    injection,
    persons,
    records,
    refusals,
    request_body,
    required_fields,
    welcome,
)
from reconciler.emulator.calls import Actor, Answer, Call, Reply, Request
from reconciler.emulator.clock import utc_now
from reconciler.emulator.control import PREFIX, Control
from reconciler.emulator.errors import EmulatorError, StorageError
from reconciler.emulator.faults import Effects, Fault, Kind, Switchboard
from reconciler.emulator.limits import Meter
from reconciler.emulator.portals import Portals
from reconciler.emulator.refusals import Refusal
from reconciler.emulator.request_context import Source
from reconciler.emulator.routes import Route
from reconciler.emulator.routing import find_route, shown
from reconciler.emulator.storage import Storage
from reconciler.emulator.versions import VERSIONS

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - a path, no password
_LOG = logging.getLogger(__name__)
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class ConnectionDropped(ConnectionError):
    """An exception that makes the server close the connection without an answer, as if it had crashed."""


class Emulator:
    """Portals in one SQLite file (None: in memory), with the API that HubSpot would serve for them.

    Several threads may use one object, and several processes one file. ``now`` is the clock of the portals,
    ``sleep`` waits for injected latency (seconds). ``observed`` says what HubSpot does where the
    emulator has to guess (see ``observations``); the settings of a portal override it. Raises StorageError.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        observed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.sleep = sleep
        self._now = now
        self._storage = Storage(path)
        self._meter = Meter()
        self._portals = Portals(self._storage, now, observed)
        self._switchboard = Switchboard()
        self._control = Control(self._portals, self._switchboard)

    def ensure_portal(self, portal_id: int, seed: Mapping[str, object] | None = None) -> bool:
        """Create the portal unless it exists; return True if it was created now. Raises SeedError."""
        return self._portals.ensure(portal_id, seed)

    def plant(self, portal_id: int, part: Mapping[str, Any]) -> list[str]:
        """Store a part of a copy of another portal; return sentences about things that are not imitated.

        ``docs/emulator.md`` describes the format ("Copies"). Raises SeedError, UnknownPortal.
        """
        with self._portals.open(portal_id, VERSIONS["v3"], Source("MIGRATION"), write=True) as work:
            return copies.plant(work, part)

    def count(self, portal_id: int, object_name: str) -> int:
        """Count the live records of a type. Raises UnknownPortal."""
        with self._portals.open(portal_id, VERSIONS["v3"], Source("API"), write=False) as work:
            return work.rows(work.object_type(object_name)).count()

    def record_ids(self, portal_id: int, object_name: str, first: int, limit: int = 1000) -> list[int]:
        """Return up to ``limit`` ids of live records in order, from ``first`` on. Raises UnknownPortal."""
        with self._portals.open(portal_id, VERSIONS["v3"], Source("API"), write=False) as work:
            page = work.rows(work.object_type(object_name)).page(first, limit, archived=False)
            return [record.id for record in page]

    def reset(self, portal_id: int) -> None:
        """Delete the portal and everything in it."""
        self._portals.reset(portal_id)

    def portal_ids(self) -> tuple[int, ...]:
        """Return the ids of the portals, in ascending order."""
        return self._portals.ids()

    def token(self, portal_id: int, scopes: Sequence[str] | None = None) -> str:
        """Return a valid token; for all scopes (None), it is always the same token. Raises UnknownPortal."""
        return self._portals.token(portal_id, scopes)

    def search_lag_s(self, portal_id: int) -> float:
        """Return by how many seconds searches of the portal lag behind its records."""
        return self._portals.search_lag_s(portal_id)

    def edit(
        self,
        portal_id: int,
        address: tuple[str, str, bool],
        properties: Mapping[str, str],
        *,
        name: str | None = None,
        archives: bool = False,
    ) -> str:
        """Edit a record as the person called ``name`` does on HubSpot's pages; return the record's id.

        ``address`` contains the object type, a value, and whether the value is the record's id (True) or that
        of a unique property. Raises EmulatorError, with HubSpot's message if HubSpot would refuse the edit.
        """
        object_name, value, is_id = address
        try:
            with self._portals.open(portal_id, VERSIONS["v3"], Source("CRM_UI"), write=True) as work:
                work.source = persons.person(work, name)
                object_type = work.object_type(object_name)
                record = (
                    request_body.require(work, object_type, value, None)
                    if is_id
                    else persons.find(work, object_type, value)
                )
                if archives:
                    records.archive(work, object_type, str(record.id))
                else:
                    given = persons.as_stored(work, object_type, record, properties)
                    records.update(work, object_type, record, given)
                return str(record.id)
        except Refusal as refusal:
            raise EmulatorError(persons.details_of(refusal)) from None

    def add_fault(self, fault: Fault) -> int:
        """Switch a fault on, for this emulator object only; return the number of the fault."""
        return self._switchboard.add(fault)

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self._switchboard.clear()

    def close(self) -> None:
        """Close the file; the emulator cannot be used afterwards."""
        self._storage.close()

    def answer(self, request: Request) -> Answer:
        """Carry out one request and return the answer."""
        correlation_id = str(uuid.uuid4())
        effects = Effects()
        try:
            if request.method in {"GET", "HEAD"} and request.path == "/":
                reply = welcome.reply()
            elif request.path == PREFIX or request.path.startswith(f"{PREFIX}/"):
                reply = self._control.reply(request, _parse_body(request))
            elif request.path == TOKEN_INFO:
                reply = Reply(200, self._portals.token_info(_parse_body(request), request.portal_id))
            else:
                # The path comes first: calls that are not imitated may have a form as body, or no token.
                route, version, args = find_route(request.method, request.path)
                actor = self._actor(request)
                _check_content_type(request)
                body = _parse_body(request)
                call = Call(args, request.query, body, len(request.body), VERSIONS[version])
                effects = self._strike(request, route, actor, body)
                reply = self._reply(request, route, actor, call, effects)
        except Refusal as refusal:
            if refusal.category == refusals.NOT_IMITATED:  # logged, too: some clients hide the answer
                _LOG.warning("not imitated: %s %s", request.method, shown(request.path))
            reply = Reply(refusal.status, refusal.body(correlation_id), refusal.headers)
        except StorageError as error:
            _LOG.error("%s", error)
            failed = Refusal(500, f"The emulator's {error}", "INTERNAL_ERROR")
            reply = Reply(failed.status, failed.body(correlation_id))
        return injection.outgoing(effects, self._pack(reply, correlation_id, effects))

    def _actor(self, request: Request) -> Actor:
        if request.portal_id is not None:
            return self._portals.owner_actor(request.portal_id)
        actor = self._portals.bearer(request)
        if actor is None:
            raise refusals.unauthenticated()
        return actor

    def _strike(self, request: Request, route: Route, actor: Actor, body: Any) -> Effects:
        def texts() -> frozenset[str]:
            return injection.texts_of(body) if route.writes else frozenset()

        return self._switchboard.strike(request.method, request.path, actor.portal_id, texts)

    def _reply(self, request: Request, route: Route, actor: Actor, call: Call, effects: Effects) -> Reply:
        if effects.first(Kind.DROP_BEFORE):
            return Reply(204)
        instead = injection.before(effects)
        if instead:
            return instead
        source = Source("INTEGRATION", str(actor.app_id))
        skew = timedelta(seconds=effects.skew_s())
        with self._portals.open(actor.portal_id, call.version, source, write=route.writes, skew=skew) as work:
            work.link_to_next, work.actor = request.link_to_next, actor
            work.lag_ms = access.lag_ms(work, route)
            is_search = route.operation == "search"
            use = work.use = self._meter.count(
                actor, work.settings, work.guesses, self._now(), is_search=is_search
            )
            try:
                access.check(work, route, actor, call.args)
                required_fields.check(route.endpoint, call.body)
                if route.writes and route.rule in {"schemas", "custom"}:
                    call = replace(call, body=field_types.converted(call.body))
                reply = route.endpoint(work, call)
            except Refusal as refusal:
                refusal.headers = {**use.headers, **refusal.headers}
                raise
        return Reply(reply.status, injection.distort(effects, reply.body), {**use.headers, **reply.headers})

    def _pack(self, reply: Reply, correlation_id: str, effects: Effects) -> Answer:
        if isinstance(reply.body, bytes):
            content = reply.body
        else:
            content = b"" if reply.body is None else orjson.dumps(reply.body)
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            "Content-Length": str(len(content)),
            "Date": format_datetime(self._now() + timedelta(seconds=effects.skew_s()), usegmt=True),
            "X-HubSpot-Correlation-Id": correlation_id,
            **reply.headers,
        }
        return Answer(reply.status, headers, content)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """Serve one WSGI request.

        If a fault drops the connection, raise ConnectionDropped so that the server closes it.
        """
        answer = self.answer(_request(environ))
        if answer.delay_s:
            self.sleep(answer.delay_s)
        if answer.is_dropped:
            raise ConnectionDropped
        reason = _REASONS.get(answer.status, "Unknown")
        start_response(f"{answer.status} {reason}", list(answer.headers.items()))
        return [answer.content]


def _check_content_type(request: Request) -> None:
    if request.body and "json" not in request.headers.get("content-type", "json").lower():
        raise refusals.unsupported_media_type()


def _parse_body(request: Request) -> Any:
    if not request.body:
        return None
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise refusals.malformed_body(
            f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None


def _request(environ: dict[str, Any]) -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace"),
        query=parse_query(environ.get("QUERY_STRING", "")),
        headers={
            key.removeprefix("HTTP_").replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_") or (key == "CONTENT_TYPE" and value)
        },
        body=environ["wsgi.input"].read(length) if length else b"",
        host_url=f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', '')}",
        is_local=_is_loopback(environ.get("REMOTE_ADDR", "")),
        is_in_process=False,
    )


def _is_loopback(address: str) -> bool:
    """Return whether ``address`` belongs to this machine; False if it is no address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def parse_query(text: str) -> dict[str, tuple[str, ...]]:
    """Return the values of a query string by name."""
    return {name: tuple(values) for name, values in parse_qs(text, keep_blank_values=True).items()}
