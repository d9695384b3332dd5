"""The portals in one file: creating and deleting them, their tokens, and opening one for a request."""

import json
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from reconciler.emulator import refusals, response_format, seeds
from reconciler.emulator.calls import Actor, Request
from reconciler.emulator.clock import to_ms
from reconciler.emulator.errors import UnknownPortal
from reconciler.emulator.guess_settings import guesses_of
from reconciler.emulator.object_types import all_scopes
from reconciler.emulator.request_context import DefinitionCache, Source, Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.settings import FRESH_SETTINGS
from reconciler.emulator.storage import TABLES, Storage
from reconciler.emulator.versions import VERSIONS, Version

FIRST_ID = 100_000_000_001
"""First id of a new record: above 32 bits and longer than 11 digits, like newer ids of HubSpot."""


class Portals:
    """All portals in one file, with their tokens and definitions."""

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        observed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Open the portals in ``storage``.

        ``observed`` contains HubSpot's observed behaviour, by name of the guess that it replaces. A guess is
        the emulator's assumption about undocumented behaviour. The settings of a portal come first.
        """
        self._observed = observed
        self._storage = storage
        self._now = now
        self._cache = DefinitionCache()

    def ensure(self, portal_id: int, seed: Mapping[str, object] | None) -> bool:
        """Create the portal unless it exists; return True if it was created.

        Raises SeedError; then nothing was created.
        """
        with self._storage.transaction(write=True):
            if self._row(portal_id):
                return False
            self._storage.run(
                "INSERT INTO portals VALUES (?, ?, ?, ?)",
                portal_id,
                "{}",
                # A portal that is deleted and created again must not reuse a serial: another process may
                # still have definitions of the old portal in its cache.
                secrets.randbits(48),
                FIRST_ID,
            )
            work = self._work(portal_id, VERSIONS["v3"], Source("MIGRATION"), to_ms(self._now()))
            app_id = work.next_id()
            work.save_settings({"app_id": app_id})
            self._add_token(portal_id, app_id, None)
            seeds.plant(work, seed or {})
        return True

    def reset(self, portal_id: int) -> None:
        """Delete the portal and everything in it."""
        with self._storage.transaction(write=True):
            for table in TABLES:
                self._storage.run(f"DELETE FROM {table} WHERE portal_id = ?", portal_id)

    def ids(self) -> tuple[int, ...]:
        """Return the ids of the portals, in ascending order."""
        with self._storage.transaction(write=False):
            return tuple(row[0] for row in self._storage.rows("SELECT portal_id FROM portals ORDER BY 1"))

    def search_lag_s(self, portal_id: int) -> float:
        """Return by how many seconds searches lag behind the records; 0 if the portal does not exist."""
        with self._storage.transaction(write=False):
            row = self._row(portal_id)
        settings = {**FRESH_SETTINGS, **json.loads(row[0])} if row else {"search_lag_ms": 0}
        return float(settings["search_lag_ms"]) / 1000

    def token(self, portal_id: int, scopes: Sequence[str] | None) -> str:
        """Return a valid token; for all scopes (None), it is always the same token."""
        with self._storage.transaction(write=True):
            if scopes is None:
                row = self._storage.row(
                    "SELECT token FROM tokens WHERE portal_id = ? AND scopes IS NULL", portal_id
                )
                if row is None:
                    raise UnknownPortal(f"there is no portal {portal_id}")
                return str(row[0])
            work = self._work(portal_id, VERSIONS["v3"], Source("API"), to_ms(self._now()))
            return self._add_token(portal_id, work.next_id(), scopes)

    def _add_token(self, portal_id: int, app_id: int, scopes: Sequence[str] | None) -> str:
        token = f"pat-na1-{uuid.uuid4()}"
        granted = None if scopes is None else json.dumps(sorted(scopes))
        self._storage.run("INSERT INTO tokens VALUES (?, ?, ?, ?)", token, portal_id, app_id, granted)
        return token

    def actor(self, token: str) -> Actor | None:
        """Return the app to which a token belongs; None if the token is unknown."""
        with self._storage.transaction(write=False):
            row = self._storage.row("SELECT portal_id, app_id, scopes FROM tokens WHERE token = ?", token)
        if row is None:
            return None
        portal_id, app_id, scopes = row
        return Actor(portal_id, app_id, None if scopes is None else frozenset(json.loads(scopes)))

    def bearer(self, request: Request) -> Actor | None:
        """Return the app to which the token in a request belongs; None without a valid token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.actor(token.strip()) if scheme.lower() == "bearer" else None

    def owner_actor(self, portal_id: int) -> Actor:
        """Return the app that has all scopes, for requests that need no token. Raises UnknownPortal."""
        with self._storage.transaction(write=False):
            row = self._row(portal_id)
        if row is None:
            raise UnknownPortal(f"there is no portal {portal_id}")
        return Actor(portal_id, json.loads(row[0])["app_id"], None)

    def token_info(self, body: object, portal_id: int | None) -> Json:
        """Serve ``POST /oauth/v2/private-apps/get/access-token-info``: portal, app and scopes of a token.

        For requests from the same process, any text counts as a token of the request's portal.
        """
        token = response_format.as_text(response_format.as_object(body).get("tokenKey"), "tokenKey")
        actor = self.actor(token)
        if actor is None and portal_id is not None:
            actor = self.owner_actor(portal_id)
        if actor is None:
            raise refusals.Refusal(
                int(guesses_of(self._observed).unknown_token), "there is no such token", category=None
            )
        scopes = all_scopes() if actor.scopes is None else actor.scopes
        return {"hubId": actor.portal_id, "userId": 1, "appId": actor.app_id, "scopes": sorted(scopes)}

    @contextmanager
    def open(
        self, portal_id: int, version: Version, source: Source, *, write: bool, skew: timedelta = timedelta()
    ) -> Iterator[Work]:
        """Open one transaction on a portal; ``skew`` shifts its clock."""
        with self._storage.transaction(write=write):
            work = self._work(portal_id, version, source, to_ms(self._now() + skew))
            yield work
            known = work.to_remember()
        self._cache.built.update(known)

    def _row(self, portal_id: int) -> Any:
        return self._storage.row(
            "SELECT settings, definitions_serial FROM portals WHERE portal_id = ?", portal_id
        )

    def _work(self, portal_id: int, version: Version, source: Source, at_ms: int) -> Work:
        row = self._row(portal_id)
        if row is None:
            raise UnknownPortal(f"there is no portal {portal_id}")
        stored, serial = row
        settings = {**FRESH_SETTINGS, **json.loads(stored)}
        return Work(
            storage=self._storage,
            cache=self._cache,
            portal_id=portal_id,
            at_ms=at_ms,
            version=version,
            source=source,
            settings=settings,
            observed=self._observed,
            serial=serial,
        )
