"""One request's view of one portal: an open transaction, the instant, who asks, and in which version."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator import refusals
from reconciler.emulator.calls import NO_USE, Use
from reconciler.emulator.clock import iso
from reconciler.emulator.object_types import ObjectType, custom_type, standard_types
from reconciler.emulator.record_rows import RecordRows
from reconciler.emulator.schema import Definitions, build_definitions
from reconciler.emulator.standard import Body
from reconciler.emulator.storage import Storage
from reconciler.emulator.versions import Version

SCHEMA = "schema"
OWNER = "owner"
NO_TYPE = ""
"""Object type of definitions that belong to the portal as a whole."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who writes, as property history tells it. ``type`` is HubSpot's ``sourceType``."""

    type: str
    id: str | None = None
    label: str | None = None
    user_id: int | None = None

    def body(self) -> dict[str, Any]:
        """As in a version of ``propertiesWithHistory``."""
        body: dict[str, Any] = {"sourceType": self.type}
        if self.id is not None:
            body["sourceId"] = self.id
        if self.label is not None:
            body["sourceLabel"] = self.label
        if self.user_id is not None:
            body["updatedByUserId"] = self.user_id
        return body


class DefinitionCache:
    """Definitions of types as last built, by portal and type; shared by all requests of a process."""

    def __init__(self) -> None:
        self.built: dict[tuple[int, str], tuple[int, Definitions]] = {}


def is_addressed(schema: Body, address: str) -> bool:
    """Whether this custom object schema is meant: by number, by qualified name, or by that without portal."""
    return address in {schema["objectTypeId"], schema["fullyQualifiedName"], f"p_{schema['name']}"}


@dataclass(slots=True)
class Work:
    """What rules work with: everything of one portal at one moment.

    ``at_ms`` is the instant at which everything in this request happens.
    """

    storage: Storage
    cache: DefinitionCache
    portal_id: int
    at_ms: int
    version: Version
    source: Source
    settings: dict[str, Any]
    serial: int
    """Counts changes of definitions, so that other threads and processes notice them."""
    use: Use = NO_USE
    link_to_next: Callable[[str], str] = "?after={}".format
    """The URL of the page after this one, from where it begins."""
    _own: dict[str, Definitions] | None = field(default=None, init=False)
    _owner_ids: frozenset[str] | None = field(default=None, init=False)
    _rows: dict[str, RecordRows] = field(default_factory=dict, init=False)

    @property
    def now(self) -> str:
        """The instant, as the API writes it."""
        return iso(self.at_ms)

    def rows(self, object_type: ObjectType) -> RecordRows:
        """The records of the type."""
        type_id = object_type.type_id
        if type_id not in self._rows:
            self._rows[type_id] = RecordRows(self.storage, self.portal_id, type_id)
        return self._rows[type_id]

    def next_id(self) -> int:
        """A number that no record, pipeline, stage or label of the portal has yet."""
        row = self.storage.row(
            "UPDATE portals SET next_id = next_id + 1 WHERE portal_id = ? RETURNING next_id - 1",
            self.portal_id,
        )
        return int(row[0])

    def skip_ids(self, used: int) -> None:
        """No number up to ``used`` is given out any more."""
        self.storage.run(
            "UPDATE portals SET next_id = max(next_id, ?) WHERE portal_id = ?", used + 1, self.portal_id
        )

    def object_type(self, address: str) -> ObjectType:
        """The type with this number, path name, singular or qualified name; refused when there is none."""
        found = standard_types().get(address.lower())
        if found:
            return found
        for schema in self.stored(SCHEMA, NO_TYPE).values():
            if is_addressed(schema, address) and not schema["archived"]:
                return self.custom_type(schema)
        raise refusals.unknown_type(address)

    def custom_type(self, schema: Body) -> ObjectType:
        """The object type that a custom object schema defines."""
        return custom_type(schema, has_pipelines=bool(self.stored("pipeline", schema["objectTypeId"])))

    def definitions(self, object_type: ObjectType) -> Definitions:
        """What the portal defines for the type."""
        type_id = object_type.type_id
        key = (self.portal_id, type_id)
        if self._own is not None:
            if type_id not in self._own:
                self._own[type_id] = self._build(object_type)
            return self._own[type_id]
        known = self.cache.built.get(key)
        if known and known[0] == self.serial:
            return known[1]
        built = self._build(object_type)
        self.cache.built[key] = (self.serial, built)
        return built

    def _build(self, object_type: ObjectType) -> Definitions:
        rows = self.storage.rows(
            "SELECT kind, name, body FROM definitions WHERE portal_id = ? AND object_type = ? "
            "AND kind IN ('property', 'group', 'pipeline', 'validation') ORDER BY rowid",
            self.portal_id,
            object_type.type_id,
        )
        return build_definitions(object_type, ((kind, name, json.loads(body)) for kind, name, body in rows))

    def stored(self, kind: str, type_id: str) -> dict[str, dict[str, Any]]:
        """What the portal itself stores of one kind for one type, by name, oldest first."""
        rows = self.storage.rows(
            "SELECT name, body FROM definitions "
            "WHERE portal_id = ? AND kind = ? AND object_type = ? ORDER BY rowid",
            self.portal_id,
            kind,
            type_id,
        )
        return {name: json.loads(body) for name, body in rows}

    def owner_ids(self) -> frozenset[str]:
        """The ids of all owners, archived ones too."""
        if self._owner_ids is None:
            self._owner_ids = frozenset(self.stored(OWNER, NO_TYPE))
        return self._owner_ids

    def store(self, kind: str, type_id: str, name: str, body: Body) -> None:
        """Adds or replaces a definition."""
        self.storage.run(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (portal_id, kind, object_type, name) DO UPDATE SET body = excluded.body",
            self.portal_id,
            kind,
            type_id,
            name,
            json.dumps(body, ensure_ascii=False),
        )
        self._changed()

    def unstore(self, kind: str, type_id: str, name: str) -> None:
        """Takes a definition of the portal away; a standard one shows again."""
        self.storage.run(
            "DELETE FROM definitions WHERE portal_id = ? AND kind = ? AND object_type = ? AND name = ?",
            self.portal_id,
            kind,
            type_id,
            name,
        )
        self._changed()

    def _changed(self) -> None:
        # From here on this request builds its own definitions: what it stored may yet be rolled back,
        # and must not reach the cache under a serial that another request will use.
        self._own = {}
        self.storage.run(
            "UPDATE portals SET definitions_serial = definitions_serial + 1 WHERE portal_id = ?",
            self.portal_id,
        )

    def save_settings(self, changes: Mapping[str, Any]) -> None:
        """Changes what holds for the portal as a whole."""
        self.settings = {**self.settings, **changes}
        self.storage.run(
            "UPDATE portals SET settings = ? WHERE portal_id = ?", json.dumps(self.settings), self.portal_id
        )
