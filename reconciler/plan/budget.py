"""What a plan costs in calls and time."""

from collections import Counter
from collections.abc import Iterable
from math import ceil

from reconciler.model.writes import BATCH_SIZE
from reconciler.plan.changes import Adopt, Budget, Change

WINDOW_S = 10
"""Length of the window that HubSpot's call limit counts in, in seconds.

Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details
"""


def budget_of(
    changes: Iterable[Change], read_calls: int, calls_per_window: int, daily_remaining: int | None
) -> Budget:
    """Calls that ``changes`` need, and the least time they take when nobody else uses the limit."""
    rows = Counter((change.key.object, change.route) for change in changes if not isinstance(change, Adopt))
    write_calls = sum(ceil(count / BATCH_SIZE) for count in rows.values())
    seconds = (ceil(write_calls / calls_per_window) - 1) * WINDOW_S if write_calls else 0
    return Budget(read_calls, write_calls, float(seconds), daily_remaining)
