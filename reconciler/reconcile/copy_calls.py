"""The calls that a copy of a portal takes, and refusing one that would use up those of the day."""

from math import ceil

from reconciler.errors import PlanRefused, Refusal
from reconciler.hubspot.reader import PortalReader

_RESERVE = 1.2
"""How many times the calls of a copy must be left today, as for a plan."""


def refuse_too_many_calls(reader: PortalReader, calls: int, advice: str) -> None:
    """Refuse to read on if the ``calls`` that are to come would use up those of the day.

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
