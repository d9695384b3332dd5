"""The state of one portal: owned records, the journal, and the lock.

Every method is one transaction. Only the main thread of a run calls these methods: workers send calls and
never use state. Methods that change state are in ``StateWriter``, which ``acquire`` returns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.addresses import DefinitionAddress, RecordId
from reconciler.model.associations import OwnedAssociation
from reconciler.model.desired_records import PruneRule
from reconciler.model.object_references import Direction
from reconciler.model.owned import OwnedDefinition, OwnedRecord, OwnedThing, StateVersion
from reconciler.model.references import RecordIdentity
from reconciler.model.runs import RunDetail, RunHeader, RunRow, RunSummary
from reconciler.plan.change import Change
from reconciler.state.associations.rows import PairRows
from reconciler.state.backend import StateBackend
from reconciler.state.copy_rows import first_difference, is_empty
from reconciler.state.database import Upgrade, memory_database, open_database, open_to_read
from reconciler.state.database_files import backups_of
from reconciler.state.definitions.rows import DefinitionRows
from reconciler.state.definitions.writes import definition_writes
from reconciler.state.erase import NamedThing, names_of
from reconciler.state.export_format import export_lines
from reconciler.state.journal import Journal
from reconciler.state.lock import DatabaseBackend
from reconciler.state.lock_holder import LockHolder
from reconciler.state.records.created import created_by_runs
from reconciler.state.records.rows import OwnedRows
from reconciler.state.run_reader import RunReader
from reconciler.state.run_types import Actor, PastRun, UnfinishedBatch
from reconciler.state.writer import StateWriter

if TYPE_CHECKING:
    from reconciler.state.git.access import GitAccess

_ROWS_AT_ONCE = 1_000
"""Maximum number of changes of a run that one transaction reads."""


class Store:
    """One portal's state, for reading; every method raises StateError if the database cannot be used."""

    def __init__(self, backend: StateBackend, portal_id: int) -> None:
        self._backend = backend
        self._database = backend.database
        self._portal_id = portal_id

    @property
    def upgrade(self) -> Upgrade | None:
        """The upgrade that was made when this state was opened; None if there was none."""
        return self._database.upgrade

    def close(self) -> None:
        """Close the place where the state is kept."""
        self._backend.close()

    def version(self) -> StateVersion:
        """Return lineage and serial of the state; None and 0 if nothing was ever written."""
        with self._owned() as rows:
            return rows.version()

    def project(self) -> str | None:
        """Return the project of the state: "" if it has no name, None if nothing was applied yet."""
        with self._owned() as rows:
            return rows.project()

    def owned(self, object_name: str, by: str, keys: Sequence[str]) -> dict[str, OwnedRecord]:
        """Return the owned records with ``keys`` (up to 900), by key."""
        with self._owned() as rows:
            return {record.key.value: record for record in rows.of_keys(object_name, by, keys)}

    def owned_by_id(self, object_name: str, ids: Sequence[RecordId]) -> dict[RecordId, OwnedRecord]:
        """Return the owned records with these record ids (up to 900), by id; their keys do not matter."""
        with self._owned() as rows:
            return {record.record_id: record for record in rows.of_ids(object_name, ids)}

    def owned_definitions(self, object_name: str) -> tuple[OwnedDefinition, ...]:
        """Return the owned definitions of an object type, sorted by address."""
        with self._definitions() as rows:
            return rows.of_type(object_name)

    def all_definitions(self) -> tuple[OwnedDefinition, ...]:
        """Return all owned definitions, sorted by address."""
        with self._definitions() as rows:
            return rows.all()

    def definitions_by_id(self, object_name: str, ids: Sequence[RecordId]) -> dict[RecordId, OwnedDefinition]:
        """Return the owned definitions with these ids, by id; their names do not matter."""
        with self._definitions() as rows:
            return {each.record_id: each for each in rows.of_ids(object_name, ids)}

    def find_definition(self, address: DefinitionAddress) -> tuple[OwnedDefinition, ...]:
        """Return the owned definition at ``address``; an empty tuple if it is not owned."""
        with self._definitions() as rows:
            return rows.at(address)

    def definitions_written_since(self, serial: int) -> frozenset[RecordIdentity]:
        """Return the owned definitions whose row was written after serial ``serial`` of the state."""
        with self._definitions() as rows:
            return rows.written_since(serial)

    def definition_writes(self, since: datetime) -> Mapping[DefinitionAddress, tuple[Change, datetime]]:
        """Return our own latest write of each definition after ``since``, and when its call was sent.

        Times are by HubSpot's clock, if the run knew it.
        """
        with self._database.reading() as connection:
            return definition_writes(connection, self._portal_id, since)

    def moved_since(self, serial: int, object_name: str, by: str, keys: Sequence[str]) -> frozenset[str]:
        """Return those of ``keys`` whose row was written after serial ``serial``.

        Removed rows are not found.
        """
        with self._owned() as rows:
            return rows.moved_since(serial, object_name, by, keys)

    def ids_moved_since(self, serial: int, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Return those of ``ids`` whose row was written after serial ``serial``; their keys do not matter."""
        with self._owned() as rows:
            return rows.ids_moved_since(serial, object_name, ids)

    def owned_groups(self) -> tuple[tuple[str, str, int], ...]:
        """Return tuples of object type, key property, and number of owned records that have both; sorted.

        Definitions do not count.
        """
        with self._owned() as rows:
            return rows.groups()

    def owned_in_order(
        self, object_name: str, by: str, after_key: str | None, limit: int
    ) -> tuple[OwnedRecord, ...]:
        """Return the first ``limit`` owned records of a group, sorted by key (by code point).

        If ``after_key`` is not None, only records with a greater key are returned.
        """
        with self._owned() as rows:
            return rows.in_order(object_name, by, after_key, limit)

    def paired_types(self) -> frozenset[Direction]:
        """Return the pairs of object types with owned associations."""
        with self._pairs() as rows:
            return rows.types()

    def pairs(self, object_name: str, other: str) -> tuple[OwnedAssociation, ...]:
        """Return the owned associations between two object types, in either direction."""
        with self._pairs() as rows:
            return rows.between(object_name, other)

    def pairs_of(self, record: OwnedRecord) -> tuple[OwnedAssociation, ...]:
        """Return the owned associations that manifests declare on ``record``, sorted by the other record."""
        with self._pairs() as rows:
            return rows.of_record(record.key.object, record.record_id)

    def pairs_written_since(self, serial: int) -> tuple[OwnedAssociation, ...]:
        """Return the owned associations whose row was written after serial ``serial`` of the state."""
        with self._pairs() as rows:
            return rows.written_since(serial)

    def prune_rules(self) -> tuple[PruneRule, ...]:
        """Return the prune rules, sorted by object type and key property."""
        with self._owned() as rows:
            return rows.prune_rules()

    def count(self) -> int:
        """Count the owned records."""
        return sum(count for _, _, count in self.owned_groups())

    def find(self, object_name: str, *, by_record_id: bool, value: str) -> tuple[OwnedRecord, ...]:
        """Return the records that an address can mean (parts as in ``split_address``).

        There is rarely more than one.
        """
        with self._owned() as rows:
            return rows.at_address(object_name, by_record_id=by_record_id, value=value)

    def unfinished(self) -> tuple[UnfinishedBatch, ...]:
        """Return the batches, of any run, that have changes without a known outcome; oldest first."""
        with self._journal() as journal:
            return journal.unfinished()

    def runs(self) -> tuple[RunHeader, ...]:
        """Return all runs, newest first."""
        with self._runs() as runs:
            return runs.headers()

    def run_summaries(self) -> tuple[RunSummary, ...]:
        """Return all runs, newest first, with the counts of their changes."""
        with self._runs() as runs:
            return runs.summaries()

    def find_run(self, said: str) -> str:
        """Return the id of the run whose id begins with ``said``, or of the newest run for "last".

        Raises:
            StateError: there is no such run, or more than one.
        """
        with self._runs() as runs:
            return runs.find_run(said)

    def created(self, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Return those records in ``ids`` (up to 900) that a run created, as far as the journal tells."""
        with self._database.reading() as connection:
            return created_by_runs(connection, self._portal_id, object_name, ids)

    def last_runs(self, record: OwnedThing) -> Mapping[str, RunHeader]:
        """Return, for each property of ``record``, the newest run that changed it in HubSpot or state."""
        with self._runs() as runs:
            return runs.last_runs(record.key.object, record.record_id)

    def has_named(self, object_name: str, by: str) -> bool:
        """Return whether the journal has a change of a record of this type with key property ``by``."""
        with self._runs() as runs:
            return runs.names(object_name, by)

    def last_commit(self) -> str | None:
        """Return the commit of the manifests that were applied last; None if it is not known."""
        with self._runs() as runs:
            return runs.last_commit()

    def run(self, run_id: str, *, lists_applied: bool = True) -> RunDetail:
        """Return one run with its changes, in the order of the plan.

        Applied changes are only counted, unless ``lists_applied``.

        If the run was interrupted, changes that it never attempted are not listed. Erased values and values
        older than 90 days are missing.

        Raises:
            StateError: there is no such run, or the journal has too few or too many changes.
        """
        with self._runs() as runs:
            return runs.run(run_id, lists_applied=lists_applied)

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        """Yield the changes of one run in the order of the plan; read a thousand at a time."""
        rows: Sequence[RunRow] = ()
        while True:
            after = rows[-1].number if rows else -1
            with self._runs() as runs:
                rows = runs.run_rows(run_id, after, _ROWS_AT_ONCE)
            if not rows:
                return
            yield from rows

    def erased_runs(self) -> dict[str, datetime]:
        """Return the runs whose values were erased because of their age, with the time of erasing."""
        with self._runs() as runs:
            return runs.erased_runs()

    def names_of(self, thing: NamedThing) -> frozenset[str]:
        """Return all keys and ids that state and journal have of a record or definition."""
        with self._database.reading() as connection:
            return names_of(connection, self._portal_id, thing)

    def past_run(self, run_id: str) -> PastRun:
        """Return the applied changes of one run, with the values that it overwrote.

        Raises:
            StateError: there is no such run, or its values are erased.
        """
        with self._runs() as runs:
            return runs.past_run(run_id)

    def export(self) -> Iterator[str]:
        """Yield everything owned as JSON, line by line, as it is at one moment."""
        with self._owned() as rows:
            pairs = PairRows(rows.connection, self._portal_id).all()
            yield from export_lines(
                self._portal_id,
                rows.version(),
                rows.prune_rules(),
                rows.all(),
                pairs,
                project=rows.project() or None,
            )

    def is_empty(self) -> bool:
        """Return whether the state has no row about the portal, not even a run."""
        with self._database.reading() as connection:
            return is_empty(connection, self._portal_id)

    def copy_into(self, writer: StateWriter) -> int:
        """Copy every row into another, empty state; return the number of rows."""
        with self._database.reading() as connection:
            return writer.copy_from(connection)

    def copy_owned_into(self, writer: StateWriter) -> int:
        """Copy everything owned into another, empty state, which gets a new lineage.

        Return the number of rows.
        """
        with self._database.reading() as connection:
            return writer.copy_owned_from(connection)

    def difference_from(self, other: "Store") -> str | None:
        """Compare every row with that of ``other``.

        Return the first table that differs, None if none does.
        """
        theirs = other._database  # noqa: SLF001 - same class
        with self._database.reading() as here, theirs.reading() as there:
            return first_difference(here, there, self._portal_id)

    def has_published(self, run: RunHeader) -> bool:
        """Return whether a run is in the state that all machines share."""
        return run.state is not None and self._backend.has_published(run.state.serial)

    def lock_holder(self) -> LockHolder | None:
        """Return who holds the lock, or who held it last and never released it; None if it is free."""
        return self._backend.holder()

    def acquire(
        self,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        timeout_s: float,
        lasts: timedelta | None = None,
    ) -> StateWriter:
        """Take the lock and return a writer; it is valid until it is released or not renewed for ``lasts``.

        ``now`` gives the times in the journal. If ``lasts`` is None, it is a minute in a database, and 5
        minutes in a repository.

        Raises:
            Locked: another run still holds the lock after ``timeout_s``.
        """
        lease = self._backend.acquire(actor, now=now, sleep=sleep, timeout_s=timeout_s, lasts=lasts)
        return StateWriter(self._database, self._portal_id, lease)

    def backups(self) -> tuple[Path, ...]:
        """Return the backups of a SQLite file, oldest first."""
        path = self._database.path
        return backups_of(path) if path else ()

    @property
    def previous(self) -> str | None:
        """A sentence that says where to find the former state after a correction of state.

        None if ``backups`` contains it.
        """
        return self._backend.previous

    def unlock(self) -> LockHolder | None:
        """Remove the lock and return its holder, if there is one."""
        return self._backend.unlock()

    @contextmanager
    def _owned(self) -> Iterator[OwnedRows]:
        with self._database.reading() as connection:
            yield OwnedRows(connection, self._portal_id)

    @contextmanager
    def _definitions(self) -> Iterator[DefinitionRows]:
        with self._database.reading() as connection:
            yield DefinitionRows(connection, self._portal_id)

    @contextmanager
    def _pairs(self) -> Iterator[PairRows]:
        with self._database.reading() as connection:
            yield PairRows(connection, self._portal_id)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        with self._database.reading() as connection:
            yield Journal(connection, self._portal_id)

    @contextmanager
    def _runs(self) -> Iterator[RunReader]:
        with self._database.reading() as connection:
            yield RunReader(connection, self._portal_id)


def open_state(url: str, project: Path, portal_id: int) -> Store:
    """Open the state at ``url``, or create it; a relative path of SQLite begins in the folder ``project``.

    Raises:
        UsageError: ``url`` is not a database that can store state.
        StateError: the database cannot be used.
    """
    return Store(DatabaseBackend(open_database(url, project), portal_id), portal_id)


def open_state_to_read(url: str, project: Path, portal_id: int) -> Store:
    """Open the state at ``url`` without changing it. If it does not exist, return an empty state in memory.

    Raises:
        UsageError: ``url`` is not a database that can store state.
        StateError: the database cannot be used, or needs an upgrade first.
    """
    return Store(DatabaseBackend(open_to_read(url, project), portal_id), portal_id)


def open_git_state(access: "GitAccess", portal_id: int) -> Store:
    """Open the state in a repository, with a working copy in memory; only a writer pushes.

    Raises:
        StateError: the repository cannot be read, or contains no state that can be used.
    """
    from reconciler.state.git.backend import GitBackend  # noqa: PLC0415 - most states are in a database

    return Store(GitBackend(access, portal_id), portal_id)


def memory_state(portal_id: int) -> Store:
    """Create a state in memory, for ``state: none``."""
    return Store(DatabaseBackend(memory_database(is_writable=True), portal_id), portal_id)
