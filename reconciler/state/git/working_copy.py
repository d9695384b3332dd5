"""The tables of a snapshot, in memory: they are read and written like those of any database.

They are never on disk, and are lost when the process ends. Triggers note which rows were written, so that a
push reads and writes only the blobs in which something changed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from reconciler.errors import StateError
from reconciler.model.owned import StateVersion
from reconciler.state.database import memory_database
from reconciler.state.git.buckets import CHANGES_A_BLOB, Buckets
from reconciler.state.git.export import (
    COLUMNS,
    TABLES,
    Leaving,
    Written,
    bucket_of,
    everything_in,
    texts_of_buckets,
    texts_of_runs,
    unsent_parts,
)
from reconciler.state.git.older import upgraded_rows
from reconciler.state.git.snapshot import SnapshotHeader
from reconciler.state.tables import SCHEMA_VERSION, prune_rules, states

_NOTES = {
    "owned": """'owned', {row}."object", {row}."by", {row}."key" """,
    "pairs": """'pairs', {row}."object", {row}.record_id, '' """,
    "runs": "'run', {row}.id, '', '' ",
    "batches": "'run', {row}.run_id, '', '' ",
    "changes": f"'part', {{row}}.run_id, {{row}}.number / {CHANGES_A_BLOB}, '' ",
    "intents": f"""'part', {{row}}.run_id, {{row}}."change" / {CHANGES_A_BLOB}, '' """,
}
"""SQL expressions that are noted for each written row, by table; they say which blob contains the row."""

_NAME = re.compile("[a-z_]+")  # name of a column

_EVENTS = (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",)))


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that the next push must write."""

    version: StateVersion
    project: str | None
    rules: tuple[tuple[str, str, str], ...]
    buckets: Buckets
    texts: Mapping[str, bytes]  # contents of blobs that may have changed, by name
    is_whole: bool  # whether ``texts`` has all blobs; if not, blobs missing in it do not change


class WorkingCopy:
    """The tables of one portal, with notes about the rows that were written since the last push."""

    def __init__(self, portal_id: int) -> None:
        self.database = memory_database(is_writable=True)
        self._portal_id = portal_id
        self._buckets = Buckets()
        with self.database.writing() as connection:
            # No primary key, so that a note may be repeated. INSERT OR IGNORE in the triggers would not help:
            # SQLite uses the ON CONFLICT of the statement that fires a trigger instead.
            connection.exec_driver_sql("CREATE TABLE notes (kind TEXT, one TEXT, two, three TEXT)")

    def load(self, header: SnapshotHeader | None, texts: Mapping[str, bytes]) -> None:
        """Replace the contents of all tables by a snapshot; empty them if ``header`` is None.

        Raises:
            StateError: a newer version wrote the snapshot, or its parts contradict each other.
        """
        if header is not None and header.schema > SCHEMA_VERSION:
            raise StateError(
                f"state in git: it has version {header.schema}, and this reconciler can read "
                f"only up to version {SCHEMA_VERSION}: upgrade reconciler"
            )
        self._buckets = header.buckets if header else Buckets()
        with self.database.writing() as connection:
            _stop_notes(connection)
            for table in (*reversed(TABLES), prune_rules, states):
                connection.execute(table.delete())
            if header is not None:
                self._fill(connection, header, texts)
            _take_notes(connection)

    def export(self, leaving: Leaving | None, *, is_whole: bool) -> Export:
        """Return the rows that were written since the last push, or all rows if ``is_whole``.

        In the returned rows, the unsent calls of the run ``leaving.run_id`` have ``leaving.moment`` as the
        time of sending: they will be sent after this time, or never.
        """
        with self.database.reading() as connection:
            buckets, texts = self._buckets, dict[str, bytes]()
            written = everything_in(connection) if is_whole else _noted(connection, buckets)
            if leaving is not None:
                written.parts |= unsent_parts(connection, leaving.run_id)
            for table in ("owned", "pairs"):
                names = {name for name in written.buckets if name.startswith(f"{table}/")}
                buckets, found = texts_of_buckets(connection, table, buckets, None if is_whole else names)
                texts |= found
            texts |= texts_of_runs(connection, written, leaving)
            state = connection.execute(states.select()).one_or_none()
            rules = connection.execute(prune_rules.select().order_by(prune_rules.c.object, prune_rules.c.by))
            return Export(
                StateVersion(state.lineage if state else None, state.serial if state else 0),
                state.project if state else None,
                tuple((rule.object, rule.by, rule.prune) for rule in rules),
                buckets,
                texts,
                is_whole,
            )

    def published(self, export: Export) -> None:
        """Delete all notes, because the pushed ``export`` contains the rows."""
        self._buckets = export.buckets
        with self.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM notes")

    def _fill(self, connection: Connection, header: SnapshotHeader, texts: Mapping[str, bytes]) -> None:
        place = {"portal_id": self._portal_id}
        if header.version.lineage is not None:
            connection.execute(
                states.insert(),
                place
                | {
                    "lineage": header.version.lineage,
                    "serial": header.version.serial,
                    "project": header.project,
                },
            )
        if header.rules:
            connection.execute(
                prune_rules.insert(),
                [place | dict(zip(("object", "by", "prune"), rule, strict=True)) for rule in header.rules],
            )
        try:
            self._fill_tables(connection, header, texts)
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(
                f"state in git is damaged ({error}): put back the last good commit of its ref"
            ) from error

    def _fill_tables(
        self, connection: Connection, header: SnapshotHeader, texts: Mapping[str, bytes]
    ) -> None:
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        for text in texts.values():
            for line in text.splitlines():
                table, *values = json.loads(line)
                rows[table].append((self._portal_id, *values))
        columns_of = header.columns
        if any(_NAME.fullmatch(name) is None for names in columns_of.values() for name in names):
            raise ValueError("columns")
        if header.schema < SCHEMA_VERSION:
            rows, columns_of = upgraded_rows(header, rows), COLUMNS
        for table, listed in rows.items():
            names = columns_of[table]
            if set(names) != set(COLUMNS[table]):
                raise ValueError(f"columns of {table}")
            if listed:
                columns = ", ".join(f'"{name}"' for name in ("portal_id", *names))
                marks = ", ".join("?" * (len(names) + 1))
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})",
                    listed,
                )


def _noted(connection: Connection, buckets: Buckets) -> Written:
    written = Written()
    for kind, one, two, three in connection.exec_driver_sql(
        "SELECT DISTINCT kind, one, two, three FROM notes"
    ):
        if kind == "run":
            written.runs.add(one)
        elif kind == "part":
            written.parts.add((one, int(two)))
        else:
            identity = (one, two, three) if kind == "owned" else (one, two)
            written.buckets.add(bucket_of(kind, buckets, identity))
    return written


def _take_notes(connection: Connection) -> None:
    for table, note in _NOTES.items():
        for event, rows in _EVENTS:
            inserts = " ".join(f"INSERT INTO notes SELECT {note.format(row=row)};" for row in rows)
            connection.exec_driver_sql(
                f"CREATE TRIGGER noted_{table}_{event} AFTER {event} ON {table} BEGIN {inserts} END"
            )


def _stop_notes(connection: Connection) -> None:
    for table in _NOTES:
        for event, _ in _EVENTS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS noted_{table}_{event}")
    connection.exec_driver_sql("DELETE FROM notes")
