"""Reading past runs from the journal: for people, for rollback, and for identifying records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from reconciler.errors import StateError
from reconciler.model.addresses import RecordId
from reconciler.model.outcomes import Applied, Rejected
from reconciler.model.runs import RunDetail, RunHeader, RunRow, RunSummary
from reconciler.plan.change import carried_out
from reconciler.plan.file.fields import change_in
from reconciler.state.journal_rows import KEEP_VALUES, changes_of, check_accounting, run_row
from reconciler.state.row_codec import done_in, header_of, run_row_of, value_names
from reconciler.state.run_types import PastRun, RunStatus
from reconciler.state.tables import changes, runs, states

LAST = "last"
"""Stands for the newest run on the command line."""

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class RunReader:
    """One portal's runs; all methods run in the caller's transaction."""

    connection: Connection
    portal_id: int

    def headers(self) -> tuple[RunHeader, ...]:
        """Return all runs, newest first."""
        query = select(runs).where(runs.c.portal_id == self.portal_id).order_by(runs.c.serial.desc())
        lineage = self._lineage()
        return tuple(header_of(row, lineage) for row in self.connection.execute(query))

    def last_commit(self) -> str | None:
        """Return the commit of the newest run that was made in a git checkout; None if there is none."""
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
        """Return the id of the run whose id begins with ``said``, or of the newest run for "last".

        Raises:
            StateError: there is no such run, or more than one, or ``said`` is empty.
        """
        if not said:  # every id begins with it, and an unset variable of a script must not choose a run
            raise StateError("RUN is empty: `reconciler runs list` shows all runs")
        newest = select(runs.c.id).where(runs.c.portal_id == self.portal_id).order_by(runs.c.serial.desc())
        if said == LAST:
            meant = newest.limit(1)
        else:
            meant = newest.where(runs.c.id.startswith(said, autoescape=True)).limit(_MOST_NAMED + 1)
        found = self.connection.scalars(meant).all()
        if not found:
            raise StateError(f"there is no run {said}: `reconciler runs list` shows all runs")
        if len(found) > 1:
            named = ", ".join(found[:_MOST_NAMED]) + (" and others" if len(found) > _MOST_NAMED else "")
            raise StateError(f"several runs begin with {said}: {named}. Write more of the id")
        return str(found[0])

    def last_runs(self, object_name: str, record_id: RecordId) -> Mapping[str, RunHeader]:
        """Return, for each property of a record, the newest run that changed it in HubSpot or state."""
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
        lineage = self._lineage()
        for row in self.connection.execute(query):
            for name in value_names(row):
                newest.setdefault(name, header_of(row, lineage))
        return newest

    def names(self, object_name: str, by: str) -> bool:
        """Return whether the journal has a change of a record of this type with key property ``by``."""
        own = and_(changes.c.object == object_name, changes.c.by == by)
        other = and_(changes.c.to_object == object_name, changes.c.to_by == by)
        found = exists().where(changes.c.portal_id == self.portal_id, or_(own, other))
        return bool(self.connection.scalar(select(found)))

    def run(self, run_id: str, *, lists_applied: bool) -> RunDetail:
        """Return one run with its changes in the journal, in the order of the plan.

        Applied changes are only counted, unless ``lists_applied``.

        Raises:
            StateError: there is no such run, or the journal has too few or too many changes.
        """
        header = run_row(self.connection, self.portal_id, run_id)
        in_run = changes_of(self.portal_id, run_id)
        query = select(changes).where(in_run).order_by(changes.c.number)
        unlisted = 0
        if not lists_applied:
            is_applied = changes.c.outcome == Applied.word
            count = select(func.count()).select_from(changes).where(in_run, is_applied)
            unlisted = self.connection.scalar(count) or 0
            query = query.where(or_(changes.c.outcome.is_(None), ~is_applied))
        rows = tuple(map(run_row_of, self.connection.execute(query)))
        check_accounting(header, RunStatus(header.status), len(rows) + unlisted)
        return RunDetail(header_of(header, self._lineage()), rows, unlisted)

    def run_rows(self, run_id: str, after: int, limit: int) -> Sequence[RunRow]:
        """Return up to ``limit`` changes of a run whose number is greater than ``after``, in order."""
        is_later = changes.c.number > after
        query = (
            select(changes)
            .where(changes_of(self.portal_id, run_id), is_later)
            .order_by(changes.c.number)
            .limit(limit)
        )
        return tuple(map(run_row_of, self.connection.execute(query)))

    def past_run(self, run_id: str) -> PastRun:
        """Return the applied changes of one run, with the values that it overwrote.

        Raises:
            StateError: there is no such run, or its values were erased.
        """
        header = run_row(self.connection, self.portal_id, run_id)
        if header.erased_at is not None:
            raise StateError(
                f"run {run_id} cannot be rolled back: the overwritten values were kept for "
                f"{KEEP_VALUES.days} days, and erased on {header.erased_at:%Y-%m-%d}"
            )
        query = (
            select(changes)
            .where(changes_of(self.portal_id, run_id), changes.c.outcome.in_([Applied.word, Rejected.word]))
            .order_by(changes.c.number)
        )
        rows = self.connection.execute(query).all()
        known = [row for row in rows if row.values is not None]
        done = ((change_in(row._asdict()), found) for row in known if (found := done_in(row)))
        applied = tuple((carried_out(change, found.written), found) for change, found in done)
        erased = sum(row.values is None and row.outcome == Applied.word for row in rows)
        return PastRun(header_of(header, self._lineage()), applied, erased)

    def erased_runs(self) -> dict[str, datetime]:
        """Return the runs whose values were erased because of their age, with the time of erasing."""
        query = select(runs.c.id, runs.c.erased_at).where(
            runs.c.portal_id == self.portal_id, runs.c.erased_at.is_not(None)
        )
        return {row.id: row.erased_at for row in self.connection.execute(query)}

    def _lineage(self) -> str | None:
        return self.connection.scalar(select(states.c.lineage).where(states.c.portal_id == self.portal_id))
