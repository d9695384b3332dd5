"""Checkpoints: a file with the records that an import has read so far, to continue an interrupted import.

The file also saves memory, because records are sorted and counted in it. Only its owner can read it, like the
state. It is deleted when the import has written its files.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from reconciler.errors import UsageError
from reconciler.hubspot.records.list import Segment
from reconciler.model.addresses import RecordId

_SCHEMA = """
CREATE TABLE about (signature TEXT NOT NULL, begun TEXT NOT NULL);
CREATE TABLE segments (first INTEGER NOT NULL, end INTEGER, after TEXT NOT NULL);
CREATE TABLE wanted (id INTEGER PRIMARY KEY);
CREATE TABLE records (id INTEGER PRIMARY KEY, key TEXT, spelling TEXT, created TEXT, held TEXT NOT NULL);
CREATE TABLE used (number INTEGER PRIMARY KEY);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS by_key ON records (key);
CREATE INDEX IF NOT EXISTS by_spelling ON records (spelling);
"""
_OLDEST = timedelta(hours=24)
"""Maximum age of a checkpoint that is continued; later, the portal may have changed too much."""

_ENDINGS = ("", "-wal", "-shm", "-journal")
_CACHE_KIB = 8_192
_PAGE = 1_000  # rows in memory at a time


_REPEATED = "SELECT spelling FROM records WHERE spelling IS NOT NULL GROUP BY spelling HAVING count(*) > 1"
_RECOGNISED = f"key IS NOT NULL AND spelling NOT IN ({_REPEATED})"


class KeptRecord(NamedTuple):
    """A record as stored in the checkpoint."""

    id: RecordId
    key: str | None
    spelling: str | None  # equal for keys that are equal in HubSpot
    created_at: str | None
    values: Mapping[str, str]  # values by property, without empty ones


class Checkpoint:
    """The records that one import has read. Not thread-safe."""

    def __init__(self, base: sqlite3.Connection, path: Path, names: Sequence[str]) -> None:
        self._base = base
        self._path = path
        self._names = names
        self._numbers = {name: number for number, name in enumerate(names)}
        self._used = {number for (number,) in base.execute("SELECT number FROM used")}
        self._is_kept = True
        self.is_continued = bool(self.count or self.segments)
        """Whether an earlier run has begun to read."""

    @property
    def count(self) -> int:
        """The number of records read so far."""
        return self._number("SELECT count(*) FROM records")

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments of the list of records that are still to be read."""
        return tuple(Segment(*row) for row in self._base.execute("SELECT first, end, after FROM segments"))

    @property
    def used(self) -> frozenset[str]:
        """The properties that have a value in at least one record."""
        return frozenset(self._names[number] for number in self._used)

    def begin(self, segments: Iterable[Segment], wanted: Iterable[str]) -> None:
        """Store the parts to read: segments of the list of all records, or ``wanted`` ids."""
        with self._base:
            self._base.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((int(id_),) for id_ in wanted))
            self._leave(segments)

    def keep(
        self, records: Iterable[KeptRecord], left: Iterable[Segment] | None, done: Iterable[str] = ()
    ) -> None:
        """Store records that were read, and what remains to be read.

        ``left`` are the remaining segments; None leaves the stored segments as they are. ``done`` are wanted
        ids that were read.
        """
        rows, used = [], set[int]()
        for record in records:
            held = {self._numbers[name]: value for name, value in record.values.items()}
            used |= held.keys()
            flat = [part for pair in held.items() for part in pair]
            text = json.dumps(flat, ensure_ascii=False, separators=(",", ":"))
            rows.append((int(record.id), record.key, record.spelling, record.created_at, text))
        new = used - self._used
        with self._base:
            self._base.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)", rows)
            self._base.executemany("INSERT INTO used VALUES (?)", ((number,) for number in new))
            if left is not None:
                self._leave(left)
            self._base.executemany("DELETE FROM wanted WHERE id = ?", ((int(id_),) for id_ in done))
        self._used |= new

    def _leave(self, segments: Iterable[Segment]) -> None:
        self._base.execute("DELETE FROM segments")
        rows = ((segment.start, segment.end, segment.after) for segment in segments)
        self._base.executemany("INSERT INTO segments VALUES (?, ?, ?)", rows)

    def wanted(self) -> Iterator[str]:
        """Return the ids still to be read, in order; no ids may be added during the iteration."""
        last = -1
        while rows := self._base.execute(
            "SELECT id FROM wanted WHERE id > ? ORDER BY id LIMIT ?", (last, _PAGE)
        ).fetchall():
            yield from (str(id_) for (id_,) in rows)
            last = rows[-1][0]

    def finish(self) -> None:
        """Create the indexes for sorting. Call this after everything has been read."""
        with self._base:
            for statement in filter(str.strip, _INDEXES.split(";")):
                self._base.execute(statement)

    def count_recognised(self) -> int:
        """Count the records whose key no other record has."""
        return self._number(f"SELECT count(*) FROM records WHERE {_RECOGNISED}")

    def count_unrecognised(self) -> tuple[int, int]:
        """Count the records without a key, and those with a repeated key."""
        without = self._number("SELECT count(*) FROM records WHERE key IS NULL")
        return without, self.count - without - self.count_recognised()

    def recognised(self) -> Iterator[KeptRecord]:
        """Return the records whose key no other record has, sorted by key (by code point)."""
        return self._records(_RECOGNISED)

    def unrecognised(self) -> Iterator[KeptRecord]:
        """Return the records with a repeated key, equal keys adjacent, then the records without a key."""
        yield from self._records(f"spelling IN ({_REPEATED})", "spelling, id")
        yield from self._records("key IS NULL", "id")

    def newest(self) -> Iterator[KeptRecord]:
        """Return all records, the newest first."""
        return self._records("TRUE", "created DESC, id DESC")

    def record(self, record_id: RecordId) -> KeptRecord | None:
        """Return the record with this id; None if it was not read."""
        return next(self._records(f"id = {int(record_id)}"), None)

    def _records(self, condition: str, order: str = "key") -> Iterator[KeptRecord]:
        rows = self._base.cursor().execute(
            f"SELECT id, key, spelling, created, held FROM records WHERE {condition} ORDER BY {order}"
        )
        while page := rows.fetchmany(_PAGE):
            yield from (self._kept(*row) for row in page)

    def _kept(
        self, id_: int, key: str | None, spelling: str | None, created: str | None, held: str
    ) -> KeptRecord:
        flat = json.loads(held)
        values = {self._names[number]: text for number, text in zip(flat[::2], flat[1::2], strict=True)}
        return KeptRecord(RecordId(str(id_)), key, spelling, created, values)

    def _number(self, statement: str) -> int:
        (number,) = self._base.execute(statement).fetchone()
        return int(number)

    def discard(self) -> None:
        """Mark the file to be deleted when it is closed, even after an error."""
        self._is_kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; delete it after success, keep it for the next run after an error.

        Raises:
            UsageError: SQLite could not use the file: the disk may be full.
        """
        self._base.close()
        if error is None or not self._is_kept:
            _delete(self._path)
        elif isinstance(error, sqlite3.Error):
            raise UsageError(f"cannot use {os.path.relpath(self._path)} ({error})") from error


def open_checkpoint(
    path: Path, names: Sequence[str], signature: str, now: datetime, *, restarts: bool
) -> Checkpoint:
    """Open the checkpoint at ``path``, or begin a new one.

    A checkpoint is deleted first if ``restarts`` is set, if it is damaged or older than a day, or if it is of
    another import (with another ``signature``). ``names`` are the properties to read.

    Raises:
        UsageError: the file cannot be used.
    """
    try:
        if not restarts and path.exists():
            with suppress(sqlite3.Error), _connected(path) as base:  # treat a damaged file like a missing one
                row = base.execute("SELECT signature, begun FROM about").fetchone()
                if row and row[0] == signature and now - datetime.fromisoformat(row[1]) < _OLDEST:
                    return Checkpoint(base, path, names)
                base.close()
        _delete(path)
        with _connected(path) as base:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                base.execute(statement)
            with base:
                base.execute("INSERT INTO about VALUES (?, ?)", (signature, now.isoformat()))
            return Checkpoint(base, path, names)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"cannot write {os.path.relpath(path)} ({error})") from error


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for a block that checks or fills it; close it only if an exception leaves the block.

    Without this, the file would stay open until the garbage collector finds the connection, which is in a
    cycle of references.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # others must never be able to read it
    base = sqlite3.connect(path)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        yield base
    except BaseException:
        base.close()
        raise


def _delete(path: Path) -> None:
    for ending in _ENDINGS:
        with suppress(FileNotFoundError):
            Path(f"{path}{ending}").unlink()
