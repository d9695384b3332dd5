"""SQL conditions that select runs and changes in the journal, and checks of these rows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from reconciler.errors import StateError
from reconciler.model.outcomes import Unknown
from reconciler.state.row_codec import planned_count
from reconciler.state.run_types import RunStatus
from reconciler.state.tables import changes, runs

KEEP_VALUES = timedelta(days=90)
"""Time for which the journal keeps values: as long as a run can be rolled back."""

ERASED: Mapping[str, None] = dict.fromkeys(("values", "remembered", "forgotten", "answer", "display_names"))
"""The columns of a change that are set to null when its values are erased."""

IS_OPEN: ColumnElement[bool] = or_(changes.c.outcome.is_(None), changes.c.outcome == Unknown.word)


def the_run(portal_id: int, run_id: str) -> ColumnElement[bool]:
    """Return the condition for the row of one run."""
    return and_(runs.c.portal_id == portal_id, runs.c.id == run_id)


def changes_of(portal_id: int, run_id: str) -> ColumnElement[bool]:
    """Return the condition for the changes of one run."""
    return and_(changes.c.portal_id == portal_id, changes.c.run_id == run_id)


def run_row(connection: Connection, portal_id: int, run_id: str) -> Row[Any]:
    """Return the row of one run.

    Raises:
        StateError: there is no such run.
    """
    row = connection.execute(select(runs).where(the_run(portal_id, run_id))).one_or_none()
    if row is None:
        raise StateError(f"there is no run {run_id}: `reconciler runs list` shows all runs")
    return row


def check_accounting(header: Row[Any], status: RunStatus, journaled: int) -> None:
    """Check that the journal has no more changes than the run planned and, if it finished, all of them.

    Raises:
        StateError: there are too many changes, or too few in a run that is marked as finished.
    """
    planned = planned_count(header)
    if journaled > planned or (status is RunStatus.FINISHED and journaled < planned):
        raise StateError(
            f"run {header.id} planned {planned} changes and its journal has {journaled}: this is a bug, "
            "please report it; `reconciler plan` shows what is left to do"
        )
