"""Records, what identifies them, and their edits, as rows of the storage: no rules."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.storage import Storage


@dataclass(slots=True)
class Record:
    """One record as stored: only properties that have a value, all as text."""

    id: int
    properties: dict[str, str]
    created_ms: int
    updated_ms: int
    archived_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What one write changed: a property that it cleared has the empty text."""

    at_ms: int
    source: Mapping[str, Any]
    changes: Mapping[str, str]


_COLUMNS = "id, properties, created_ms, updated_ms, archived_ms"
# json.dumps would make an encoder for each call.
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_OF_TYPE = "portal_id = ? AND object_type = ?"


class RecordRows:
    """The records of one object type in one portal."""

    def __init__(self, storage: Storage, portal_id: int, type_id: str) -> None:
        self._storage = storage
        self._key = (portal_id, type_id)

    def get(self, record_id: int) -> Record | None:
        """The record, live or archived."""
        row = self._storage.row(
            f"SELECT {_COLUMNS} FROM records WHERE {_OF_TYPE} AND id = ?", *self._key, record_id
        )
        return _record(row) if row else None

    def page(self, first_id: int, limit: int, *, archived: bool) -> list[Record]:
        """Up to ``limit`` records from ``first_id`` on, in order of id."""
        rows = self._storage.rows(
            f"SELECT {_COLUMNS} FROM records WHERE {_OF_TYPE} AND id >= ? "
            f"AND archived_ms IS {'NOT NULL' if archived else 'NULL'} ORDER BY id LIMIT ?",
            *self._key,
            first_id,
            limit,
        )
        return [_record(row) for row in rows]

    def live(self) -> Iterator[Record]:
        """Every record that is not archived, in order of id."""
        rows = self._storage.rows(
            f"SELECT {_COLUMNS} FROM records WHERE {_OF_TYPE} AND archived_ms IS NULL ORDER BY id", *self._key
        )
        return (_record(row) for row in rows)

    def count(self) -> int:
        """How many records are live."""
        (number,) = self._storage.row(
            f"SELECT count(*) FROM records WHERE {_OF_TYPE} AND archived_ms IS NULL", *self._key
        )
        return int(number)

    def put(self, record: Record) -> None:
        """Stores the record as it is now."""
        self._storage.run(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
            *self._key,
            record.id,
            _to_json(record.properties),
            record.created_ms,
            record.updated_ms,
            record.archived_ms,
        )

    def erase(self, record_id: int) -> None:
        """Removes the record with its history and its unique values, for good."""
        for table in ("records", "edits", "unique_values"):
            self._storage.run(f"DELETE FROM {table} WHERE {_OF_TYPE} AND id = ?", *self._key, record_id)

    def forward(self, old_id: int, record_id: int) -> None:
        """From now on ``old_id`` (and what led to it) leads to ``record_id``."""
        self._storage.run(
            f"UPDATE forwards SET id = ? WHERE {_OF_TYPE} AND id = ?", record_id, *self._key, old_id
        )
        self._storage.run(
            "INSERT OR REPLACE INTO forwards VALUES (?, ?, ?, ?)", *self._key, old_id, record_id
        )

    def forwarded(self, old_id: int) -> int | None:
        """The record into which ``old_id`` was merged."""
        row = self._storage.row(
            f"SELECT id FROM forwards WHERE {_OF_TYPE} AND old_id = ?", *self._key, old_id
        )
        return row[0] if row else None

    def holder(self, property_name: str, value: str) -> int | None:
        """Id of the live record that holds this value of a unique property."""
        row = self._storage.row(
            f"SELECT id FROM unique_values WHERE {_OF_TYPE} AND property = ? AND value = ?",
            *self._key,
            property_name,
            value,
        )
        return row[0] if row else None

    def claim(self, record_id: int, property_name: str, values: Iterable[str]) -> None:
        """Makes ``values`` the ones of a unique property that belong to the record, and no others."""
        self.release(record_id, property_name)
        self._storage.run_many(
            "INSERT INTO unique_values VALUES (?, ?, ?, ?, ?)",
            [(*self._key, property_name, value, record_id) for value in values],
        )

    def release(self, record_id: int, property_name: str | None = None) -> None:
        """Frees the record's unique values, or those of one property."""
        condition = "" if property_name is None else " AND property = ?"
        extra = () if property_name is None else (property_name,)
        self._storage.run(
            f"DELETE FROM unique_values WHERE {_OF_TYPE} AND id = ?{condition}", *self._key, record_id, *extra
        )

    def add_edit(self, record_id: int, edit: Edit) -> None:
        """Appends to the record's history."""
        self._storage.run(
            "INSERT INTO edits (portal_id, object_type, id, at_ms, source, changes) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            *self._key,
            record_id,
            edit.at_ms,
            _to_json(edit.source),
            _to_json(edit.changes),
        )

    def edits(self, record_id: int) -> list[Edit]:
        """The record's history, oldest first."""
        rows = self._storage.rows(
            f"SELECT at_ms, source, changes FROM edits WHERE {_OF_TYPE} AND id = ? ORDER BY at_ms, serial",
            *self._key,
            record_id,
        )
        return [Edit(at_ms, json.loads(source), json.loads(changes)) for at_ms, source, changes in rows]


def _record(row: tuple[int, str, int, int, int | None]) -> Record:
    record_id, properties, created_ms, updated_ms, archived_ms = row
    return Record(record_id, json.loads(properties), created_ms, updated_ms, archived_ms)
