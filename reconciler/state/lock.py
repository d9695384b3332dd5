"""The lock on one portal's state: a lease that its holder renews and that expires by itself.

There is one row per portal, changed only by conditional statements. ``fence`` increases with every new
holder. So a holder whose lease expired while it slept notices that inside the transaction in which it wants
to write: the transaction locks the row, and nobody can take over in between.
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
"""Time for which a lock lasts after its last renewal."""

_POLL_S = 1.0

_PATIENCE_S = 30.0
"""Time for which a call waits for its run to renew an expired lease; runs renew every few seconds."""


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
        """Renew the lease within a transaction, whose commit then proves that this run holds it.

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
        """Record that the renewal was committed."""
        with self._changed:
            self._renewed_at = renewed_at
            self._changed.notify_all()

    def publish(self, run_id: str | None = None, leaves_from: datetime | None = None) -> None:
        """Do nothing: a commit has published everything."""

    def write_anew(self) -> None:
        """Refuse: a database keeps rows, and its server or disk encrypts them."""
        raise StateError(
            "only state in git is encrypted with RECONCILER_PLAN_KEY: in a database there is nothing to "
            "write anew"
        )

    def assert_held(self) -> None:
        """Wait until the lease surely holds, if it may have expired meanwhile; any thread may call this.

        A process that was suspended notices it here, before it sends calls that were ready.

        Raises:
            Locked: the lease was lost, or nobody renewed it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._lost_because or self._age() < self._lasts, _PATIENCE_S)
            because = self._lost_because or (UNRENEWED if self._age() >= self._lasts else None)
            if because is not None:
                raise Locked(lost(self._portal_id, because))

    def _why(self, holder: LockHolder | None) -> str:
        """Explain why this run lost the lock to ``holder``, as far as the row tells."""
        if holder is not None:
            return f"it is held by {holder}"
        if self._age() < self._lasts:
            return UNLOCKED
        return RAN_OUT

    def _age(self) -> timedelta:
        """Return the time since the last renewal; if the clock was set back, renewal is due."""
        age = self.now() - self._renewed_at
        return age if age >= timedelta() else self._lasts

    def renew_if_due(self) -> None:
        """Renew the lease after a third of its time; to be called often, between commits.

        Raises:
            Locked: the lease was lost.
        """
        if self._age() >= self._lasts / 3:
            with self._database.writing() as connection:
                renewed_at = self.hold(connection)
            self.confirm(renewed_at)

    def release(self) -> None:
        """Release the lock at once. A lease that was lost already stays with its new holder."""
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
    """Remove the lock and return its holder."""
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
    """Return the holder of the lock, or the last one who never released it."""
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
    """Try to take a free or expired lock; return its fence number."""
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
    """One portal's state in a database, which all machines reach or which is of this machine alone."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self.database = database
        self._portal_id = portal_id

    @property
    def previous(self) -> str | None:
        """PostgreSQL's backups; None for a SQLite file, which is copied before a correction."""
        return None if self.database.path else "PostgreSQL's own backups hold the state as it was before"

    def has_published(self, serial: int) -> bool:  # noqa: ARG002 - a repository compares it
        """Return True: a commit of the database is all it takes."""
        return True

    def holder(self) -> LockHolder | None:
        """Return the holder of the lock, or the last one who never released it."""
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
        """Take the lock, waiting up to ``timeout_s`` for it.

        ``now`` dates the lock on SQLite; PostgreSQL has its own clock for that.
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
