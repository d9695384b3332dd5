"""A snapshot of an older version is read like a database of that version, and written in the newest one."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.model.owned import StateVersion
from reconciler.state.git.snapshot import SnapshotHeader
from reconciler.state.git.working_copy import WorkingCopy
from reconciler.state.store import open_state
from reconciler.state.tables import SCHEMA_VERSION
from tests.state.conftest import PORTAL
from tests.support.old_states import VERSIONS, restore_sqlite

FIRST = 4
"""The oldest version of snapshots in this test; no release wrote snapshots of this version."""

TABLES = ("runs", "batches", "changes", "intents", "owned", "pairs")


def snapshot_of(file: Path, version: int) -> tuple[SnapshotHeader, dict[str, bytes]]:
    """Return the rows of an old database as a snapshot would have had them."""
    columns, lines = {}, []
    with closing(sqlite3.connect(file)) as connection:
        for table in TABLES:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            names.remove("portal_id")
            columns[table] = names
            listed = ", ".join(f'"{name}"' for name in names)
            rows = connection.execute(f"SELECT {listed} FROM {table} WHERE portal_id = {PORTAL}")
            lines += [json.dumps([table, *row]) for row in rows]
        lineage, serial = connection.execute(
            f"SELECT lineage, serial FROM states WHERE portal_id = {PORTAL}"
        ).fetchone()
    header = SnapshotHeader(PORTAL, StateVersion(lineage, serial), 1, version, columns=columns)
    return header, {"everything": "\n".join(lines).encode()}


def rows_of(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for table in TABLES:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        listed = ", ".join(f'"{name}"' for name in sorted(names))
        rows = connection.execute(f"SELECT {listed} FROM {table} WHERE portal_id = {PORTAL}")
        found[table] = sorted(rows.fetchall(), key=repr)
    return found


@pytest.fixture
def copy() -> Iterator[WorkingCopy]:
    made = WorkingCopy(PORTAL)
    yield made
    made.database.close()


@pytest.mark.parametrize("version", [version for version in VERSIONS if version >= FIRST])
def test_an_older_snapshot_has_the_rows_of_an_upgraded_database(
    tmp_path: Path, version: int, copy: WorkingCopy
) -> None:
    file = tmp_path / "state.db"
    restore_sqlite(file, version)
    header, texts = snapshot_of(file, version)
    open_state("sqlite:///state.db", tmp_path, PORTAL).close()

    copy.load(header, texts)

    with closing(sqlite3.connect(file)) as upgraded, copy.database.reading() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        assert rows_of(raw) == rows_of(upgraded)


def test_a_newer_snapshot_is_refused_with_advice(copy: WorkingCopy) -> None:
    header = SnapshotHeader(PORTAL, StateVersion("a", 1), 1, SCHEMA_VERSION + 1)
    with pytest.raises(StateError, match="upgrade reconciler"):
        copy.load(header, {})


@pytest.mark.parametrize("name", ["x) VALUES (1); --", "", "Key"])
def test_names_of_columns_are_names(copy: WorkingCopy, name: str) -> None:
    header = SnapshotHeader(PORTAL, StateVersion("a", 1), 1, SCHEMA_VERSION - 1, columns={"owned": [name]})
    with pytest.raises(StateError, match="is damaged"):
        copy.load(header, {})
