"""The seam between the state and the place where it is kept: a database, or a repository.

Tables are read and written in the same way everywhere. A backend says where they are, who may write, and when
a change has reached the place that all machines share: a database has it with the commit of a transaction, a
repository with the next push.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from reconciler.state.database import Database
from reconciler.state.lock_holder import LockHolder
from reconciler.state.run_types import Actor


class Lease(Protocol):
    """The right to write, held by this process until it is released or not renewed in time."""

    now: Callable[[], datetime]

    @property
    def seconds_ahead(self) -> float:
        """Seconds of sending whose intents are published together; 0 if every batch is published alone."""

    def hold(self, connection: Connection) -> datetime:
        """Check the lease within a transaction; the result is for ``confirm`` after the commit.

        Raises:
            Locked: the lease was lost; the transaction must not be committed.
        """

    def confirm(self, held_at: datetime) -> None:
        """Record that a transaction was committed while the lease was held."""

    def publish(self, run_id: str | None = None, leaves_from: datetime | None = None) -> None:
        """Bring everything that was committed to the place that all machines share.

        Args:
            run_id: the run whose intents may be sent from now on.
            leaves_from: the present time of HubSpot's clock: no call of these intents left before.

        Raises:
            Locked: the lease was lost.
            StateError: the place cannot be reached.
        """

    def assert_held(self) -> None:
        """Wait until the lease surely holds; any thread may call this right before a call leaves.

        Raises:
            Locked: the lease was lost, or nobody renewed it.
        """

    def renew_if_due(self) -> None:
        """Renew the lease if it is due; to be called often.

        Raises:
            Locked: the lease was lost.
        """

    def write_anew(self) -> None:
        """Let the next publication write everything, encrypted with the newest key.

        Raises:
            StateError: nothing is encrypted there.
        """

    def release(self) -> None:
        """Publish everything, and give the lease back at once."""


class StateBackend(Protocol):
    """The place of one portal's state."""

    @property
    def database(self) -> Database:
        """The tables: the tables of the place itself, or a working copy of them."""

    @property
    def previous(self) -> str | None:
        """The place of the state as it was before a correction; None if a SQLite file has backups."""

    def has_published(self, serial: int) -> bool:
        """Return whether all machines share the state with this serial, or a newer one."""

    def holder(self) -> LockHolder | None:
        """Return the holder of the lock, or the last one who never released it."""

    def acquire(
        self,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        timeout_s: float,
        lasts: timedelta | None,
    ) -> Lease:
        """Take the lock, waiting up to ``timeout_s`` for it; ``lasts``: None for the backend's own time.

        Raises:
            Locked: another run still holds it.
        """

    def unlock(self) -> LockHolder | None:
        """Remove the lock and return its holder, if there is one."""

    def close(self) -> None:
        """Close connections, and remove everything that was only for this process."""
