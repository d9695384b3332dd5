"""The calls that a copy of a portal takes, and refusing a copy that would use up the calls of the day."""

from math import ceil

from reconciler.errors import PlanRefused, Refusal
from reconciler.hubspot.reader import PortalReader

_RESERVE = 1.2
"""The number of calls that must be left today, as a multiple of the calls of a copy; plans use it too."""


def refuse_too_many_calls(reader: PortalReader, calls: int, advice: str) -> None:
    """Refuse to read on if the remaining ``calls`` would use up the calls of the day.

    Raises:
        PlanRefused: fewer are left than the copy needs, with a reserve.
    """
    needed, remaining = ceil(calls * _RESERVE), reader.daily_remaining
    if remaining is not None and needed > remaining:
        raise PlanRefused(
            Refusal.GUARD,
            f"the copy needs about {needed:,} more calls, and HubSpot has {remaining:,} left today\n"
            f"    {advice}",
        )
