"""The interface between the state and the place where it is kept: a database, or a git repository.

Tables are read and written in the same way for both. A backend provides the tables, the lock, and publishing:
the moment from which all machines see a change. In a database, this is the commit of the transaction; in a
repository, it is the next push.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from reconciler.state.database import Database
from reconciler.state.lock_holder import LockHolder
from reconciler.state.run_types import Actor


class Lease(Protocol):
    """The right to write, which this process has until it releases it or does not renew it in time."""

    now: Callable[[], datetime]

    @property
    def seconds_ahead(self) -> float:
        """Number of seconds: as many calls are published together as can be sent in about this time.

        0: each batch is published alone.
        """

    def hold(self, connection: Connection) -> datetime:
        """Check inside a transaction that the lease is held, and return the time of this check.

        After the commit, pass this time to ``confirm``.

        Raises:
            Locked: the lease was lost; the transaction must not be committed.
        """

    def confirm(self, held_at: datetime) -> None:
        """Record that a transaction in which ``hold`` returned ``held_at`` was committed."""

    def publish(self, run_id: str | None = None, leaves_from: datetime | None = None) -> None:
        """Publish everything that was committed: bring it to the place that all machines share.

        Args:
            run_id: the run whose calls in the journal may be sent when this has returned.
            leaves_from: the present time on HubSpot's clock; calls of the run that were not sent yet will be
                sent after this time.

        Raises:
            Locked: the lease was lost.
            StateError: the place cannot be reached.
        """

    def assert_held(self) -> None:
        """Wait until it is certain that this process holds the lease.

        Any thread may call this right before it sends a call.

        Raises:
            Locked: the lease was lost, or was not renewed in time.
        """

    def renew_if_due(self) -> None:
        """Renew the lease if it is time to; call this often.

        Raises:
            Locked: the lease was lost.
        """

    def write_anew(self) -> None:
        """Make the next publication write everything again, encrypted with the newest key.

        Raises:
            StateError: this backend encrypts nothing.
        """

    def release(self) -> None:
        """Publish all changes of the state that are not published yet, and give the lease back."""


class StateBackend(Protocol):
    """The place where one portal's state is kept."""

    @property
    def database(self) -> Database:
        """The database with the tables of the state; for a state in git, the working copy in memory."""

    @property
    def previous(self) -> str | None:
        """A sentence that says where to find the former state after a correction of state.

        None if it is in a SQLite backup.
        """

    def has_published(self, serial: int) -> bool:
        """Return whether all machines can see the state with this serial, or with a later one."""

    def holder(self) -> LockHolder | None:
        """Return who holds the lock, or who held it last and never released it; None if it is free."""

    def acquire(
        self,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        timeout_s: float,
        lasts: timedelta | None,
    ) -> Lease:
        """Take the lock, and wait up to ``timeout_s`` for it.

        ``lasts`` is the duration of the lease; None: the backend's own ``LEASE``.

        Raises:
            Locked: another run still holds the lock.
        """

    def unlock(self) -> LockHolder | None:
        """Remove the lock and return its holder, if there is one."""

    def close(self) -> None:
        """Close connections, and delete everything that only this process needs."""
