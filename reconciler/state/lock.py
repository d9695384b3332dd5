"""The lock on one portal's state: a lease that its holder renews, and that expires otherwise.

There is one row for each portal, which only conditional statements change. ``fence`` increases whenever the
holder changes. So a holder whose lease expired while it was suspended notices it inside the transaction of
its next write: this transaction locks the row, and no other run can take over until its commit.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from reconciler.errors import Locked, StateError
from reconciler.state.database import Database, clock, insert_into
from reconciler.state.lock_holder import RAN_OUT, UNLOCKED, UNRENEWED, LockHolder, lost, taken
from reconciler.state.row_codec import actor_of, actor_text
from reconciler.state.run_types import Actor
from reconciler.state.tables import locks

LEASE = timedelta(seconds=60)
"""Time for which a lock is valid after its last renewal."""

_POLL_S = 1.0

_PATIENCE_S = 30.0
"""Maximum seconds for which a call waits until its run renews an expired lease."""


class DatabaseLease:
    """The lock, held by this run. Every write of state renews it."""

    seconds_ahead = 0.0

    def __init__(
        self,
        database: Database,
        portal_id: int,
        fence: int,
        *,
        now: Callable[[], datetime],
        lasts: timedelta,
    ) -> None:
        self.now = now
        self._database = database
        self._portal_id = portal_id
        self._fence = fence
        self._lasts = lasts
        self._renewed_at = now()
        self._lost_because: str | None = None
        self._changed = threading.Condition()

    def hold(self, connection: Connection) -> datetime:
        """Renew the lease inside a transaction; its commit then proves that this run holds the lock.

        Returns:
            the time of the renewal, for ``confirm`` after the commit.

        Raises:
            Locked: the lease was lost; the transaction must not be committed.
        """
        moment = self.now()
        renewed = connection.execute(
            update(locks)
            .where(locks.c.portal_id == self._portal_id, locks.c.fence == self._fence)
            .values(
                heartbeat_at=clock(connection, moment),
                expires_at=clock(connection, moment, self._lasts),
            )
        )
        if renewed.rowcount != 1:
            because = self._why(select_holder(connection, self._portal_id))
            with self._changed:
                self._lost_because = because
                self._changed.notify_all()
            raise Locked(lost(self._portal_id, because))
        return moment

    def confirm(self, renewed_at: datetime) -> None:
        """Store the time of a renewal that was committed."""
        with self._changed:
            self._renewed_at = renewed_at
            self._changed.notify_all()

    def publish(self, run_id: str | None = None, leaves_from: datetime | None = None) -> None:
        """Do nothing: in a database, everybody sees the rows after the commit of the transaction."""

    def write_anew(self) -> None:
        """Refuse: in a database, rows are not encrypted by us, but by its server or disk."""
        raise StateError(
            "only state in git is encrypted with RECONCILER_PLAN_KEY; a state in a database needs no new key"
        )

    def assert_held(self) -> None:
        """Wait until it is certain that this process holds the lease; any thread may call this.

        If the lease may have expired, this method waits for a renewal. A process that was suspended notices
        here that its lease was lost, before it sends more calls.

        Raises:
            Locked: the lease was lost, or was not renewed in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._lost_because or self._age() < self._lasts, _PATIENCE_S)
            because = self._lost_because or (UNRENEWED if self._age() >= self._lasts else None)
            if because is not None:
                raise Locked(lost(self._portal_id, because))

    def _why(self, holder: LockHolder | None) -> str:
        """Explain why this run lost the lock; ``holder`` holds it now, None if nobody does."""
        if holder is not None:
            return f"it is held by {holder}"
        if self._age() < self._lasts:
            return UNLOCKED
        return RAN_OUT

    def _age(self) -> timedelta:
        """Return the time since the last renewal; if the clock was set back, return the whole lease."""
        age = self.now() - self._renewed_at
        return age if age >= timedelta() else self._lasts

    def renew_if_due(self) -> None:
        """Renew the lease if a third of it has passed; call this often, between commits.

        Raises:
            Locked: the lease was lost.
        """
        if self._age() >= self._lasts / 3:
            with self._database.writing() as connection:
                renewed_at = self.hold(connection)
            self.confirm(renewed_at)

    def release(self) -> None:
        """Release the lock at once; if the lease was lost, the lock stays with its new holder."""
        with self._database.writing() as connection:
            connection.execute(
                update(locks)
                .where(locks.c.portal_id == self._portal_id, locks.c.fence == self._fence)
                .values(_FREE)
            )


def acquire(
    database: Database,
    portal_id: int,
    actor: Actor,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    timeout_s: float,
    lasts: timedelta = LEASE,
) -> DatabaseLease:
    """Take the lock, waiting up to ``timeout_s`` for it.

    Raises:
        Locked: another run still holds it.
    """
    waited_s = 0.0
    while True:
        try:
            with database.writing() as connection:
                fence = _try(connection, portal_id, actor, now(), lasts)
                holder = select_holder(connection, portal_id)
        except Locked as busy:
            with database.reading() as connection:
                holder = select_holder(connection, portal_id)
            raise Locked(f"{busy}\n    {taken(portal_id, holder)}" if holder else str(busy)) from busy
        if fence is not None:
            return DatabaseLease(database, portal_id, fence, now=now, lasts=lasts)
        if waited_s >= timeout_s:
            raise Locked(taken(portal_id, holder))
        pause_s = min(_POLL_S, timeout_s - waited_s)
        sleep(pause_s)
        waited_s += pause_s


def unlock(database: Database, portal_id: int) -> LockHolder | None:
    """Remove the lock and return its holder; None if the lock is free."""
    with database.writing() as connection:
        holder = select_holder(connection, portal_id)
        if holder is not None:
            connection.execute(
                update(locks)
                .where(locks.c.portal_id == portal_id)
                .values(_FREE | {"fence": locks.c.fence + 1})
            )
    return holder


def select_holder(connection: Connection, portal_id: int) -> LockHolder | None:
    """Return who holds the lock, or who held it last and never released it; None if it is free."""
    row = connection.execute(
        select(locks).where(locks.c.portal_id == portal_id, locks.c.actor.is_not(None))
    ).one_or_none()
    if row is None:
        return None
    return LockHolder(actor_of(row.actor), row.acquired_at, row.heartbeat_at, row.expires_at)


_FREE: dict[str, Any] = {
    "actor": None,
    "acquired_at": None,
    "heartbeat_at": None,
    "expires_at": None,
}


def _try(
    connection: Connection, portal_id: int, actor: Actor, moment: datetime, lasts: timedelta
) -> int | None:
    """Try to take a free or expired lock; return its new fence, None if another run holds the lock."""
    present = clock(connection, moment)
    held = {
        "actor": actor_text(actor),
        "acquired_at": present,
        "heartbeat_at": present,
        "expires_at": clock(connection, moment, lasts),
    }
    taken = connection.execute(
        insert_into(connection, locks)
        .values(portal_id=portal_id, fence=1, **held)
        .on_conflict_do_update(
            index_elements=["portal_id"],
            set_=held | {"fence": locks.c.fence + 1},
            where=or_(locks.c.expires_at.is_(None), locks.c.expires_at <= present),
        )
        .execution_options(preserve_rowcount=True)
    )
    if taken.rowcount != 1:
        return None
    return connection.scalar(select(locks.c.fence).where(locks.c.portal_id == portal_id))


class DatabaseBackend:
    """One portal's state in a database, on a server or in a file of this machine."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self.database = database
        self._portal_id = portal_id

    @property
    def previous(self) -> str | None:
        """A sentence that says where to find the former state after a correction: in PostgreSQL's backups.

        It is None for SQLite, because reconciler makes backups of a SQLite file.
        """
        return None if self.database.path else "the previous state is only in PostgreSQL's own backups"

    def has_published(self, serial: int) -> bool:  # noqa: ARG002 - a repository compares it
        """Return True: in a database, a commit publishes."""
        return True

    def holder(self) -> LockHolder | None:
        """Return who holds the lock, or who held it last and never released it; None if it is free."""
        with self.database.reading() as connection:
            return select_holder(connection, self._portal_id)

    def acquire(
        self,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        timeout_s: float,
        lasts: timedelta | None,
    ) -> DatabaseLease:
        """Take the lock, and wait up to ``timeout_s`` for it.

        ``now`` gives the times of the lock in SQLite; PostgreSQL uses its own clock.
        """
        return acquire(
            self.database,
            self._portal_id,
            actor,
            now=now,
            sleep=sleep,
            timeout_s=timeout_s,
            lasts=lasts or LEASE,
        )

    def unlock(self) -> LockHolder | None:
        """Remove the lock and return its holder, if there is one."""
        return unlock(self.database, self._portal_id)

    def close(self) -> None:
        """Close the database."""
        self.database.close()
