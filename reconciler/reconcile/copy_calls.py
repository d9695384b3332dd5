"""Refusing a copy of a portal that would use up the portal's calls of the day."""

from math import ceil

from reconciler.errors import PlanRefused, Refusal
from reconciler.hubspot.reader import PortalReader

_RESERVE = 1.2
"""A copy that needs 100 calls is refused if fewer than 120 are left today, like a plan by default."""


def refuse_too_many_calls(reader: PortalReader, calls: int, advice: str) -> None:
    """Refuse a copy if the ``calls`` that it still needs would use up the calls of the day.

    Raises:
        PlanRefused: fewer calls are left than the copy needs, plus a reserve.
    """
    needed, remaining = ceil(calls * _RESERVE), reader.daily_remaining
    if remaining is not None and needed > remaining:
        raise PlanRefused(
            Refusal.GUARD,
            f"the copy needs about {needed:,} more calls, and HubSpot has {remaining:,} left today\n"
            f"    {advice}",
        )
