"""What a plan costs in calls and time."""

from collections import Counter
from collections.abc import Callable, Iterable
from math import ceil

from reconciler.model.writes import BATCH_SIZE
from reconciler.plan.changes import Budget, Change, StateOnly


def budget_of(
    changes: Iterable[Change],
    read_calls: int,
    least_seconds: Callable[[int], float],
    daily_remaining: int | None,
) -> Budget:
    """Calls that ``changes`` need; ``least_seconds`` says how long so many take at the portal's limit."""
    rows = Counter(
        (change.key.object, change.route) for change in changes if not isinstance(change, StateOnly)
    )
    write_calls = sum(ceil(count / BATCH_SIZE) for count in rows.values())
    return Budget(read_calls, write_calls, least_seconds(write_calls), daily_remaining)
