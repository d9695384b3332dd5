"""The journal: runs, batches and changes.

A change is written to it before its call, without an outcome, and gets one after the call. ``Unknown`` is an
outcome only for the accounting: such a change stays open until it is settled by reading.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from reconciler.errors import StateError
from reconciler.model.addresses import RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.outcomes import Applied, Outcome, Rejected, Unknown, done_of
from reconciler.model.owned import Origin
from reconciler.model.runs import RunDetail, RunHeader, RunRow, RunSummary
from reconciler.plan.change import Action, Change, carried_out
from reconciler.plan.file.fields import change_cells, change_in
from reconciler.plan.kinds import RECORDS
from reconciler.state.row_codec import (
    done_in,
    header_of,
    outcome_columns,
    planned_count,
    run_columns,
    run_row_of,
    value_names,
)
from reconciler.state.run_types import PastRun, RunStart, RunStatus, Sent, UnfinishedBatch
from reconciler.state.tables import batches, changes, intents, runs

KEEP_VALUES = timedelta(days=90)
"""Time for which the journal keeps values: as long as a run can be rolled back."""

ERASED: Mapping[str, None] = {"values": None, "remembered": None, "forgotten": None, "answer": None}
"""Columns of a change that become empty when its values are erased."""

IS_OPEN: ColumnElement[bool] = or_(changes.c.outcome.is_(None), changes.c.outcome == Unknown.word)


LAST = "last"
"""Names the newest run."""

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Journal:
    """One portal's journal, within a transaction."""

    connection: Connection
    portal_id: int

    def add_run(self, run_id: str, serial: int, start: RunStart, now: datetime) -> None:
        """Add the header of a run that begins."""
        columns = {"portal_id": self.portal_id, "id": run_id, "serial": serial, "started_at": now}
        running = {"status": RunStatus.RUNNING.value}
        self.connection.execute(runs.insert(), columns | run_columns(start) | running)

    def add_intent(self, batch: UnfinishedBatch, twice: Collection[int]) -> None:
        """Add a batch that will be sent, with its changes; the changes in ``twice`` take two calls each."""
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
        """Record when a call is about to leave, and which changes it contains."""
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
        """Add changes that need no call, with their outcomes."""
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
        """Record outcomes of changes of one batch; the batch is finished when all are known.

        Raises:
            StateError: a change is not in this batch, or its outcome is final already.
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
        """Record how a run ended.

        Raises:
            StateError: it is marked as finished, but a planned change has no entry.
        """
        count = select(func.count()).select_from(changes).where(self._of_run(run_id))
        _check_accounting(self._header(run_id), status, self.connection.scalar(count) or 0)
        self.connection.execute(
            update(runs).where(self._is_run(run_id)).values(status=status.value, finished_at=now)
        )

    def erase_old_values(self, now: datetime) -> None:
        """Erase the values of old runs; runs with unsettled changes keep theirs."""
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
            self.connection.execute(update(changes).where(self._of_run(run_id)).values(dict(ERASED)))
            self.connection.execute(update(runs).where(self._is_run(run_id)).values(erased_at=now))

    def erased_runs(self) -> dict[str, datetime]:
        """Return the runs whose values were erased because of their age, and when."""
        query = select(runs.c.id, runs.c.erased_at).where(
            runs.c.portal_id == self.portal_id, runs.c.erased_at.is_not(None)
        )
        return {row.id: row.erased_at for row in self.connection.execute(query)}

    def unfinished(self) -> tuple[UnfinishedBatch, ...]:
        """Return batches with changes without a final outcome, oldest run first, in order of number."""
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

    def headers(self) -> tuple[RunHeader, ...]:
        """Return all runs, newest first."""
        query = select(runs).where(runs.c.portal_id == self.portal_id).order_by(runs.c.serial.desc())
        return tuple(map(header_of, self.connection.execute(query)))

    def last_commit(self) -> str | None:
        """Return the commit of the newest run that was made from a git checkout; None if there is none."""
        query = (
            select(runs.c.git_commit)
            .where(runs.c.portal_id == self.portal_id, runs.c.git_commit.is_not(None))
            .order_by(runs.c.serial.desc())
            .limit(1)
        )
        return self.connection.scalar(query)

    def summaries(self) -> tuple[RunSummary, ...]:
        """Return all runs, newest first, with the counts of their changes."""
        query = (
            select(changes.c.run_id, changes.c.outcome, func.count())
            .where(changes.c.portal_id == self.portal_id)
            .group_by(changes.c.run_id, changes.c.outcome)
        )
        outcomes: dict[str, dict[str | None, int]] = {}
        for run_id, outcome, count in self.connection.execute(query):
            outcomes.setdefault(run_id, {})[outcome] = count
        return tuple(RunSummary(header, outcomes.get(header.id, {})) for header in self.headers())

    def find_run(self, said: str) -> str:
        """Return the id of the run with this beginning of its id, or of the last run.

        Raises:
            StateError: there is none, or more than one.
        """
        newest = select(runs.c.id).where(runs.c.portal_id == self.portal_id).order_by(runs.c.serial.desc())
        if said == LAST:
            meant = newest.limit(1)
        else:
            meant = newest.where(runs.c.id.startswith(said, autoescape=True)).limit(_MOST_NAMED + 1)
        found = self.connection.scalars(meant).all()
        if not found:
            raise StateError(f"there is no run {said}: `reconciler runs list` shows those there are")
        if len(found) > 1:
            named = ", ".join(found[:_MOST_NAMED]) + (" and others" if len(found) > _MOST_NAMED else "")
            raise StateError(f"{said} may be {named}: say more of it")
        return str(found[0])

    def last_runs(self, object_name: str, record_id: RecordId) -> Mapping[str, RunHeader]:
        """Return, for each property of a record, the newest run that applied it or found it in step."""
        query = (
            select(runs, changes.c["values"], changes.c.remembered, changes.c.forgotten)
            .join(changes, and_(changes.c.portal_id == runs.c.portal_id, changes.c.run_id == runs.c.id))
            .where(
                runs.c.portal_id == self.portal_id,
                changes.c.object == object_name,
                changes.c.record_id == record_id,
                changes.c.outcome == Applied.word,
            )
            .order_by(runs.c.serial.desc(), changes.c.number.desc())
        )
        newest: dict[str, RunHeader] = {}
        for row in self.connection.execute(query):
            for name in value_names(row):
                newest.setdefault(name, header_of(row))
        return newest

    def created(self, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Return the records in ``ids`` that a run created; erased answers are unknown."""
        query = select(changes).where(
            changes.c.portal_id == self.portal_id,
            changes.c.object == object_name,
            changes.c.record_id.in_(ids),
            changes.c.kind == RECORDS.name,
            changes.c.action == Action.CREATE.value,
            changes.c.outcome == Applied.word,
            changes.c.answer.is_not(None),
            changes.c.origin == Origin.CREATED.value,
        )
        found = ((row.record_id, done_in(row)) for row in self.connection.execute(query))
        return frozenset(
            RecordId(record_id) for record_id, done in found if done and done.is_new is not False
        )

    def names(self, object_name: str, by: str) -> bool:
        """Return whether any change is about a record of this type with key property ``by``."""
        own = and_(changes.c.object == object_name, changes.c.by == by)
        other = and_(changes.c.to_object == object_name, changes.c.to_by == by)
        found = exists().where(changes.c.portal_id == self.portal_id, or_(own, other))
        return bool(self.connection.scalar(select(found)))

    def run(self, run_id: str, *, lists_applied: bool) -> RunDetail:
        """Return one run with its journaled changes, in the order of the plan.

        Raises:
            StateError: there is no such run, or its accounting does not add up.
        """
        header = self._header(run_id)
        query = select(changes).where(self._of_run(run_id)).order_by(changes.c.number)
        unlisted = 0
        if not lists_applied:
            is_applied = changes.c.outcome == Applied.word
            count = select(func.count()).select_from(changes).where(self._of_run(run_id), is_applied)
            unlisted = self.connection.scalar(count) or 0
            query = query.where(or_(changes.c.outcome.is_(None), ~is_applied))
        rows = tuple(map(run_row_of, self.connection.execute(query)))
        _check_accounting(header, RunStatus(header.status), len(rows) + unlisted)
        return RunDetail(header_of(header), rows, unlisted)

    def run_rows(self, run_id: str, after: int, limit: int) -> Sequence[RunRow]:
        """Return up to ``limit`` changes of a run with numbers above ``after``, in the order of the plan."""
        is_later = changes.c.number > after
        query = select(changes).where(self._of_run(run_id), is_later).order_by(changes.c.number).limit(limit)
        return tuple(map(run_row_of, self.connection.execute(query)))

    def past_run(self, run_id: str) -> PastRun:
        """Return the changes of one run, with the values that it overwrote.

        Raises:
            StateError: there is no such run, or its values are erased.
        """
        header = self._header(run_id)
        if header.erased_at is not None:
            raise StateError(
                f"run {run_id} cannot be taken back: the values that it wrote over were kept for "
                f"{KEEP_VALUES.days} days, and erased on {header.erased_at:%Y-%m-%d}"
            )
        query = (
            select(changes)
            .where(self._of_run(run_id), changes.c.outcome.in_([Applied.word, Rejected.word]))
            .order_by(changes.c.number)
        )
        rows = self.connection.execute(query).all()
        known = [row for row in rows if row.values is not None]
        done = ((change_in(row._asdict()), found) for row in known if (found := done_in(row)))
        applied = tuple((carried_out(change, found.written), found) for change, found in done)
        erased = sum(row.values is None and row.outcome == Applied.word for row in rows)
        return PastRun(header_of(header), applied, erased)

    def remove_all(self) -> None:
        """Remove all runs."""
        for table in (intents, changes, batches, runs):
            self.connection.execute(table.delete().where(table.c.portal_id == self.portal_id))

    def _is_run(self, run_id: str) -> ColumnElement[bool]:
        return and_(runs.c.portal_id == self.portal_id, runs.c.id == run_id)

    def _of_run(self, run_id: str) -> ColumnElement[bool]:
        return and_(changes.c.portal_id == self.portal_id, changes.c.run_id == run_id)

    def _open_entries(self, run_id: str, batch_number: int) -> tuple[tuple[int, Change], ...]:
        query = (
            select(changes).where(self._in_batch(run_id, batch_number), IS_OPEN).order_by(changes.c.number)
        )
        return tuple((row.number, change_in(row._asdict())) for row in self.connection.execute(query))

    def _in_batch(self, run_id: str, batch_number: int) -> ColumnElement[bool]:
        """Select the changes that a call of the batch carries."""
        carried = select(intents.c.change).where(
            intents.c.portal_id == self.portal_id,
            intents.c.run_id == run_id,
            intents.c.batch == batch_number,
        )
        return and_(self._of_run(run_id), changes.c.number.in_(carried))

    def _sent(self, run_id: str, batch_number: int) -> Sent:
        query = select(intents).where(
            intents.c.portal_id == self.portal_id,
            intents.c.run_id == run_id,
            intents.c.batch == batch_number,
        )
        return {(row.change, row.ordinal): row.sent_at for row in self.connection.execute(query)}

    def _header(self, run_id: str) -> Row[Any]:
        row = self.connection.execute(select(runs).where(self._is_run(run_id))).one_or_none()
        if row is None:
            raise StateError(f"there is no run {run_id}: `reconciler runs list` shows those there are")
        return row


def _check_accounting(header: Row[Any], status: RunStatus, journaled: int) -> None:
    planned = planned_count(header)
    if journaled > planned or (status is RunStatus.FINISHED and journaled < planned):
        raise StateError(
            f"run {header.id} planned {planned} changes and its journal has {journaled}: this is a bug, "
            "please report it; `reconciler plan` shows what is left to do"
        )
