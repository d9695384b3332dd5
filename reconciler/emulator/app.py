"""The emulator as a WSGI application: a request in, one call into a portal, an answer out."""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from reconciler.emulator import access, refusals
from reconciler.emulator.calls import Answer, Call, Reply, Request
from reconciler.emulator.clock import utc_now
from reconciler.emulator.portals import Actor, Portals
from reconciler.emulator.refusals import Refusal
from reconciler.emulator.routes import DATED, Route, all_routes
from reconciler.emulator.storage import Storage
from reconciler.emulator.versions import VERSIONS
from reconciler.emulator.work import Source

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class ConnectionDropped(ConnectionError):
    """The connection closes without an answer: what a server does when it falls over."""


class Emulator:
    """Portals in one SQLite file (None: in memory), and the API that HubSpot would serve for them.

    Safe with several threads, and with several processes on one file. ``now`` is the clock of the portals,
    ``sleep`` passes injected latency (seconds). Raises StorageError.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._storage = Storage(path)
        self._portals = Portals(self._storage, now)
        self._now = now
        self.sleep = sleep
        self._map = _build_map(all_routes())

    def ensure_portal(self, portal_id: int, seed: Mapping[str, object] | None = None) -> bool:
        """Makes the portal unless it exists; True when it was made now. Raises SeedError."""
        return self._portals.ensure(portal_id, seed)

    def reset(self, portal_id: int) -> None:
        """Drops the portal with all it holds."""
        self._portals.reset(portal_id)

    def portal_ids(self) -> tuple[int, ...]:
        """The portals there are, in order."""
        return self._portals.ids()

    def token(self, portal_id: int, scopes: Sequence[str] | None = None) -> str:
        """A token that works; the one with all scopes (None) stays the same. LookupError: no such portal."""
        return self._portals.token(portal_id, scopes)

    def close(self) -> None:
        """No use of this object afterwards."""
        self._storage.close()

    def answer(self, request: Request) -> Answer:
        """Carries out one request."""
        correlation_id = str(uuid.uuid4())
        try:
            reply = self._reply(request)
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.body(correlation_id), refusal.headers)
        content = b"" if reply.body is None else orjson.dumps(reply.body)
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            "Content-Length": str(len(content)),
            "Date": format_datetime(self._now(), usegmt=True),
            "X-HubSpot-Correlation-Id": correlation_id,
            **reply.headers,
        }
        return Answer(reply.status, headers, content)

    def _reply(self, request: Request) -> Reply:
        actor = self._actor(request)
        route, args = self._route(request)
        version = VERSIONS[args.pop("version", "v3")]
        call = Call(args, request.query, _parse_body(request))
        source = Source("INTEGRATION", str(actor.app_id))
        with self._portals.open(actor.portal_id, version, source, write=route.writes) as work:
            access.check(work, route, actor, args)
            return route.endpoint(work, call)

    def _actor(self, request: Request) -> Actor:
        if request.portal_id is not None:
            return self._portals.owner_actor(request.portal_id)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        actor = self._portals.actor(token.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise refusals.unauthenticated()
        return actor

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        try:
            endpoint, args = self._map.bind("").match(request.path, request.method)
        except (NotFound, RequestRedirect):
            raise refusals.not_found() from None
        except MethodNotAllowed:
            raise refusals.method_not_allowed() from None
        return endpoint, dict(args)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """WSGI."""
        answer = self.answer(_request(environ))
        if answer.delay_s:
            self.sleep(answer.delay_s)
        if answer.is_dropped:
            raise ConnectionDropped
        reason = _REASONS.get(answer.status, "Unknown")
        start_response(f"{answer.status} {reason}", list(answer.headers.items()))
        return [answer.content]


def _build_map(routes: Iterable[Route]) -> Map:
    dated = "<any(" + ", ".join(f"'{name}'" for name in DATED) + "):version>"
    return Map(
        [
            Rule(route.path.replace("{dated}", dated), endpoint=route, methods=[route.method])
            for route in routes
        ],
        strict_slashes=False,
    )


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
            key[5:].replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        },
        body=environ["wsgi.input"].read(length) if length else b"",
        is_local=environ.get("REMOTE_ADDR") in {"127.0.0.1", "::1"},
    )


def parse_query(text: str) -> dict[str, tuple[str, ...]]:
    """Values of a query string by name."""
    return {name: tuple(values) for name, values in parse_qs(text, keep_blank_values=True).items()}
