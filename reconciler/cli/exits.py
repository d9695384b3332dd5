"""The table of exit codes. Scripts rely on it; it never changes."""

from enum import IntEnum

from reconciler.errors import Locked, PlanRefused, ReconcilerError, Refusal


class ExitCode(IntEnum):
    """What the process says to whoever called it."""

    OK = 0  # done, or nothing to do
    ERROR = 1  # error, problem, usage, wrong portal, declined
    CHANGES = 2  # changes or drift, where that was the question
    NOT_APPLIED = 3  # a planned change was not applied: rejected, stale, unknown, skipped
    GUARDED = 4  # refused by a guard
    PLAN_REFUSED = 5  # altered, foreign, diverged or unreviewed plan, or stale rows and `--on-stale fail`
    LOCKED = 6  # somebody else is applying
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
"""Where several hold, the first of these is returned."""


def exit_of(error: ReconcilerError) -> ExitCode:
    """The code that ``error`` ends the process with."""
    match error:
        case Locked():
            return ExitCode.LOCKED
        case PlanRefused():
            return ExitCode.GUARDED if error.refusal in _GUARDS else ExitCode.PLAN_REFUSED
        case _:
            return ExitCode.ERROR


def most_severe(*exits: ExitCode) -> ExitCode:
    """The one code that stands for all of ``exits``."""
    return next(code for code in PRECEDENCE if code in (*exits, ExitCode.OK))
