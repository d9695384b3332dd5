"""The holder of a lock, and the messages about held and lost locks."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.state.run_types import Actor


@dataclass(frozen=True, slots=True)
class LockHolder:
    """The holder of a lock; if the lock expired, its last holder. Times are aware, in UTC."""

    actor: Actor
    acquired_at: datetime
    heartbeat_at: datetime
    expires_at: datetime

    def __str__(self) -> str:
        run = f"\n    run: {self.actor.run_url}" if self.actor.run_url else ""
        return f"{self.actor} since {_shown(self.acquired_at)}{run}"


UNRENEWED = "the lock expired, because this process was suspended or the state was too busy"
UNLOCKED = "somebody ran `reconciler unlock`"
RAN_OUT = "the lock expired and another run took it, or somebody ran `reconciler unlock`"


def taken(portal_id: int, holder: LockHolder | None) -> str:
    """Return the message about who holds the lock, with advice; None as ``holder``: it was just released."""
    if holder is None:
        return f"the state of portal {portal_id} was locked until a moment ago: try again"
    return (
        f"the state of portal {portal_id} is locked by {holder}\n"
        f"    last sign of life {_shown(holder.heartbeat_at)}, expires {_shown(holder.expires_at)}: "
        "wait; if that run has died, use `reconciler unlock`"
    )


def lost(portal_id: int, because: str) -> str:
    """Return the message that this run lost the lock, and what happens next."""
    return (
        f"lost the lock on the state of portal {portal_id}: {because}\n"
        "    nothing more was written; the next `reconciler apply` finds out the result of unfinished calls"
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
