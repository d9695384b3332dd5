"""The commit of a lock, whose message tells who holds it and since when. No two commits are the same.

If two runs push identical commits, git reports success to both. So every commit contains a random number.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.state.lock_holder import LockHolder
from reconciler.state.row_codec import actor_of, actor_text
from reconciler.state.run_types import Actor

LEASE = timedelta(minutes=5)
"""Time for which a lock is valid after its last push."""

_FORM = 1
_SOMEBODY = Actor("somebody", "another version of reconciler", 0)


@dataclass(frozen=True, slots=True)
class LockNote:
    """The message of the commit of a lock."""

    actor: Actor
    acquired_at: datetime
    lasts: timedelta
    fence: int  # increases whenever the holder changes

    def text(self, now: datetime) -> str:
        """Return the message of the next commit."""
        return json.dumps(
            {
                "version": _FORM,
                "holder": json.loads(actor_text(self.actor)),
                "acquired_at": self.acquired_at.astimezone(UTC).isoformat(),
                "heartbeat_at": now.astimezone(UTC).isoformat(),
                "lease_s": self.lasts.total_seconds(),
                "fence": self.fence,
                "nonce": secrets.token_hex(16),
            },
            indent=1,
        )


@dataclass(frozen=True, slots=True)
class HeldLock:
    """The lock as it was read from the remote."""

    holder: LockHolder
    lasts: timedelta
    fence: int


def read_lock(text: str, found_at: datetime, lasts: timedelta) -> HeldLock:
    """Read the message of a lock; if it has another format, treat it as held for ``lasts``."""
    try:
        said: Mapping[str, Any] = json.loads(text)
        actor = actor_of(json.dumps(said["holder"]))
        acquired_at, heartbeat_at = (
            datetime.fromisoformat(said[name]).astimezone(UTC) for name in ("acquired_at", "heartbeat_at")
        )
        lasts, fence = timedelta(seconds=float(said["lease_s"])), int(said["fence"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        actor, acquired_at, heartbeat_at, fence = _SOMEBODY, found_at, found_at, 0
    return HeldLock(LockHolder(actor, acquired_at, heartbeat_at, heartbeat_at + lasts), lasts, fence)
