"""One SQLite file with the data of all portals: tables and transactions, without rules and HTTP.

Several processes may use one file: readers see a snapshot, writers wait for each other (WAL, ``BEGIN
IMMEDIATE``). Inside a process, all threads share one connection, and there is one transaction at a time.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.emulator.errors import StorageError

FILE_VERSION = 1
BUSY_TIMEOUT_S = 60

_SCHEMA = """
CREATE TABLE portals (
    portal_id INTEGER PRIMARY KEY,
    settings TEXT NOT NULL,
    definitions_serial INTEGER NOT NULL,
    next_id INTEGER NOT NULL
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY,
    portal_id INTEGER NOT NULL,
    app_id INTEGER NOT NULL,
    scopes TEXT
) WITHOUT ROWID;
CREATE TABLE definitions (
    portal_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object_type TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (portal_id, kind, object_type, name)
);
CREATE TABLE records (
    portal_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    id INTEGER NOT NULL,
    properties TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    archived_ms INTEGER,
    PRIMARY KEY (portal_id, object_type, id)
);
CREATE TABLE forwards (
    portal_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    old_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (portal_id, object_type, old_id)
) WITHOUT ROWID;
CREATE TABLE unique_values (
    portal_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    property TEXT NOT NULL,
    value TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (portal_id, object_type, property, value)
) WITHOUT ROWID;
CREATE INDEX unique_values_of_record ON unique_values (portal_id, object_type, id);
CREATE TABLE edits (
    serial INTEGER PRIMARY KEY,
    portal_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    source TEXT NOT NULL,
    changes TEXT NOT NULL
);
CREATE INDEX edits_of_record ON edits (portal_id, object_type, id);
CREATE TABLE associations (
    portal_id INTEGER NOT NULL,
    from_type TEXT NOT NULL,
    from_id INTEGER NOT NULL,
    to_type TEXT NOT NULL,
    to_id INTEGER NOT NULL,
    category TEXT NOT NULL,
    type_id INTEGER NOT NULL,
    PRIMARY KEY (portal_id, from_type, from_id, to_type, to_id, category, type_id)
) WITHOUT ROWID;
CREATE TABLE audits (
    serial INTEGER PRIMARY KEY,
    portal_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    identifier TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    action TEXT NOT NULL,
    body TEXT NOT NULL
);
"""
# A table that older files do not have; it is created when such a file is opened.
_FORMER = """
CREATE TABLE IF NOT EXISTS former (
    serial INTEGER PRIMARY KEY,
    portal_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object_type TEXT NOT NULL,
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    body TEXT
)
"""
TABLES = (
    "portals",
    "tokens",
    "definitions",
    "records",
    "forwards",
    "unique_values",
    "edits",
    "associations",
    "audits",
    "former",
)


class Storage:
    """The open file, or a database in memory if ``path`` is None. Raises StorageError."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self.has_undone = False
        """Whether a part of the current transaction was rolled back."""
        self._path = path
        try:
            self._connection = _connect(path)
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise StorageError(f"{path} cannot be used: {reason}") from error

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[None]:
        """Run the block as one transaction; roll it back if an exception leaves the block.

        Raises:
            StorageError: the file cannot be used, for example because its disk is full.
        """
        with self._lock, self._clear_errors():
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            self.has_undone = False
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # After an error such as a full disk, SQLite may have ended the transaction already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR:  # a wrong statement is a bug of ours
                raise
            raise StorageError(f"{self._path} cannot be used: {error}") from error

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run the block inside the transaction; if it raises, roll back only what the block did."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.has_undone = True
            self._connection.execute("ROLLBACK TO attempt")
            self._connection.execute("RELEASE attempt")
            raise
        self._connection.execute("RELEASE attempt")

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Return all rows of a query, as tuples."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Any:
        """Return the first row of a query as a tuple, or None."""
        return self._connection.execute(sql, values).fetchone()

    def run(self, sql: str, *values: object) -> int:
        """Execute one statement; return the number of changed rows."""
        return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        """Execute one statement once for each row of values."""
        self._connection.executemany(sql, values)

    def close(self) -> None:
        """Close the file; the object cannot be used afterwards."""
        with self._lock:
            self._connection.close()


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, in which readers and writers do not block each other.

    Retry while it is locked.
    """
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        # Create it first, so that no other user of the machine can ever read it; SQLite gives its -wal and
        # -shm files the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(
        ":memory:" if path is None else path,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {FILE_VERSION}")
        if version in {0, FILE_VERSION}:
            connection.execute(_FORMER)
        connection.execute("COMMIT")
        if version not in {0, FILE_VERSION}:
            raise sqlite3.DatabaseError(
                f"it has version {version}, but this program reads only version {FILE_VERSION}; "
                "delete the file, or use the program that made it"
            )
    except sqlite3.Error:
        connection.close()
        raise
    return connection
