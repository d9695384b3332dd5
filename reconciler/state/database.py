"""The database of the state: opening it, and its two kinds of transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Pool, Table, create_engine, event, func, literal, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from reconciler.errors import Locked, StateError, UsageError
from reconciler.state.create_tables import SchemaError, create_or_upgrade, is_readable, schema_version
from reconciler.state.database_errors import BUSY, explanation
from reconciler.state.database_files import (
    can_have_side_files,
    copy_database,
    make_private,
    remove_database,
    shown_path,
)
from reconciler.state.tables import SCHEMA_VERSION

_BUSY_TIMEOUT_S = 30.0  # maximum wait for another process's transaction; ours take milliseconds
_CONNECT_TIMEOUT_S = 10  # maximum seconds to connect to a server, unless the URL sets another
_SWITCHES = 5  # maximum number of attempts to set write-ahead mode, in which readers do not wait for writers
_SQLITE = "sqlite"
_POSTGRESQL = "postgresql+psycopg"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade of tables of an older version."""

    backup: Path | None  # copy of the SQLite file from before the upgrade; None for PostgreSQL


class Database:
    """A database with our tables. Every use is one transaction, and only one thread uses it at a time."""

    def __init__(self, engine: Engine, name: str, *, path: Path | None, is_writable: bool) -> None:
        self.name = name  # name for messages, without a password
        self.path = path  # path of the SQLite file; None for other databases
        self.upgrade: Upgrade | None = None  # the upgrade that was made when it was opened, if any
        self._engine = engine
        self._is_writable = is_writable
        self._file = _identity(path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Run the block in a transaction that sees the data of one moment.

        Raises:
            StateError: the database cannot be used.
        """
        options: dict[str, Any] = {}
        if self._engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._clear_errors(), self._engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Run the block in a transaction that is committed at its end, or rolled back on an exception.

        Raises:
            StateError: the database cannot be used.
        """
        if not self._is_writable:
            raise RuntimeError(f"{self.name} was opened for reading only")
        with self._clear_errors(), self._engine.connect() as connection:
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
                self._insist_on_file()

    def compact(self) -> None:
        """Remove all traces of deleted rows from a SQLite file; in PostgreSQL, autovacuum does this."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._outside_transactions() as connection:
            connection.exec_driver_sql("VACUUM")
            is_busy = _checkpoint(connection)
        if is_busy:
            raise StateError(
                f"state {self.name}: removed values are still in {self.name}-wal, which another program "
                "has open: end that program, then run this command again"
            )

    def fill_file(self) -> None:
        """Write all rows into a SQLite file itself. SQLite would do so when it closes, but hide a full disk.

        Raises:
            StateError: the disk is full.
        """
        if self._engine.dialect.name == "sqlite":
            with self._outside_transactions() as connection:
                _checkpoint(connection)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def _outside_transactions(self) -> Iterator[Connection]:
        with self._clear_errors(), self._engine.connect() as connection:
            connection.execution_options(begin=None)
            yield connection

    def _insist_on_file(self) -> None:
        """Check that the SQLite file is still the one that was opened.

        Writes to a file that was deleted or replaced would be lost.
        """
        if _identity(self.path) != self._file:
            raise StateError(
                f"state {self.name}: the file was deleted or replaced while it was in use: put it back, "
                "then run `reconciler apply`, which finds out the result of unfinished calls"
            )

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except SchemaError as error:
            raise StateError(f"state {self.name}: {error}") from error
        except DBAPIError as error:
            sentence = explanation(error)
            if sentence is None:
                raise
            kind = Locked if sentence is BUSY else StateError
            raise kind(f"state {self.name}: {sentence}") from error


def _checkpoint(connection: Connection) -> bool:
    """Move all rows from ``-wal`` into the SQLite file; return whether another program is in the way."""
    return bool(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one())


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return device and inode of the file at ``path``; None if there is no file."""
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status else None


def clock(connection: Connection, now: datetime, plus: timedelta = timedelta()) -> Any:
    """Return the current time plus ``plus``, by PostgreSQL's clock; for SQLite, return ``now`` plus ``plus``.

    All machines share PostgreSQL's clock.
    """
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp() + literal(plus)
    return now + plus


def insert_into(connection: Connection, table: Table) -> Any:
    """Return an INSERT that supports ON CONFLICT, in the dialect of the database."""
    # import only the dialect that is used: that of PostgreSQL takes 35 ms
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    return dialect.insert(table)


def open_database(url: str, project: Path) -> Database:
    """Open the database at ``url``; create or upgrade its tables if necessary.

    Raises:
        UsageError: ``url`` is not a database that can store state.
        StateError: the database cannot be used.
    """
    parsed = _parsed(url)
    if parsed.drivername == _SQLITE:
        path = _path(parsed, project)
        make_private(path)
        database = _sqlite(path, "mode=rw", is_writable=True)
    else:
        database = _postgresql(parsed, is_writable=True)

    def back_up() -> None:
        path = database.path
        database.upgrade = Upgrade(copy_database(path, datetime.now(UTC)) if path else None)

    try:
        with database.reading() as connection:
            is_ours = schema_version(connection) == SCHEMA_VERSION
        # Write only if this is necessary: a write must wait until no other program is writing.
        if not is_ours:
            with database.writing() as connection:
                create_or_upgrade(connection, before_upgrade=back_up)
    except StateError:
        database.close()
        raise
    return database


@contextmanager
def whole_or_absent(url: str, project: Path) -> Iterator[None]:
    """Remove the SQLite file at ``url`` if the block fails, unless the file existed before the block."""
    path = _path(_parsed(url), project) if url.startswith(f"{_SQLITE}:") else None
    if path is None or path.exists():
        yield
        return
    try:
        yield
    except BaseException:
        remove_database(path)
        raise


def open_to_read(url: str, project: Path) -> Database:
    """Open the database at ``url`` without changing it; if it does not exist, use an empty one in memory.

    SQLite may leave an empty ``-wal`` file beside a database that it only read.

    Raises:
        UsageError: ``url`` is not a database that can store state.
        StateError: the database cannot be used, or needs an upgrade first.
    """
    parsed = _parsed(url)
    if parsed.drivername == _SQLITE:
        path = _path(parsed, project)
        if not path.exists():
            return memory_database(is_writable=False)
        mode = "mode=ro" if can_have_side_files(path) else "mode=ro&immutable=1"
        database = _sqlite(path, mode, is_writable=False)
    else:
        database = _postgresql(parsed, is_writable=False)
    try:
        with database.reading() as connection:
            holds_state = is_readable(connection)
    except StateError:
        database.close()
        raise
    if holds_state:
        return database
    database.close()
    return memory_database(is_writable=False)


def memory_database(*, is_writable: bool) -> Database:
    """Create an empty database in memory."""
    engine = _sqlite_engine("file::memory:", StaticPool)
    with engine.begin() as connection:
        create_or_upgrade(connection)
    return Database(engine, "in memory", path=None, is_writable=is_writable)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = URL.create("unknown")
    is_file = parsed.drivername == _SQLITE and not parsed.query
    if not (is_file or parsed.drivername == _POSTGRESQL) or not parsed.database:
        raise UsageError(
            "`state:` in reconciler.yaml must be sqlite:///FILE, git:refs/reconciler, "
            "postgresql+psycopg://USER@HOST/DATABASE or none: correct it"
        )
    return parsed


def _path(parsed: URL, project: Path) -> Path:
    return project / (parsed.database or "")


def _sqlite(path: Path, mode: str, *, is_writable: bool) -> Database:
    engine = _sqlite_engine(f"{path.absolute().as_uri()}?{mode}", QueuePool)
    if is_writable:
        event.listen(engine, "connect", _write_ahead)
    return Database(engine, shown_path(path), path=path, is_writable=is_writable)


def _sqlite_engine(uri: str, pool: type[Pool]) -> Engine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=pool, hide_parameters=True)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin a transaction.

    A transaction that writes takes SQLite's write lock at once, because SQLite would not wait for the lock
    later, after the first read.
    """
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin is not None:
        connection.exec_driver_sql(begin)


def _write_ahead(connection: sqlite3.Connection, _record: object) -> None:
    """Set write-ahead mode: readers do not wait for a writer, and commits survive a power failure."""
    for _ in range(_SWITCHES):
        with suppress(sqlite3.OperationalError):  # busy: SQLite does not wait by itself when the mode changes
            connection.execute("PRAGMA journal_mode=WAL")
            break
        connection.execute("BEGIN IMMEDIATE")  # this does wait, for another process that creates the file
        connection.execute("ROLLBACK")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _postgresql(parsed: URL, *, is_writable: bool) -> Database:
    options: dict[str, Any] = {
        "client_encoding": "utf8",
        "prepare_threshold": None,  # prepared statements do not work with connection poolers
    }
    if "connect_timeout" not in parsed.query:
        options["connect_timeout"] = _CONNECT_TIMEOUT_S
    try:
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args=options)
    except ModuleNotFoundError as error:
        raise StateError(
            "state in PostgreSQL needs psycopg, which is not installed\n"
            "    run `pip install '.[postgres]'` in a clone of reconciler"
        ) from error
    name = parsed.set(query={}).render_as_string(hide_password=True)
    return Database(engine, name, path=None, is_writable=is_writable)
