"""The contents of blobs: rows that were written since the last push, or all rows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from reconciler.state.git.buckets import (
    CHANGES_A_BLOB,
    Buckets,
    enough,
    name_of_bucket,
    name_of_changes,
    name_of_run,
)
from reconciler.state.tables import batches, changes, intents, owned, pairs, runs

TABLES = (runs, batches, changes, intents, owned, pairs)
"""Tables whose rows are stored in blobs, in an order in which they can be filled."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    table.name: tuple(column.name for column in table.c if column.name != "portal_id") for table in TABLES
}
_ORDER = {
    table.name: ", ".join(f'"{column.name}"' for column in table.primary_key if column.name != "portal_id")
    for table in TABLES
}
_BUCKETED = {"owned": ("object", "by", "key"), "pairs": ("object", "record_id")}
"""Tables that are spread over buckets, with the columns that determine the bucket."""

_WRITE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Leaving(NamedTuple):
    """A run whose calls in the journal may be sent from a certain time on."""

    run_id: str
    moment: datetime  # time on HubSpot's clock


@dataclass(slots=True)
class Written:
    """Names of things that were written since the last push: buckets, runs, and parts of runs."""

    buckets: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    parts: set[tuple[str, int]] = field(default_factory=set)


def bucket_of(table: str, buckets: Buckets, identity: Iterable[str]) -> str:
    """Return the name of the bucket of a row, given its columns in ``_BUCKETED``."""
    return name_of_bucket(table, getattr(buckets, table), *identity)


def texts_of_buckets(
    connection: Connection, table: str, buckets: Buckets, wanted: Iterable[str] | None
) -> tuple[Buckets, dict[str, bytes]]:
    """Return how many buckets each table needs now, and the contents of the ``wanted`` buckets of ``table``.

    All contents are returned if ``wanted`` is None, or if the table needs more buckets than before.
    """
    texts = _spread(connection, table, getattr(buckets, table), wanted)
    count = enough(getattr(buckets, table), texts.values())
    if count == getattr(buckets, table):
        return buckets, texts
    numbers = {"owned": buckets.owned, "pairs": buckets.pairs} | {table: count}
    return Buckets(**numbers), _spread(connection, table, count, None)


def texts_of_runs(
    connection: Connection, written: Written, leaving: Leaving | None
) -> Iterator[tuple[str, bytes]]:
    """Yield name and contents of the blobs for the runs and the parts of runs in ``written``."""
    for run_id in sorted(written.runs):
        lines = [
            *_rows(connection, "runs", "id = ?", (run_id,)),
            *_rows(connection, "batches", "run_id = ?", (run_id,)),
        ]
        yield name_of_run(run_id), _text(lines)
    for run_id, part in sorted(written.parts):
        span = (run_id, part * CHANGES_A_BLOB, (part + 1) * CHANGES_A_BLOB)
        lines = [
            *_rows(connection, "changes", "run_id = ? AND number >= ? AND number < ?", span),
            *_rows(connection, "intents", 'run_id = ? AND "change" >= ? AND "change" < ?', span),
        ]
        if leaving is not None and leaving.run_id == run_id:
            lines = [*_leaving(connection, lines, leaving)]
        yield name_of_changes(run_id, part), _text(lines)


def everything_in(connection: Connection) -> Written:
    """Return all runs and all parts of runs; the set of buckets stays empty."""
    return Written(
        runs=set(connection.exec_driver_sql("SELECT id FROM runs").scalars()),
        parts={
            (run_id, part)
            for run_id, part in connection.exec_driver_sql(
                f"SELECT DISTINCT run_id, number / {CHANGES_A_BLOB} FROM changes"
            )
        },
    )


def unsent_parts(connection: Connection, run_id: str) -> set[tuple[str, int]]:
    """Return the parts of a run that contain unsent intents, each as run id and number of the part.

    A part is a thousand changes of a run, with their intents.
    """
    return {(run_id, number // CHANGES_A_BLOB) for number, _ in _unsent(connection, run_id)}


def _unsent(connection: Connection, run_id: str) -> set[tuple[int, int]]:
    """Return number of the change and ordinal, for each intent without a time and without an outcome."""
    found = connection.exec_driver_sql(
        'SELECT i."change", i.ordinal FROM intents i JOIN changes c '
        'ON c.portal_id = i.portal_id AND c.run_id = i.run_id AND c.number = i."change" '
        "WHERE i.run_id = ? AND i.sent_at IS NULL AND c.outcome IS NULL",
        (run_id,),
    )
    return {(change, ordinal) for change, ordinal in found}


def _leaving(connection: Connection, lines: Iterable[list[Any]], leaving: Leaving) -> Iterator[list[Any]]:
    """Set the time of unsent intents to ``leaving.moment``: they are sent after this time, or never."""
    unsent = _unsent(connection, leaving.run_id)
    moment = f"{leaving.moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"  # as SQLite stores it
    change, ordinal, sent_at = (
        COLUMNS["intents"].index(name) + 1 for name in ("change", "ordinal", "sent_at")
    )
    for line in lines:
        if line[0] == "intents" and (line[change], line[ordinal]) in unsent:
            line = [*line]  # noqa: PLW2901 - the row itself stays without a time
            line[sent_at] = moment
        yield line


def _spread(connection: Connection, table: str, count: int, wanted: Iterable[str] | None) -> dict[str, bytes]:
    lines: dict[str, list[list[Any]]] = {name: [] for name in wanted or ()}
    places = [COLUMNS[table].index(name) + 1 for name in _BUCKETED[table]]
    for line in _rows(connection, table) if wanted is None or lines else ():
        name = name_of_bucket(table, count, *(line[place] for place in places))
        if wanted is None:
            lines.setdefault(name, []).append(line)
        elif name in lines:
            lines[name].append(line)
    return {name: _text(listed) for name, listed in lines.items()}


def _rows(
    connection: Connection, table: str, where: str = "1", values: tuple[Any, ...] = ()
) -> Iterator[list[Any]]:
    """Yield rows as SQLite stores them, each with the name of its table in front."""
    names = ", ".join(f'"{name}"' for name in COLUMNS[table])
    query = f"SELECT {names} FROM {table} WHERE {where} ORDER BY {_ORDER[table]}"
    for row in connection.exec_driver_sql(query, values):
        yield [table, *row]


def _text(lines: Iterable[list[Any]]) -> bytes:
    return "".join(f"{_WRITE(line)}\n" for line in lines).encode()
