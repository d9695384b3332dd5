"""The state of one portal in a repository: one ref for the snapshot, one for the lock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reconciler.errors import Locked, StateError
from reconciler.state.database import Database
from reconciler.state.git.access import GitAccess
from reconciler.state.git.lease import RENEWALS, GitLease, Stopwatch, refused
from reconciler.state.git.lock_note import LEASE, HeldLock, LockNote
from reconciler.state.git.place import names_of
from reconciler.state.git.remote import Move, PushResult, Refs, RemoteRefs
from reconciler.state.git.repository import NewCommit, PrivateRepository
from reconciler.state.git.seen import Seen, check_not_older, newest_seen, remember
from reconciler.state.git.snapshots import Snapshots
from reconciler.state.git.working_copy import WorkingCopy
from reconciler.state.lock_holder import LockHolder, taken
from reconciler.state.run_types import Actor

_POLL_S = 5.0
"""Seconds between two reads while another run holds the lock."""

_ATTEMPTS = 3
"""Maximum number of attempts to remove a lock that is being renewed."""

_PATIENCE_ADVICE = (
    "\n    with --lock-timeout 6m, the command waits, and takes over a lock that was not renewed for "
    "5 minutes"
)


class GitBackend:
    """The state of one portal in a repository, with a working copy in memory.

    Raises:
        StateError: the repository cannot be read, or does not contain a usable state.
    """

    def __init__(self, access: GitAccess, portal_id: int) -> None:
        self._access = access
        self._portal_id = portal_id
        self._loaded: str | None = None  # the commit whose contents are in the working copy
        self.renew_after: timedelta | None = None  # time between renewals; None: a fifth of the lease
        self._repository = PrivateRepository(access)
        self._copy = WorkingCopy(portal_id)
        try:
            names = names_of(access.ref, portal_id)
            self._remote = RemoteRefs(self._repository, names)
            self._snapshots = Snapshots(self._repository, names, self._copy)
            self._fetch_and_load()
        except BaseException:
            self.close()
            raise

    @property
    def database(self) -> Database:
        """The tables of the working copy."""
        return self._copy.database

    @property
    def snapshots(self) -> Snapshots:
        """The reader and writer of the portal's snapshots; benchmarks use it."""
        return self._snapshots

    @property
    def previous(self) -> str | None:
        """A sentence that names the commit of the state when it was opened, or says that there was none."""
        if self._refs.state is None:
            return "there was no state before"
        return (
            f"the previous state is commit {self._refs.state} of {self._access.shown}, "
            "as long as the host keeps it"
        )

    def has_published(self, serial: int) -> bool:
        """Return whether the last successful push contains the state with this serial, or a later one."""
        loaded = self._snapshots.loaded
        return loaded is not None and loaded.header.version.serial >= serial

    def holder(self) -> LockHolder | None:
        """Return who held the lock when the state was opened or the lock was taken; None if it was free."""
        held = self._held(self._refs)
        return held.holder if held else None

    def acquire(
        self,
        actor: Actor,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        timeout_s: float,
        lasts: timedelta | None,
    ) -> GitLease:
        """Take the lock, wait up to ``timeout_s`` for it, and load the state as it is then.

        If a run ended without releasing the lock, the lock is taken over once it has not been renewed for a
        whole lease, by the clock of this process.

        Raises:
            Locked: another run still holds the lock.
            StateError: the repository cannot be read, or refuses the lock.
        """
        waited_s, unmoved_s = 0.0, 0.0
        self._refs = self._remote.fetch()
        while True:
            held = self._held(self._refs)
            if held is None or timedelta(seconds=unmoved_s) >= held.lasts:
                fence = max(held.fence if held else 0, self._fence) + 1
                note = LockNote(actor, now(), lasts or LEASE, fence)
                lease = self._take(note, now, sleep)
                if lease is not None:
                    return lease
            if waited_s >= timeout_s:
                raise Locked(taken(self._portal_id, held.holder if held else None) + _PATIENCE_ADVICE)
            pause_s = min(_POLL_S, timeout_s - waited_s)
            sleep(pause_s)
            waited_s += pause_s
            before, self._refs = self._refs, self._remote.fetch()
            unmoved_s = unmoved_s + pause_s if before.lock == self._refs.lock else 0.0

    def _take(
        self, note: LockNote, now: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> GitLease | None:
        """Try to create the lock, or to take over the one that was read.

        Return None if another run was faster.
        """
        begun = Stopwatch(now)
        (made,) = self._repository.write(int(now().timestamp()), [NewCommit(note.text(now()))])
        pushed = self._remote.push(Move(self._snapshots.names.lock, self._refs.lock, made.commit))
        seen = newest_seen(self._access.seen, self._place)
        self._refs = self._remote.fetch()
        if self._refs.lock != made.commit:
            if pushed.result is PushResult.REFUSED and self._refs.lock is None:
                raise StateError(refused(self._snapshots.names.lock, pushed.reason))
            if pushed.result is PushResult.UNANSWERED and self._refs.lock is None:
                raise StateError(f"state in git: the lock could not be pushed ({pushed.reason}): try again")
            return None
        try:
            self._load(seen)
        except StateError:
            self._remote.push(Move(self._snapshots.names.lock, made.commit, None))
            raise
        return GitLease(
            self._remote,
            self._snapshots,
            self._refs,
            note,
            begun=begun,
            now=now,
            sleep=sleep,
            published=self._published,
            renew_after=note.lasts / RENEWALS if self.renew_after is None else self.renew_after,
        )

    def unlock(self) -> LockHolder | None:
        """Remove the lock and return its holder, if there is one."""
        for _ in range(_ATTEMPTS):
            self._refs = self._remote.fetch()
            held = self._held(self._refs)
            if held is None:
                return None
            pushed = self._remote.push(Move(self._snapshots.names.lock, self._refs.lock, None))
            if pushed.result is PushResult.DONE:
                self._refs = self._refs._replace(lock=None)
                return held.holder
            if pushed.result is PushResult.REFUSED:
                raise StateError(refused(self._snapshots.names.lock, pushed.reason))
        raise StateError(f"state in git: the lock could not be removed ({pushed.reason}): try again")

    def close(self) -> None:
        """Delete the private repository, and the working copy in memory."""
        self._copy.database.close()
        self._repository.close()

    def _fetch_and_load(self) -> None:
        seen = newest_seen(self._access.seen, self._place)
        self._refs = self._remote.fetch()
        self._load(seen)

    def _load(self, seen: Seen | None) -> None:
        """Load the fetched state if it is not loaded yet; check that it is not older than ``seen``.

        ``seen`` must have been read before the fetch.
        """
        if self._refs.state is None or self._refs.state != self._loaded:
            self._snapshots.load(self._refs.state)
            self._loaded = self._refs.state
        loaded = self._snapshots.loaded
        check_not_older(seen, self._place, loaded.header if loaded else None)
        self._remember()

    def _published(self) -> None:
        self._loaded = None  # the working copy is newer than the commit that was loaded
        self._remember()

    def _remember(self) -> None:
        loaded = self._snapshots.loaded
        remember(self._access.seen, self._place, loaded.header if loaded else None)

    def _held(self, refs: Refs) -> HeldLock | None:
        return self._snapshots.lock(refs.lock, datetime.now(UTC))

    @property
    def _fence(self) -> int:
        return self._snapshots.loaded.header.fence if self._snapshots.loaded else 0

    @property
    def _place(self) -> str:
        return f"{self._access.shown} {self._snapshots.names.state}"
