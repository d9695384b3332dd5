"""Moving a state to another place, and encrypting it again with another key."""

import os
from dataclasses import replace
from typing import NamedTuple

from reconciler.apply.recovery.resume import is_anything_open
from reconciler.errors import StateError, UnplacedProblem, UsageError
from reconciler.project.correct_state import check_has_state
from reconciler.project.env_file import with_env_file
from reconciler.project.files import read_encrypted, write_encrypted
from reconciler.project.git_state import is_in_git
from reconciler.project.notices import Notice
from reconciler.project.run_reports import report_folder
from reconciler.project.session import Session
from reconciler.project.settings_rules import STATE_ADVICE, state_fault, state_url, variable_of
from reconciler.state.database import whole_or_absent
from reconciler.state.store import Store

MANY = 100_000
"""Number of owned records above which PostgreSQL is advised."""


class Moved(NamedTuple):
    """The result of moving a state to another place."""

    rows: int
    owned: int  # number of owned records


def move_state(session: Session, to: str) -> Moved:
    """Copy the state of the environment to ``to`` and compare every row; the old state is not changed.

    Args:
        session: session of the environment; its settings say where the state is now.
        to: address as in ``reconciler.yaml``, or ``${VARIABLE}``.

    Raises:
        UsageError: ``to`` is not the address of a place for a state, contains a state already, or is the
            present address.
        StateError: the results of an interrupted run are unknown, a place cannot be used or is locked, or
            rows differ.
    """
    check_has_state(session)
    target = _with_state_at(session, to)
    settings = target.settings
    if settings.state_url == session.settings.state_url:
        raise UsageError("the state is already in this place: nothing was moved")
    with (
        session.writer() as (source, _),
        whole_or_absent(settings.state_url or "", settings.project),  # half a copy hinders the next try
        target.state(to_write=True) as place,
    ):
        _check_settled(source)
        if not place.is_empty():
            raise UsageError(
                "this place already contains a state: nothing was moved\n    choose an empty place"
            )
        with target.claim().acquire(place) as writer:
            rows = source.copy_into(writer)
        with target.state(to_write=False) as written:
            table = source.difference_from(written)
        if table is not None:
            raise StateError(
                f"the copy of the table {table} differs from the table of the state: go on using the old "
                "state; this is a bug, please report it"
            )
        owned = source.count()
    if owned > MANY and is_in_git(target):
        session.notify(
            Notice(f"for more than {MANY:,} records PostgreSQL is faster than git", is_advice=True)
        )
    return Moved(rows, owned)


def write_state_anew(session: Session) -> int:
    """Write state and reports again, encrypted with the newest key; return the number of reports.

    Raises:
        StateError: the state is in a database, cannot be written to, or is locked.
        UsageError: there is no state, or a report cannot be read.
    """
    check_has_state(session)
    with session.writer() as (_, writer):
        writer.write_anew()
    reports = sorted(report_folder(session).glob("*.json"))
    for report in reports:
        write_encrypted(report, [read_encrypted(report, "report").encode()])
    return len(reports)


def _with_state_at(session: Session, to: str) -> Session:
    """Return a session of the same environment whose state is at ``to``."""
    variable = variable_of(to)
    if variable is not None:
        to = with_env_file(os.environ).get(variable, "")
        if not to:
            raise UsageError(
                f"the variable {variable} is not set: it must contain the new place of the state"
            )
    fault = UnplacedProblem("`none` keeps no state", STATE_ADVICE) if to == "none" else state_fault(to)
    if fault is not None:
        raise UsageError(f"{fault.message}\n    {fault.advice}")
    url = state_url(to, session.settings.project)
    return Session(replace(session.settings, state_url=url), session.notify)


def _check_settled(source: Store) -> None:
    """Check that no interrupted run has calls whose results are unknown.

    Their results can be found out only with the state that has the calls in its journal.
    """
    if is_anything_open(source):
        raise StateError(
            "a run was interrupted: first run `reconciler apply`, which finds out the results of the "
            "interrupted run; then move the state"
        )
