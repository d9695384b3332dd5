"""The context of one request in one portal: transaction, time, sender and version."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from reconciler.emulator import refusals, settling
from reconciler.emulator.calls import NO_USE, Actor, Use
from reconciler.emulator.clock import iso
from reconciler.emulator.guess_settings import Guesses, guesses_of
from reconciler.emulator.object_types import NOT_IMITATED, ObjectType, custom_type, standard_types
from reconciler.emulator.record_rows import RecordRows
from reconciler.emulator.schema import Definitions, build_definitions, with_property
from reconciler.emulator.standard import Body
from reconciler.emulator.storage import Storage
from reconciler.emulator.versions import Version

SCHEMA = "schema"
OWNER = "owner"
NO_TYPE = ""
"""Object type under which definitions of the whole portal are stored."""


@dataclass(frozen=True, slots=True)
class Source:
    """The author of a write, for the property history; ``type`` is HubSpot's ``sourceType``."""

    type: str
    id: str | None = None
    label: str | None = None
    user_id: int | None = None

    def body(self) -> dict[str, Any]:
        """Return the source as ``propertiesWithHistory`` shows it."""
        body: dict[str, Any] = {"sourceType": self.type}
        if self.id is not None:
            body["sourceId"] = self.id
        if self.label is not None:
            body["sourceLabel"] = self.label
        if self.user_id is not None:
            body["updatedByUserId"] = self.user_id
        return body


class DefinitionCache:
    """The definitions of object types, by portal and type; all requests of a process share them."""

    def __init__(self) -> None:
        self.reads = count()
        """Counts reads of schemas: for a while after a change, every second read returns the old version."""
        self.built: dict[tuple[int, str], tuple[int, Definitions]] = {}


def is_addressed(schema: Body, address: str) -> bool:
    """Return whether ``address`` names this custom object schema.

    It may be the type number, the qualified name, or the qualified name without the portal.
    """
    return address in {schema["objectTypeId"], schema["fullyQualifiedName"], f"p_{schema['name']}"}


@dataclass(slots=True)
class Work:
    """Everything that the rules need to know about one portal during one request.

    ``at_ms`` is the time of all changes in this request.
    """

    storage: Storage
    cache: DefinitionCache
    portal_id: int
    at_ms: int
    version: Version
    source: Source
    settings: dict[str, Any]
    observed: Mapping[str, str]
    """HubSpot's observed behaviour, by name of the guess that it replaces; it applies to all portals.

    A guess is the emulator's assumption about undocumented behaviour. The settings of a portal come first.
    """
    serial: int
    """Counter of changes of definitions, by which other threads and processes notice changes."""
    use: Use = NO_USE
    actor: Actor | None = None
    """The app that sent the request; None for seeds and people, who may do everything."""
    lag_ms: int = 0
    """Age in milliseconds of the definitions that this request sees; 0 for all writes."""
    link_to_next: Callable[[str, str | None], str] = "?after={}".format
    """Returns the URL of the next page, given its cursor, and its path (None: that of the request)."""
    _own: dict[str, Definitions] | None = field(default=None, init=False)
    _changed_types: set[str] = field(default_factory=set, init=False)
    _rebuilt_types: set[str] = field(default_factory=set, init=False)
    """Object types whose definitions must all be built again.

    For these types, this request changed definitions that are not properties.
    """
    _owner_ids: frozenset[str] | None = field(default=None, init=False)
    _guesses: Guesses | None = field(default=None, init=False)
    _reserved_ids: Iterator[int] = field(default_factory=lambda: iter(()), init=False)
    _rows: dict[str, RecordRows] = field(default_factory=dict, init=False)

    @property
    def now(self) -> str:
        """The time of the request as the API writes it."""
        return iso(self.at_ms)

    @property
    def guesses(self) -> Guesses:
        """The choice for each guess about HubSpot's behaviour, as this portal uses it."""
        if self._guesses is None:
            self._guesses = guesses_of(self.observed, self.settings["guesses"])
        return self._guesses

    def may(self, any_of: Sequence[str]) -> bool:
        """Return whether the app that sent the request has one of these scopes."""
        return self.actor is None or self.actor.may(any_of)

    def rows(self, object_type: ObjectType) -> RecordRows:
        """Return the records of the type."""
        type_id = object_type.type_id
        if type_id not in self._rows:
            self._rows[type_id] = RecordRows(self.storage, self.portal_id, type_id)
        return self._rows[type_id]

    def next_id(self) -> int:
        """Return a number that no record, pipeline, stage or label of the portal has yet."""
        reserved = next(self._reserved_ids, None)
        return self._take_ids(1) if reserved is None else reserved

    def reserve_ids(self, number: int) -> None:
        """Reserve the next ``number`` ids by one call of the database, instead of one call for each."""
        first = self._take_ids(number)
        self._reserved_ids = iter(range(first, first + number))

    def _take_ids(self, number: int) -> int:
        row = self.storage.row(
            "UPDATE portals SET next_id = next_id + ? WHERE portal_id = ? RETURNING next_id",
            number,
            self.portal_id,
        )
        return int(row[0]) - number

    def skip_ids(self, used: int) -> None:
        """Make ``next_id`` return only numbers above ``used`` from now on."""
        self.storage.run(
            "UPDATE portals SET next_id = max(next_id, ?) WHERE portal_id = ?", used + 1, self.portal_id
        )

    def object_type(self, address: str) -> ObjectType:
        """Return the type with this number, path name, singular or qualified name; refuse an unknown name."""
        found = standard_types().get(address.lower())
        if found:
            return found
        for schema in self._stored(SCHEMA, NO_TYPE).values():
            if is_addressed(schema, address) and not schema["archived"]:
                return self.custom_type(schema)
        if address.lower() in NOT_IMITATED:
            raise refusals.not_imitated(f"the object type {address}")
        raise refusals.unknown_type(address)

    def custom_type(self, schema: Body) -> ObjectType:
        """Return the object type for a custom object schema."""
        return custom_type(schema, has_pipelines=bool(self._stored("pipeline", schema["objectTypeId"])))

    def definitions(self, object_type: ObjectType) -> Definitions:
        """Return the portal's definitions for the type."""
        type_id = object_type.type_id
        if self.lag_ms and self._own is None:
            self._own = {}
        if self._own is not None:
            if type_id not in self._own:
                self._own[type_id] = self._remembered(type_id) or self._build(object_type)
            return self._own[type_id]
        known = self._remembered(type_id)
        if known is not None:
            return known
        built = self._build(object_type)
        self.cache.built[self.portal_id, type_id] = (self.serial, built)
        return built

    def _remembered(self, type_id: str) -> Definitions | None:
        """Return the cached definitions of a type.

        Return None if they have changed since they were cached, or if this request must see older ones.
        """
        known = self.cache.built.get((self.portal_id, type_id))
        is_old = known is None or known[0] != self.serial or type_id in self._changed_types
        return None if is_old or self.lag_ms or known is None else known[1]

    def to_remember(self) -> dict[tuple[int, str], tuple[int, Definitions]]:
        """Return the definitions to put into the cache once this transaction is committed.

        Without this, every change of a property would make the next request build a thousand definitions
        again.
        """
        if not self._changed_types or self._own is None or self.storage.has_undone:
            return {}
        (serial,) = self.storage.row(
            "SELECT definitions_serial FROM portals WHERE portal_id = ?", self.portal_id
        )
        untouched = {
            type_id: known
            for (portal_id, type_id), (of_serial, known) in list(self.cache.built.items())
            if (portal_id, of_serial) == (self.portal_id, self.serial) and type_id not in self._changed_types
        }
        return {
            (self.portal_id, type_id): (serial, known)
            for type_id, known in {**untouched, **self._own}.items()
            if type_id not in self._rebuilt_types
        }

    def _build(self, object_type: ObjectType) -> Definitions:
        if self.lag_ms:
            return build_definitions(
                object_type,
                (
                    (kind, name, body)
                    for kind in ("property", "group", "pipeline", "validation")
                    for type_id, name, body in settling.as_of(self, kind, self.lag_ms)
                    if type_id == object_type.type_id
                ),
            )
        rows = self.storage.rows(
            "SELECT kind, name, body FROM definitions WHERE portal_id = ? AND object_type = ? "
            "AND kind IN ('property', 'group', 'pipeline', 'validation') ORDER BY rowid",
            self.portal_id,
            object_type.type_id,
        )
        return build_definitions(object_type, ((kind, name, json.loads(body)) for kind, name, body in rows))

    def stored(self, kind: str, type_id: str) -> dict[str, dict[str, Any]]:
        """Return the stored definitions of one kind for one type, by name, in the order of their creation."""
        if self.lag_ms:
            found = settling.as_of(self, kind, self.lag_ms)
            return {name: dict(body) for of_type, name, body in found if of_type == type_id}
        return self._stored(kind, type_id)

    def _stored(self, kind: str, type_id: str) -> dict[str, dict[str, Any]]:
        rows = self.storage.rows(
            "SELECT name, body FROM definitions "
            "WHERE portal_id = ? AND kind = ? AND object_type = ? ORDER BY rowid",
            self.portal_id,
            kind,
            type_id,
        )
        return {name: json.loads(body) for name, body in rows}

    def owner_ids(self) -> frozenset[str]:
        """Return the ids of all owners, including archived ones."""
        if self._owner_ids is None:
            self._owner_ids = frozenset(self.stored(OWNER, NO_TYPE))
        return self._owner_ids

    def store(self, kind: str, type_id: str, name: str, body: Body) -> None:
        """Add or replace a definition."""
        settling.remember(self, kind, type_id, name)
        self.storage.run(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (portal_id, kind, object_type, name) DO UPDATE SET body = excluded.body",
            self.portal_id,
            kind,
            type_id,
            name,
            json.dumps(body, ensure_ascii=False),
        )
        self._changed(type_id, body if kind == "property" else None)

    def store_all(self, kind: str, type_id: str, bodies: Mapping[str, Body]) -> None:
        """Add or replace many definitions of one type; later reads see them at once, never old ones."""
        self.storage.run_many(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (portal_id, kind, object_type, name) DO UPDATE SET body = excluded.body",
            [
                (self.portal_id, kind, type_id, name, json.dumps(body, ensure_ascii=False))
                for name, body in bodies.items()
            ],
        )
        self._changed(type_id, None)

    def unstore(self, kind: str, type_id: str, name: str) -> None:
        """Remove a stored definition; a standard definition of the same name becomes visible again."""
        settling.remember(self, kind, type_id, name)
        self.storage.run(
            "DELETE FROM definitions WHERE portal_id = ? AND kind = ? AND object_type = ? AND name = ?",
            self.portal_id,
            kind,
            type_id,
            name,
        )
        self._changed(type_id, None)

    def _changed(self, type_id: str, changed_property: Body | None) -> None:
        # From here on, this request builds its own definitions: its changes may still be rolled back, and
        # must not get into the cache under a serial that another request will use.
        own = {} if self._own is None else self._own
        known = own.pop(type_id, None) or self._remembered(type_id)
        self._changed_types.add(type_id)
        if changed_property is None:
            self._rebuilt_types.add(type_id)
        elif known is not None:
            changed = with_property(known, changed_property)
            if changed is not None:
                own[type_id] = changed
        self._own = own
        self.storage.run(
            "UPDATE portals SET definitions_serial = definitions_serial + 1 WHERE portal_id = ?",
            self.portal_id,
        )

    def save_settings(self, changes: Mapping[str, Any]) -> None:
        """Change settings of the whole portal."""
        self.settings = {**self.settings, **changes}
        self._guesses = None
        self.storage.run(
            "UPDATE portals SET settings = ? WHERE portal_id = ?", json.dumps(self.settings), self.portal_id
        )
