"""The table of exit codes. Scripts rely on it; it never changes."""

from enum import IntEnum

from reconciler.errors import Locked, PlanRefused, ReconcilerError, Refusal


class Exit(IntEnum):
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
    Exit.INTERRUPTED,
    Exit.LOCKED,
    Exit.PLAN_REFUSED,
    Exit.GUARDED,
    Exit.NOT_APPLIED,
    Exit.ERROR,
    Exit.CHANGES,
    Exit.OK,
)
"""Where several hold, the first of these is returned."""


def exit_of(error: ReconcilerError) -> Exit:
    """The code that ``error`` ends the process with."""
    match error:
        case Locked():
            return Exit.LOCKED
        case PlanRefused():
            return Exit.GUARDED if error.refusal in _GUARDS else Exit.PLAN_REFUSED
        case _:
            return Exit.ERROR


def heaviest(*exits: Exit) -> Exit:
    """The one code that stands for all of ``exits``."""
    return next(code for code in PRECEDENCE if code in (*exits, Exit.OK))
