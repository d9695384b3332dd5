"""The lock of a repository, held by this run.

Every push renews the lock. Either it updates the refs of both lock and state, or it fails and updates none.

Another run takes over only if the lock has not been renewed for a whole lease, by the clock of that run. This
run sends no call later than half a lease after its last successful push began. So it stops by itself before
another run can take over, even if the network or this process fails.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from reconciler.errors import Locked, StateError
from reconciler.state.git.export import Leaving
from reconciler.state.git.lock_note import LockNote
from reconciler.state.git.remote import Move, Pushed, PushResult, Refs, RemoteRefs
from reconciler.state.git.snapshots import Prepared, Snapshots
from reconciler.state.lock_holder import RAN_OUT, UNLOCKED, UNRENEWED, lost

SECONDS_AHEAD = 20.0
"""One push publishes as many journaled calls as can be sent in about this number of seconds."""

_PATIENCE_S = 60.0
"""Maximum seconds for which a call waits until the lease is renewed, and for which a push is repeated."""

RENEWALS = 5
"""Number of renewals in one lease: a push is due when a fifth of the lease has passed."""


class Stopwatch:
    """Measures the time since it was created, even if the process is suspended or the machine sleeps."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._begun = now(), time.monotonic()

    def elapsed(self) -> timedelta:
        """Return the elapsed time. Two clocks measure it, and the longer of the two times is returned.

        The monotonic clock may stop while the machine sleeps.
        """
        begun, ticks = self._begun
        return max(self._now() - begun, timedelta(seconds=time.monotonic() - ticks))


class GitLease:
    """The right to write: the lock at the remote, and the refs as this run last pushed them."""

    seconds_ahead = SECONDS_AHEAD

    def __init__(
        self,
        remote: RemoteRefs,
        snapshots: Snapshots,
        refs: Refs,
        note: LockNote,
        *,
        begun: Stopwatch,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        published: Callable[[], None],
        renew_after: timedelta,
    ) -> None:
        self.now = now
        self._published = published
        self._renew_after = renew_after
        self._sleep = sleep
        self._remote = remote
        self._snapshots = snapshots
        self._refs = refs
        self._note = note
        self._pushed = begun
        self._leaving: tuple[Leaving, Stopwatch] | None = None
        self._unanswered: list[Prepared] = []  # pushes whose answer was lost: they may have arrived
        self._lost_because: str | None = None
        self._changed = threading.Condition()

    def hold(self, connection: Connection) -> datetime:  # noqa: ARG002 - a database checks its own lock there
        """Raise an error if this run knows that it has lost the lock; otherwise return the present time.

        Only the push after the commit proves that the run holds the lock.
        """
        with self._changed:
            if self._lost_because is not None:
                raise self._lost()
        return self.now()

    def confirm(self, held_at: datetime) -> None:
        """Do nothing: only a push can prove that the lock was held."""

    def renew_if_due(self) -> None:
        """Push if a fifth of the lease has passed; call this often, between commits."""
        if self._pushed.elapsed() >= self._renew_after:
            self.publish()

    def assert_held(self) -> None:
        """Wait for a new push if the last successful push began half a lease ago or earlier.

        Any thread may call this.

        Raises:
            Locked: the lock was lost, or no push succeeded in time.
        """
        half = self._note.lasts / 2
        with self._changed:
            self._changed.wait_for(
                lambda: self._lost_because is not None or self._pushed.elapsed() < half, _PATIENCE_S
            )
            if self._lost_because is not None or self._pushed.elapsed() >= half:
                raise self._lost()

    def publish(self, run_id: str | None = None, leaves_from: datetime | None = None) -> None:
        """Push everything that was committed, and renew the lock.

        Raises:
            Locked: somebody else has the lock.
            StateError: the remote cannot be reached, or refuses the push.
        """
        if run_id is not None and leaves_from is not None:
            self._leaving = Leaving(run_id, leaves_from), Stopwatch(self.now)
        self._push(is_last=False)

    def write_anew(self) -> None:
        """Make the next push write all blobs again, encrypted with the newest key."""
        self._snapshots.writes_anew = True

    def release(self) -> None:
        """Push everything and remove the lock; do nothing if the lock was lost."""
        if self._lost_because is None:
            self._leaving = None
            self._push(is_last=True)

    def _push(self, *, is_last: bool) -> None:
        prepared = self._snapshots.prepare(
            self._refs.state, self._present_leaving(), None if is_last else self._note, self.now()
        )
        tried = Stopwatch(self.now)
        wait_s = 1.0
        while True:
            begun = Stopwatch(self.now)
            pushed = self._pushed_or_lost(prepared)
            if pushed.result is PushResult.DONE:
                break
            if tried.elapsed() >= timedelta(seconds=_PATIENCE_S):
                raise StateError(
                    f"state in git: the state could not be pushed for a minute ({pushed.reason}): nothing "
                    "more is sent\n"
                    "    check the network, then run `reconciler apply`, which finds out the "
                    "result of unfinished calls"
                )
            self._sleep(wait_s)
            wait_s = min(wait_s * 2, 10.0)
        self._refs = prepared.refs
        self._unanswered.clear()
        self._snapshots.published(prepared)
        self._published()
        with self._changed:
            self._pushed = begun
            self._changed.notify_all()

    def _pushed_or_lost(self, prepared: Prepared) -> Pushed:
        """Push once; if the answer does not tell the result, read the refs to find out.

        Raises:
            Locked: another run has moved the lock.
            StateError: the git host refuses the push.
        """
        moves = [Move(self._snapshots.names.lock, self._refs.lock, prepared.refs.lock)]
        if prepared.refs.state != self._refs.state:
            moves.append(Move(self._snapshots.names.state, self._refs.state, prepared.refs.state))
        pushed = self._remote.push(*moves)
        if pushed.result is PushResult.DONE:
            return pushed
        if pushed.result is PushResult.UNANSWERED and prepared not in self._unanswered:
            self._unanswered.append(prepared)
        try:
            found = self._remote.fetch()
        except StateError as error:
            return Pushed(PushResult.UNANSWERED, pushed.reason or str(error))
        return self._judged(pushed, found, prepared)

    def _judged(self, pushed: Pushed, found: Refs, prepared: Prepared) -> Pushed:
        """Return the true result of a push that git did not report as successful.

        ``found`` are the refs that the remote has now.

        The push is done if the remote has its refs: only the answer was lost.

        Raises:
            Locked: another run has moved the lock.
            StateError: the git host refuses the push, or somebody moved the ref of the state by hand.
        """
        if found == prepared.refs:
            return Pushed(PushResult.DONE)  # no other push has this commit, so only the answer was lost
        for earlier in self._unanswered:
            if found == earlier.refs:  # that push has arrived after all, so the next one must begin there
                self._refs = found
                self._snapshots.arrived_late(earlier)
        if found.lock != self._refs.lock:
            with self._changed:
                self._lost_because = self._why(found)
                self._changed.notify_all()
            raise self._lost()
        if found.state != self._refs.state:
            raise StateError(
                f"state in git: {self._snapshots.names.state} was moved by hand while this run held its lock:"
                " nothing more is sent\n    put back the commit that the ref had before, then run "
                "`reconciler apply`"
            )
        if pushed.result is PushResult.REFUSED:
            raise StateError(refused(self._snapshots.names.lock, pushed.reason))
        return pushed

    def _present_leaving(self) -> Leaving | None:
        """Return the run that may send its journaled calls from now on, with the present time of HubSpot.

        None if no run is sending.
        """
        if self._leaving is None:
            return None
        leaving, since = self._leaving
        is_known = leaving.moment.year > 1970  # noqa: PLR2004 - 1970 stands for an unknown time
        return leaving._replace(moment=leaving.moment + since.elapsed()) if is_known else leaving

    def _why(self, found: Refs) -> str:
        holder = self._snapshots.lock(found.lock, self.now())
        if holder is not None:
            return f"it is held by {holder.holder}"
        return UNLOCKED if self._pushed.elapsed() < self._note.lasts else RAN_OUT

    def _lost(self) -> Locked:
        return Locked(lost(self._snapshots.names.portal_id, self._lost_because or UNRENEWED))


def refused(ref: str, reason: str) -> str:
    """Return the message that the host refuses pushes to ``ref``, with advice."""
    return (
        f"state in git: the repository refuses to move {ref} ({reason})\n"
        "    let the job write (`contents: write` on GitHub, RECONCILER_GIT_TOKEN), and remove the rules "
        "that protect this ref; if the host accepts only branches, use a ref below refs/heads/"
    )
