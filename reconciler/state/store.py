"""The state of one portal: what is owned, what was done, and who may write.

Every method is one transaction and is called from the coordinating thread only: workers send, they
never touch state. What changes anything is a method of ``PortalWriter``, which ``acquire`` hands out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from reconciler.model.addresses import RecordId
from reconciler.model.associations import OwnedPair
from reconciler.model.desired import PruneRule
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.model.runs import RunDetail, RunHeader, RunSummary
from reconciler.state import lock
from reconciler.state.association_rows import PairRows
from reconciler.state.database import Database, Upgrade, memory_database, open_database, open_to_read
from reconciler.state.database_files import backups_of
from reconciler.state.erase import names_of
from reconciler.state.export_format import export_lines
from reconciler.state.journal import Journal
from reconciler.state.lock import LEASE, LockHolder
from reconciler.state.owned_rows import OwnedRows
from reconciler.state.run_types import Actor, PastRun, UnfinishedBatch
from reconciler.state.writer import StateWriter


class Store:
    """One portal's state, to read; every method raises StateError where the database cannot be used."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database = database
        self._portal_id = portal_id

    @property
    def upgrade(self) -> Upgrade | None:
        """That the tables were of an older version until this state was opened; None where they were not."""
        return self._database.upgrade

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def version(self) -> StateVersion:
        """Lineage and serial; no lineage and serial 0 where nothing was ever written."""
        with self._owned() as rows:
            return rows.version()

    def project(self) -> str | None:
        """The project whose state it is; empty where it has no name, None where nothing was applied yet."""
        with self._owned() as rows:
            return rows.project()

    def owned(self, object_name: str, by: str, keys: Sequence[str]) -> dict[str, OwnedRecord]:
        """Those of ``keys`` that are owned, by key. Up to 900 keys at a time."""
        with self._owned() as rows:
            return {record.key.value: record for record in rows.of_keys(object_name, by, keys)}

    def owned_by_id(self, object_name: str, ids: Sequence[RecordId]) -> dict[RecordId, OwnedRecord]:
        """Those of the records ``ids`` that are owned, under whatever keys. Up to 900 at a time."""
        with self._owned() as rows:
            return {record.record_id: record for record in rows.of_ids(object_name, ids)}

    def moved_since(self, serial: int, object_name: str, by: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` whose entry was written after ``serial``; entries removed since are not told."""
        with self._owned() as rows:
            return rows.moved_since(serial, object_name, by, keys)

    def ids_moved_since(self, serial: int, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Those of the records ``ids`` whose entry was written after ``serial``, under whatever key."""
        with self._owned() as rows:
            return rows.ids_moved_since(serial, object_name, ids)

    def owned_groups(self) -> tuple[tuple[str, str, int], ...]:
        """Object, key property and number of owned records of each group, sorted."""
        with self._owned() as rows:
            return rows.groups()

    def owned_in_order(
        self, object_name: str, by: str, after_key: str | None, limit: int
    ) -> tuple[OwnedRecord, ...]:
        """Up to ``limit`` owned records of a group with keys above ``after_key``, by code point."""
        with self._owned() as rows:
            return rows.in_order(object_name, by, after_key, limit)

    def paired_types(self) -> frozenset[tuple[str, str]]:
        """Between which object types associations are owned."""
        with self._pairs() as rows:
            return rows.types()

    def pairs(self, object_name: str, other: str) -> tuple[OwnedPair, ...]:
        """Owned associations between records of two object types, whichever named them."""
        with self._pairs() as rows:
            return rows.between(object_name, other)

    def pairs_of(self, record: OwnedRecord) -> tuple[OwnedPair, ...]:
        """Owned associations that lead from one record, sorted by the other."""
        with self._pairs() as rows:
            return rows.of_record(record.key.object, record.record_id)

    def pairs_written_since(self, serial: int) -> tuple[OwnedPair, ...]:
        """Owned associations whose entry was written after ``serial``."""
        with self._pairs() as rows:
            return rows.written_since(serial)

    def prune_rules(self) -> tuple[PruneRule, ...]:
        """What is remembered of pruning, sorted by object and key property."""
        with self._owned() as rows:
            return rows.prune_rules()

    def count(self) -> int:
        """How many records are owned."""
        return sum(count for _, _, count in self.owned_groups())

    def find(self, object_name: str, *, by_record_id: bool, value: str) -> tuple[OwnedRecord, ...]:
        """What an address means, by its parts as ``split_address`` gives them; rarely more than one."""
        with self._owned() as rows:
            return rows.at_address(object_name, by_record_id=by_record_id, value=value)

    def unfinished(self) -> tuple[UnfinishedBatch, ...]:
        """Batches of any run with changes that nobody knows the outcome of; oldest first."""
        with self._journal() as journal:
            return journal.unfinished()

    def runs(self) -> tuple[RunHeader, ...]:
        """All runs, newest first."""
        with self._journal() as journal:
            return journal.headers()

    def run_summaries(self) -> tuple[RunSummary, ...]:
        """All runs, newest first, and what their changes come to."""
        with self._journal() as journal:
            return journal.summaries()

    def find_run(self, said: str) -> str:
        """The id of the run that is meant by the beginning of its id, or by ``last``.

        Raises:
            StateError: there is none, or more than one.
        """
        with self._journal() as journal:
            return journal.find_run(said)

    def created(self, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Those of the records ``ids`` that a run created, as far as is known. Up to 900 at a time."""
        with self._journal() as journal:
            return journal.created(object_name, ids)

    def last_runs(self, record: OwnedRecord) -> Mapping[str, RunHeader]:
        """By property of ``record``, the newest run that applied it, as far as the journal still knows."""
        with self._journal() as journal:
            return journal.last_runs(record.key.object, record.record_id)

    def has_named(self, object_name: str, by: str) -> bool:
        """Whether the journal knows any record of this type that is recognised by property ``by``."""
        with self._journal() as journal:
            return journal.names(object_name, by)

    def last_commit(self) -> str | None:
        """The commit of the manifests that were applied last; None where none is known."""
        with self._journal() as journal:
            return journal.last_commit()

    def run(self, run_id: str, *, lists_applied: bool = True) -> RunDetail:
        """One run with its changes, in the order of the plan; those that were applied may be left unlisted.

        Changes that were never attempted before an interruption have no row. Values that were
        forgotten, or kept for 90 days, are not there.

        Raises:
            StateError: there is no such run, or its accounting does not add up.
        """
        with self._journal() as journal:
            return journal.run(run_id, lists_applied=lists_applied)

    def erased_runs(self) -> dict[str, datetime]:
        """Runs whose values had been kept long enough, and when they were erased."""
        with self._journal() as journal:
            return journal.erased_runs()

    def names_of(self, object_name: str, *, by_record_id: bool, value: str) -> frozenset[str]:
        """All keys and record ids that a record is known by in state and journal, with ``value`` itself."""
        with self._database.reading() as connection:
            return names_of(connection, self._portal_id, object_name, by_record_id=by_record_id, value=value)

    def past_run(self, run_id: str) -> PastRun:
        """What one run did, with the values that it wrote over.

        Raises:
            StateError: there is no such run, or its values were kept long enough.
        """
        with self._journal() as journal:
            return journal.past_run(run_id)

    def export(self) -> Iterator[str]:
        """Everything owned as JSON text, a line at a time, as of one moment."""
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

    def lock_holder(self) -> LockHolder | None:
        """Who has the lock, or had it last and never released it."""
        with self._database.reading() as connection:
            return lock.select_holder(connection, self._portal_id)

    def acquire(
        self,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        timeout_s: float,
        lasts: timedelta = LEASE,
    ) -> StateWriter:
        """The right to write, held until it is released or not renewed for as long as it ``lasts``.

        ``now`` dates the journal, and on SQLite the lock too; PostgreSQL has its own clock for that.

        Raises:
            Locked: somebody else still holds it after ``timeout_s``.
        """
        lease = lock.acquire(
            self._database, self._portal_id, actor, now=now, sleep=sleep, timeout_s=timeout_s, lasts=lasts
        )
        return StateWriter(self._database, self._portal_id, lease)

    def backups(self) -> tuple[Path, ...]:
        """Copies of a SQLite file that were made before surgery, oldest first."""
        path = self._database.path
        return backups_of(path) if path else ()

    def unlock(self) -> LockHolder | None:
        """Take the lock away by force; says from whom, if from anybody."""
        return lock.unlock(self._database, self._portal_id)

    @contextmanager
    def _owned(self) -> Iterator[OwnedRows]:
        with self._database.reading() as connection:
            yield OwnedRows(connection, self._portal_id)

    @contextmanager
    def _pairs(self) -> Iterator[PairRows]:
        with self._database.reading() as connection:
            yield PairRows(connection, self._portal_id)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        with self._database.reading() as connection:
            yield Journal(connection, self._portal_id)


def open_state(url: str, project: Path, portal_id: int) -> Store:
    """The state at ``url``, made where it is missing; a relative SQLite path starts at ``project``.

    Raises:
        UsageError: ``url`` names no database that can hold state.
        StateError: it cannot be used.
    """
    return Store(open_database(url, project), portal_id)


def open_state_to_read(url: str, project: Path, portal_id: int) -> Store:
    """The state at ``url`` as it is; empty where there is none. Nothing is made or changed.

    Raises:
        UsageError: ``url`` names no database that can hold state.
        StateError: it cannot be used, or needs an upgrade first.
    """
    return Store(open_to_read(url, project), portal_id)


def memory_state(portal_id: int) -> Store:
    """A state that ends with this process: for ``state: none``."""
    return Store(memory_database(is_writable=True), portal_id)
