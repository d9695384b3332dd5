"""The journal: runs, batches and changes.

A change is written to the journal before its call, without an outcome, and gets its outcome after the call.
A change with the outcome ``Unknown`` stays open until a later run finds out the result by reading.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, select, update

from reconciler.errors import StateError
from reconciler.model.calls import Call, Operation
from reconciler.model.outcomes import Outcome, Unknown, done_of
from reconciler.plan.change import Change
from reconciler.plan.file.fields import change_cells, change_in
from reconciler.state.journal_rows import (
    ERASED,
    IS_OPEN,
    KEEP_VALUES,
    changes_of,
    check_accounting,
    run_row,
    the_run,
)
from reconciler.state.row_codec import outcome_columns, run_columns
from reconciler.state.run_types import RunStart, RunStatus, Sent, UnfinishedBatch
from reconciler.state.tables import batches, changes, intents, runs


@dataclass(frozen=True, slots=True)
class Journal:
    """One portal's journal; all methods run in the caller's transaction."""

    connection: Connection
    portal_id: int

    def add_run(self, run_id: str, serial: int, start: RunStart, now: datetime) -> None:
        """Add the header of a run at its beginning."""
        columns = {"portal_id": self.portal_id, "id": run_id, "serial": serial, "started_at": now}
        running = {"status": RunStatus.RUNNING.value}
        self.connection.execute(runs.insert(), columns | run_columns(start) | running)

    def add_intent(self, batch: UnfinishedBatch, twice: Collection[int]) -> None:
        """Add a batch that will be sent, with its changes.

        ``twice`` contains the numbers of those changes that take two calls.
        """
        place = {"portal_id": self.portal_id, "run_id": batch.run_id}
        self.connection.execute(
            batches.insert(),
            place
            | {
                "number": batch.number,
                "object": batch.object,
                "call": batch.operation.call.value,
                "id_property": batch.operation.id_property,
                "intended_at": batch.intended_at,
            },
        )
        self.connection.execute(
            changes.insert(),
            [place | {"number": number} | change_cells(change) for number, change in batch.entries],
        )
        self.connection.execute(
            intents.insert(),
            [
                place | {"change": number, "ordinal": ordinal, "batch": batch.number}
                for number, _ in batch.entries
                for ordinal in ((1, 2) if number in twice else (1,))
            ],
        )

    def set_sent(self, run_id: str, ordinal: int, numbers: Sequence[int], moment: datetime) -> None:
        """Store the time at which a call is about to be sent, for all changes in it."""
        self.connection.execute(
            update(intents)
            .where(
                intents.c.portal_id == self.portal_id,
                intents.c.run_id == run_id,
                intents.c.ordinal == ordinal,
                intents.c.change.in_(numbers),
            )
            .values(sent_at=moment)
        )

    def add_uncalled(self, run_id: str, entries: Iterable[tuple[int, Change, Outcome]]) -> None:
        """Add changes that need no call, or whose call is not made, with their outcomes."""
        place = {"portal_id": self.portal_id, "run_id": run_id}
        rows = [
            place | {"number": number} | change_cells(change) | outcome_columns(outcome)
            for number, change, outcome in entries
        ]
        if rows:
            self.connection.execute(changes.insert(), rows)

    def set_outcomes(
        self, run_id: str, batch_number: int, outcomes: Mapping[int, Outcome], now: datetime
    ) -> None:
        """Store outcomes of changes of one batch; when all are known, mark the batch as finished.

        Raises:
            StateError: a change is not in this batch, or already has a final outcome.
        """
        in_batch = self._in_batch(run_id, batch_number)
        still_open = set(self.connection.scalars(select(changes.c.number).where(in_batch, IS_OPEN)))
        if surplus := sorted(outcomes.keys() - still_open):
            raise StateError(
                f"batch {batch_number} of run {run_id} has no open change {surplus[0]}: this is a bug, "
                "please report it; nothing was recorded"
            )
        if outcomes:
            self.connection.execute(
                update(changes)
                .where(in_batch, changes.c.number == bindparam("entry"))
                .values(
                    outcome=bindparam("outcome"),
                    answer=bindparam("answer"),
                    record_id=func.coalesce(changes.c.record_id, bindparam("given_id")),
                ),
                [
                    {"entry": number, "given_id": done.record_id if (done := done_of(outcome)) else None}
                    | outcome_columns(outcome)
                    for number, outcome in outcomes.items()
                ],
            )
        if still_open == {number for number, outcome in outcomes.items() if not isinstance(outcome, Unknown)}:
            self.connection.execute(
                update(batches)
                .where(
                    batches.c.portal_id == self.portal_id,
                    batches.c.run_id == run_id,
                    batches.c.number == batch_number,
                )
                .values(recorded_at=now)
            )

    def end_run(self, run_id: str, status: RunStatus, now: datetime) -> None:
        """Store how a run ended.

        Raises:
            StateError: the run is marked as finished, but a planned change has no entry.
        """
        count = select(func.count()).select_from(changes).where(changes_of(self.portal_id, run_id))
        check_accounting(
            run_row(self.connection, self.portal_id, run_id), status, self.connection.scalar(count) or 0
        )
        self.connection.execute(
            update(runs).where(the_run(self.portal_id, run_id)).values(status=status.value, finished_at=now)
        )

    def erase_old_values(self, now: datetime) -> None:
        """Erase the values of runs older than ``KEEP_VALUES``.

        Runs with changes whose outcome is still unknown are left out.
        """
        unsettled = exists().where(
            batches.c.portal_id == runs.c.portal_id,
            batches.c.run_id == runs.c.id,
            batches.c.recorded_at.is_(None),
        )
        old = select(runs.c.id).where(
            runs.c.portal_id == self.portal_id,
            runs.c.started_at < now - KEEP_VALUES,
            runs.c.erased_at.is_(None),
            ~unsettled,
        )
        for run_id in self.connection.scalars(old).all():
            self.connection.execute(
                update(changes).where(changes_of(self.portal_id, run_id)).values(dict(ERASED))
            )
            self.connection.execute(
                update(runs).where(the_run(self.portal_id, run_id)).values(erased_at=now, names=None)
            )

    def unfinished(self) -> tuple[UnfinishedBatch, ...]:
        """Return the batches that contain a change without a final outcome.

        They are sorted by run (oldest first) and by number.
        """
        query = (
            select(batches)
            .join(runs, and_(runs.c.portal_id == batches.c.portal_id, runs.c.id == batches.c.run_id))
            .where(batches.c.portal_id == self.portal_id, batches.c.recorded_at.is_(None))
            .order_by(runs.c.serial, batches.c.number)
        )
        return tuple(
            UnfinishedBatch(
                run_id=row.run_id,
                number=row.number,
                object=row.object,
                operation=Operation(Call(row.call), row.id_property),
                intended_at=row.intended_at,
                entries=self._open_entries(row.run_id, row.number),
                sent=self._sent(row.run_id, row.number),
            )
            for row in self.connection.execute(query).all()
        )

    def remove_all(self) -> None:
        """Remove all runs of the portal, with their changes."""
        for table in (intents, changes, batches, runs):
            self.connection.execute(table.delete().where(table.c.portal_id == self.portal_id))

    def _open_entries(self, run_id: str, batch_number: int) -> tuple[tuple[int, Change], ...]:
        query = (
            select(changes).where(self._in_batch(run_id, batch_number), IS_OPEN).order_by(changes.c.number)
        )
        return tuple((row.number, change_in(row._asdict())) for row in self.connection.execute(query))

    def _in_batch(self, run_id: str, batch_number: int) -> ColumnElement[bool]:
        """Return the condition for the changes that the calls of a batch contain."""
        carried = select(intents.c.change).where(
            intents.c.portal_id == self.portal_id,
            intents.c.run_id == run_id,
            intents.c.batch == batch_number,
        )
        return and_(changes_of(self.portal_id, run_id), changes.c.number.in_(carried))

    def _sent(self, run_id: str, batch_number: int) -> Sent:
        query = select(intents).where(
            intents.c.portal_id == self.portal_id,
            intents.c.run_id == run_id,
            intents.c.batch == batch_number,
        )
        return {(row.change, row.ordinal): row.sent_at for row in self.connection.execute(query)}
