"""Writing the state of one portal, which only the holder of its lock may do.

Every method is one transaction, which begins by checking the lease: if it is lost, the method raises
``Locked`` and writes nothing. For a batch, the order is: ``intend``, ``publish``, send, ``record``. If the
process is killed before ``record``, it leaves an unfinished batch; the next run finds out its outcomes.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from reconciler.errors import StateError
from reconciler.model.addresses import ThingAddress
from reconciler.model.calls import Operation
from reconciler.model.desired_records import PruneRule
from reconciler.model.outcomes import Outcome
from reconciler.model.owned import StateVersion
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change
from reconciler.state.associations.rows import PairRows
from reconciler.state.backend import Lease
from reconciler.state.copy_rows import OWNERSHIP, copy_rows
from reconciler.state.database import Database
from reconciler.state.database_files import copy_database
from reconciler.state.erase import NamedThing, forget
from reconciler.state.export_format import Export, imported_version, named_twice
from reconciler.state.journal import Journal
from reconciler.state.kinds import UNCHANGED, OwnershipAfter, write_ownership
from reconciler.state.records.rows import OwnedRows
from reconciler.state.run_types import RunStart, RunStatus, UnfinishedBatch


class StateWriter:
    """The right to write, used as a context manager; every method raises Locked once the lock is lost."""

    def __init__(self, database: Database, portal_id: int, lease: Lease) -> None:
        self._database = database
        self._portal_id = portal_id
        self._lease = lease

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.release()
            return
        # An error here must not hide the error of the block. The lease expires even if it is not released.
        with suppress(StateError):
            self.release()

    def renew_if_due(self) -> None:
        """Renew the lease if it is time to; call this often, between commits."""
        self._lease.renew_if_due()

    def assert_held(self) -> None:
        """Wait until it is certain that this process holds the lease; raise Locked if the lease was lost.

        Any thread may call this right before it sends a call.
        """
        self._lease.assert_held()

    @property
    def seconds_ahead(self) -> float:
        """Number of seconds: as many calls are published together as can be sent in about this time.

        0: each batch is published alone.
        """
        return self._lease.seconds_ahead

    def publish(self, run_id: str | None = None, leaves_from: datetime | None = None) -> None:
        """Publish everything that was recorded so far; after that, batches may be sent.

        ``leaves_from`` is the present time on HubSpot's clock: calls of run ``run_id`` that were not sent yet
        will be sent after this time.
        """
        self._lease.publish(run_id, leaves_from)

    def release(self) -> None:
        """Publish everything that was recorded so far, and release the lock."""
        self._lease.release()

    def begin_run(self, start: RunStart) -> str:
        """Start a run in the journal and return its id; ids sort by time, then by serial.

        The first run creates the lineage and stores the project; each run increases the serial. Values of
        runs older than 90 days are erased.
        """
        now = self._lease.now().astimezone(UTC)
        with self._writing() as connection:
            serial = self._raise_serial(connection)
            rows = OwnedRows(connection, self._portal_id)
            if not rows.project():
                rows.set_project(start.project)
            run_id = f"{now:%Y%m%dT%H%M%SZ}-{serial:04x}"
            journal = Journal(connection, self._portal_id)
            journal.erase_old_values(now)
            journal.add_run(run_id, serial, start, now)
        return run_id

    def intend(
        self,
        run_id: str,
        batch_number: int,
        object_name: str,
        operation: Operation,
        entries: Sequence[tuple[int, Change]],
        *,
        twice: Collection[int] = (),
    ) -> None:
        """Record a batch before it is sent; the numbers of entries are their positions in the plan.

        Changes whose number is in ``twice`` take two calls.
        """
        batch = UnfinishedBatch(
            run_id, batch_number, object_name, operation, self._lease.now(), tuple(entries)
        )
        with self._writing() as connection:
            Journal(connection, self._portal_id).add_intent(batch, twice)

    def record_sending(self, run_id: str, calls: Sequence[tuple[int, Sequence[int], datetime]]) -> None:
        """Record that calls are sent now.

        Each is given by its ordinal, the numbers of its changes, and the time.
        """
        if not calls:
            return
        with self._writing() as connection:
            journal = Journal(connection, self._portal_id)
            for ordinal, numbers, moment in calls:
                journal.set_sent(run_id, ordinal, numbers, moment)

    def record(
        self,
        run_id: str,
        batch_number: int,
        outcomes: Mapping[int, Outcome],
        ownership: OwnershipAfter = UNCHANGED,
    ) -> None:
        """Record outcomes of changes, of this run or an earlier one, with the resulting ownership.

        ``outcomes`` may cover only a part of the batch. Changes that are missing in it or ``Unknown`` stay
        unfinished and can be recorded again; any other outcome is final.
        """
        with self._writing() as connection:
            journal = Journal(connection, self._portal_id)
            journal.set_outcomes(run_id, batch_number, outcomes, self._lease.now())
            write_ownership(connection, self._portal_id, ownership)

    def record_uncalled(
        self,
        run_id: str,
        entries: Iterable[tuple[int, Change, Outcome]],
        ownership: OwnershipAfter = UNCHANGED,
    ) -> None:
        """Record changes without a call.

        They change only state, were skipped, or were stale before sending.
        """
        with self._writing() as connection:
            Journal(connection, self._portal_id).add_uncalled(run_id, entries)
            write_ownership(connection, self._portal_id, ownership)

    def set_aside(self, things: Iterable[RecordIdentity]) -> None:
        """Give records and definitions temporary addresses, because others will get their present addresses.

        So records may exchange keys in any order, and state loses no record if a run is killed in between.
        """
        with self._writing() as connection:
            OwnedRows(connection, self._portal_id).set_aside(things)

    def put_back(self, things: Mapping[RecordIdentity, tuple[ThingAddress, ThingAddress]]) -> None:
        """Replace temporary addresses from ``set_aside`` that are still in use.

        Each thing gets the first of its two addresses, or the second one if another thing has the first one.
        """
        with self._writing() as connection:
            rows, between = OwnedRows(connection, self._portal_id), PairRows(connection, self._portal_id)
            # all first addresses, then all second ones: a second address may be the first of another thing
            for choice in (0, 1):
                back = rows.set_aside_still({thing: keys[choice] for thing, keys in things.items()})
                between.call(rows.put(back, rows.version().serial))

    def remember_pruning(self, rules: Iterable[PruneRule]) -> None:
        """Store the prune rules of some groups; each replaces the earlier rule of its group."""
        with self._writing() as connection:
            OwnedRows(connection, self._portal_id).put_prune_rules(rules)

    def finish_run(self, run_id: str, status: RunStatus) -> None:
        """Record how a run ended: this run, or an earlier one whose process was killed.

        Raises:
            StateError: ``status`` is finished, but the journal does not have all planned changes.
        """
        with self._writing() as connection:
            Journal(connection, self._portal_id).end_run(run_id, status, self._lease.now())

    def remove(self, keys: Iterable[ThingAddress]) -> Path | None:
        """Stop owning the things with ``keys``.

        Portal and journal keep them. Return the backup of a SQLite file; None for PostgreSQL.
        """
        with self._writing() as connection:
            backup = self._back_up()
            removed = tuple(keys)
            OwnedRows(connection, self._portal_id).remove(removed)
            PairRows(connection, self._portal_id).remove_named_by(removed)
            self._raise_serial(connection)
        return backup

    def forget(self, thing: NamedThing) -> int:
        """Erase a record or definition from state and journal.

        No trace of it stays in a SQLite file. Backups, reports and plan files are not changed.

        Returns:
            the number of entries in state and journal that named it.

        Raises:
            StateError: a call that names it is unfinished.
        """
        with self._writing() as connection:
            count = forget(connection, self._portal_id, thing)
            self._raise_serial(connection)
        self._database.compact()
        return count

    def import_state(self, export: Export) -> Path | None:
        """Remove everything owned, and store the contents of ``export``; return the backup of a SQLite file.

        An empty state gets the lineage and serial of the export. A state of the same lineage gets a serial
        that is greater than its own and that of the export.

        Raises:
            StateError: the export is of another portal or lineage, a record has two entries, or the file of
                the export was changed.
        """
        with self._writing() as connection:
            rows = OwnedRows(connection, self._portal_id)
            version = imported_version(self._portal_id, rows.version(), export)
            backup = self._back_up()
            rows.set_version(version)
            if not rows.project() and export.project:
                rows.set_project(export.project)
            rows.remove_all()
            rows.put_prune_rules(export.prune_rules)
            if rows.put(export.owned, version.serial):
                raise named_twice(export)
            PairRows(connection, self._portal_id).put(export.pairs, version.serial)
        return backup

    def copy_from(self, source: Connection) -> int:
        """Copy every row of the portal from another state into this empty one; return the number of rows."""
        with self._writing() as connection:
            count = copy_rows(source, connection, self._portal_id)
        self._database.fill_file()
        return count

    def copy_owned_from(self, source: Connection) -> int:
        """Copy everything owned from another state into this one, without the journal, with a new lineage."""
        with self._writing() as connection:
            count = copy_rows(source, connection, self._portal_id, OWNERSHIP)
            serial = OwnedRows(source, self._portal_id).version().serial  # serial of the copied rows
            OwnedRows(connection, self._portal_id).set_version(StateVersion(str(uuid.uuid4()), serial))
            return count

    def write_anew(self) -> None:
        """Make the next publication write everything again, encrypted with the newest key.

        Raises:
            StateError: the state is in a database, which we do not encrypt.
        """
        self._lease.write_anew()

    def adopt_project(self, name: str | None) -> None:
        """Make the project called ``name`` the owner of the state."""
        with self._writing() as connection:
            OwnedRows(connection, self._portal_id).set_project(name)

    def drop(self) -> None:
        """Remove everything about this portal: ownership and journal."""
        with self._writing() as connection:
            rows = OwnedRows(connection, self._portal_id)
            rows.remove_all()
            rows.set_version(StateVersion(None, 0))
            Journal(connection, self._portal_id).remove_all()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            renewed_at = self._lease.hold(connection)
            yield connection
        self._lease.confirm(renewed_at)
        self._lease.renew_if_due()

    def _raise_serial(self, connection: Connection) -> int:
        rows = OwnedRows(connection, self._portal_id)
        present = rows.version()
        raised = StateVersion(present.lineage or str(uuid.uuid4()), present.serial + 1)
        rows.set_version(raised)
        return raised.serial

    def _back_up(self) -> Path | None:
        """Copy the database file as of the last commit, without the caller's transaction.

        Return None for PostgreSQL, which has its own backups.
        """
        path = self._database.path
        return copy_database(path, self._lease.now()) if path else None
