"""Records, their unique values and their edits, as rows of the storage. HubSpot's rules are elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from reconciler.emulator.storage import Storage


@dataclass(slots=True)
class Record:
    """One stored record; its properties are texts, and properties without a value are left out."""

    id: int
    properties: dict[str, str]
    created_ms: int
    updated_ms: int
    archived_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """The values that one write changed, by property; "" for a cleared property."""

    at_ms: int
    source: Mapping[str, Any]
    changes: Mapping[str, str]


_COLUMNS = "id, properties, created_ms, updated_ms, archived_ms"
_OF_TYPE = "portal_id = ? AND object_type = ?"


class RecordRows:
    """The records of one object type in one portal."""

    def __init__(self, storage: Storage, portal_id: int, type_id: str) -> None:
        self._storage = storage
        self._key = (portal_id, type_id)

    def get(self, record_id: int) -> Record | None:
        """Return the record with this id, live or archived; None if there is none."""
        row = self._storage.row(
            f"SELECT {_COLUMNS} FROM records WHERE {_OF_TYPE} AND id = ?", *self._key, record_id
        )
        return _record(row) if row else None

    def page(self, first_id: int, limit: int, *, archived: bool) -> list[Record]:
        """Return up to ``limit`` records from ``first_id`` on, in order of id."""
        rows = self._storage.rows(
            f"SELECT {_COLUMNS} FROM records WHERE {_OF_TYPE} AND id >= ? "
            f"AND archived_ms IS {'NOT NULL' if archived else 'NULL'} ORDER BY id LIMIT ?",
            *self._key,
            first_id,
            limit,
        )
        return [_record(row) for row in rows]

    def live(self) -> Iterator[Record]:
        """Yield every record that is not archived, in order of id."""
        rows = self._storage.rows(
            f"SELECT {_COLUMNS} FROM records WHERE {_OF_TYPE} AND archived_ms IS NULL ORDER BY id", *self._key
        )
        return (_record(row) for row in rows)

    def count(self) -> int:
        """Count the live records."""
        (number,) = self._storage.row(
            f"SELECT count(*) FROM records WHERE {_OF_TYPE} AND archived_ms IS NULL", *self._key
        )
        return int(number)

    def put(self, record: Record) -> None:
        """Store the record, replacing an earlier version."""
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
        """Delete the record for good, with its history and its unique values."""
        for table in ("records", "edits", "unique_values"):
            self._storage.run(f"DELETE FROM {table} WHERE {_OF_TYPE} AND id = ?", *self._key, record_id)

    def forget(self, property_name: str) -> None:
        """Remove all values of a property from the records of the type."""
        self._storage.run(
            f"UPDATE records SET properties = json_remove(properties, ?) WHERE {_OF_TYPE}",
            f'$."{property_name}"',
            *self._key,
        )

    def forward(self, old_id: int, record_id: int) -> None:
        """Make ``old_id``, and ids that already lead to it, lead to ``record_id`` from now on."""
        self._storage.run(
            f"UPDATE forwards SET id = ? WHERE {_OF_TYPE} AND id = ?", record_id, *self._key, old_id
        )
        self._storage.run(
            "INSERT OR REPLACE INTO forwards VALUES (?, ?, ?, ?)", *self._key, old_id, record_id
        )

    def forwarded(self, old_id: int) -> int | None:
        """Return the id of the record into which ``old_id`` was merged; None if it was not merged."""
        row = self._storage.row(
            f"SELECT id FROM forwards WHERE {_OF_TYPE} AND old_id = ?", *self._key, old_id
        )
        return row[0] if row else None

    def holder(self, property_name: str, value: str) -> int | None:
        """Return the id of the record that has this value of a unique property; None if none has it."""
        row = self._storage.row(
            f"SELECT id FROM unique_values WHERE {_OF_TYPE} AND property = ? AND value = ?",
            *self._key,
            property_name,
            value,
        )
        return row[0] if row else None

    def claim(
        self, record_id: int, property_name: str, values: Iterable[str], *, is_new: bool = False
    ) -> tuple[str, int] | None:
        """Store ``values`` as the values of a unique property of the record.

        If another record has one of them, return that value and the other record's id; the caller must then
        undo the write. Otherwise return None. ``is_new``: the record has no stored values yet.
        """
        if not is_new:
            self.release(record_id, property_name)
        for value in values:
            row = (*self._key, property_name, value, record_id)
            if not self._storage.run("INSERT OR IGNORE INTO unique_values VALUES (?, ?, ?, ?, ?)", *row):
                holder = self.holder(property_name, value)
                return None if holder is None else (value, holder)
        return None

    def release(self, record_id: int, property_name: str | None = None) -> None:
        """Delete the stored unique values of the record: those of one property, or all (None)."""
        condition = "" if property_name is None else " AND property = ?"
        extra = () if property_name is None else (property_name,)
        self._storage.run(
            f"DELETE FROM unique_values WHERE {_OF_TYPE} AND id = ?{condition}", *self._key, record_id, *extra
        )

    def add_edit(self, record_id: int, edit: Edit) -> None:
        """Append an edit to the record's history."""
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
        """Return the record's history, oldest first."""
        rows = self._storage.rows(
            f"SELECT at_ms, source, changes FROM edits WHERE {_OF_TYPE} AND id = ? ORDER BY at_ms, serial",
            *self._key,
            record_id,
        )
        return [Edit(at_ms, orjson.loads(source), orjson.loads(changes)) for at_ms, source, changes in rows]


def _to_json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _record(row: tuple[int, str, int, int, int | None]) -> Record:
    record_id, properties, created_ms, updated_ms, archived_ms = row
    return Record(record_id, orjson.loads(properties), created_ms, updated_ms, archived_ms)
