"""The table of exit codes. Scripts rely on it; it never changes."""

from enum import IntEnum

from reconciler.errors import Locked, PlanRefused, ReconcilerError, Refusal


class ExitCode(IntEnum):
    """Exit codes of the process."""

    OK = 0  # done, or nothing to do
    ERROR = 1  # error, problem, wrong usage, wrong portal, or the user answered no
    CHANGES = 2  # differences found by a command that looks for differences, or by `plan --detailed-exitcode`
    NOT_APPLIED = 3  # a planned change was not applied: rejected, stale, unknown, skipped
    GUARDED = 4  # refused by a guard
    PLAN_REFUSED = 5  # altered, foreign, diverged or unreviewed plan, or stale changes and `--on-stale fail`
    LOCKED = 6  # another run is applying
    INTERRUPTED = 130


_GUARDS = frozenset({Refusal.GUARD, Refusal.PROTECTED})

PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.LOCKED,
    ExitCode.PLAN_REFUSED,
    ExitCode.GUARDED,
    ExitCode.NOT_APPLIED,
    ExitCode.ERROR,
    ExitCode.CHANGES,
    ExitCode.OK,
)
"""Exit codes, the most severe first: if several codes fit, a command returns the most severe one."""


def exit_of(error: ReconcilerError) -> ExitCode:
    """Return the exit code for ``error``."""
    match error:
        case Locked():
            return ExitCode.LOCKED
        case PlanRefused():
            return ExitCode.GUARDED if error.refusal in _GUARDS else ExitCode.PLAN_REFUSED
        case _:
            return ExitCode.ERROR


def most_severe(*exits: ExitCode) -> ExitCode:
    """Return the most severe of ``exits``; OK if there are none."""
    return next(code for code in PRECEDENCE if code in (*exits, ExitCode.OK))
