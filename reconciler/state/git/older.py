"""Upgrading rows of a snapshot that an older version wrote, with the same steps as for a database."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine

from reconciler.state.create_tables import create_or_upgrade
from reconciler.state.git.export import COLUMNS
from reconciler.state.git.snapshot import SnapshotHeader

_BESIDE: Mapping[str, tuple[str, ...]] = {
    "meta": ("name", "value"),
    "states": ("portal_id", "lineage", "serial", "project"),
    "prune_rules": ("portal_id", "object", "by", "prune"),
    "locks": ("portal_id", "fence", "actor", "acquired_at", "heartbeat_at", "expires_at"),
}
"""Tables that are not in blobs, with the columns that upgrades expect."""


def upgraded_rows(
    header: SnapshotHeader, rows: Mapping[str, Iterable[tuple[Any, ...]]]
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each table with the columns of the present version.

    Args:
        header: the header of the snapshot, with its version and its columns.
        rows: rows by table; each row begins with the portal id, followed by the header's columns.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            for table, columns in _BESIDE.items():
                _create(connection, table, columns)
            connection.exec_driver_sql(
                "INSERT INTO meta VALUES ('reconciler_schema', ?)", (str(header.schema),)
            )
            for table, names in header.columns.items():
                _create(connection, table, ("portal_id", *names))
                listed = list(rows.get(table, ()))
                if listed:
                    marks = ", ".join("?" * (len(names) + 1))
                    connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", listed)
            create_or_upgrade(connection)
            return {table: _read(connection, table, names) for table, names in COLUMNS.items()}
    finally:
        engine.dispose()


def _create(connection: Connection, table: str, columns: Iterable[str]) -> None:
    """Create a table without column types, so that SQLite stores every value unchanged."""
    connection.exec_driver_sql(f"CREATE TABLE {table} ({_listed(columns)})")


def _read(connection: Connection, table: str, names: Iterable[str]) -> list[tuple[Any, ...]]:
    query = f"SELECT {_listed(('portal_id', *names))} FROM {table}"
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
