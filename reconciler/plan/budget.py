"""What a plan costs in calls and time."""

from collections import Counter
from collections.abc import Callable, Iterable
from math import ceil

from reconciler.model.writes import Route, inputs_of
from reconciler.plan.changes import Budget, Change, PairWriting, StateOnly, Writing


def budget_of(
    changes: Iterable[Change],
    read_calls: int,
    least_seconds: Callable[[int], float],
    daily_remaining: int | None,
) -> Budget:
    """Calls that ``changes`` need; ``least_seconds`` says how long so many take at the portal's limit."""
    rows = Counter(_destination(change) for change in changes if not isinstance(change, StateOnly))
    write_calls = sum(ceil(count / inputs_of(route.call)) for (_, _, route), count in rows.items())
    return Budget(read_calls, write_calls, least_seconds(write_calls), daily_remaining)


def _destination(change: Writing) -> tuple[str, str, Route]:
    """Object type, that at the other end of an association, and route: what goes together."""
    other = change.target.object if isinstance(change, PairWriting) else ""
    return change.key.object, other, change.route
