import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

import pytest

from reconciler.errors import Locked, StateError
from reconciler.state import lock
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter
from tests.support.journals import ADA, BOB, UPSERT, Clock, applied, create, owned, ownership, start, writer
from tests.support.states import look_again, open_state

PORTAL = 7654321


def expire(store: Store) -> None:
    """Let the lease expire; PostgreSQL uses its own clock, so the stored time is set back instead."""
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE locks SET expires_at = '2001-01-01 00:00:00.000000'")


def holder_name(store: Store) -> str | None:
    look_again(store)
    holder = store.lock_holder()
    return holder.actor.user if holder else None


on_databases = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
"""Tests for databases only; the lock in repositories is tested in test_git_lease.py."""


def test_only_one_may_write_at_a_time(store: Store, reopened: Callable[[], Store]) -> None:
    with writer(store, actor=ADA):
        with pytest.raises(Locked) as caught:
            writer(reopened(), actor=BOB)
        assert holder_name(store) == "ada"

    with writer(reopened(), actor=BOB):
        assert holder_name(store) == "bob"
    assert holder_name(store) is None

    first, second, third = str(caught.value).splitlines()[:3]
    assert first.startswith(
        f"the state of portal {PORTAL} is locked by ada on build-7 (process 4242) since 20"
    )
    assert second == "    run: https://ci.example/runs/1"
    assert third.startswith("    last sign of life ")
    assert third.endswith(": wait; if that run has died, use `reconciler unlock`")


def test_a_database_publishes_every_commit_and_is_not_written_anew(tmp_path: Path) -> None:
    with closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as store, writer(store) as held:
        assert held.seconds_ahead == 0
        with pytest.raises(StateError, match="a state in a database needs no new key"):
            held.write_anew()


def test_portals_are_locked_apart(store: Store, url: str, tmp_path: Path) -> None:
    with writer(store), closing(open_state(url, tmp_path, PORTAL + 1)) as other, writer(other, actor=BOB):
        assert holder_name(other) == "bob"


def test_waiting_for_the_lock_ends_after_the_timeout(store: Store, reopened: Callable[[], Store]) -> None:
    clock = Clock()
    begun = clock.time
    with writer(store):
        waits = reopened()
        with pytest.raises(Locked):
            writer(waits, clock, BOB, timeout_s=2.5)

    assert clock.time - begun == timedelta(seconds=2.5)


def test_waiting_ends_when_the_lock_is_released(store: Store, reopened: Callable[[], Store]) -> None:
    first = writer(store)

    def release_instead_of_sleeping(_seconds: float) -> None:
        first.release()

    second = reopened().acquire(BOB, now=Clock().now, sleep=release_instead_of_sleeping, timeout_s=60)
    with second:
        assert holder_name(store) == "bob"


@on_databases
def test_a_lease_expires_by_itself(store: Store, reopened: Callable[[], Store]) -> None:
    writer(store)
    expire(store)

    with writer(reopened(), actor=BOB):
        assert holder_name(store) == "bob"


def test_on_sqlite_the_given_clock_says_when_a_lease_expires(tmp_path: Path) -> None:
    clock = Clock()
    with closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as store:
        writer(store, clock)
        clock.sleep(59)
        with pytest.raises(Locked):
            writer(store, clock, BOB)
        clock.sleep(1)
        with writer(store, clock, BOB):
            assert holder_name(store) == "bob"


@on_databases
def test_a_lease_is_renewed_once_a_third_of_it_has_passed(store: Store) -> None:
    clock = Clock()
    with writer(store, clock) as pen:
        expire(store)
        clock.sleep(19)
        pen.renew_if_due()
        unrenewed = store.lock_holder()
        clock.sleep(1)
        pen.renew_if_due()
        renewed = store.lock_holder()

    assert unrenewed is not None
    assert renewed is not None
    assert unrenewed.expires_at.year == 2001
    assert renewed.expires_at - renewed.heartbeat_at == pytest.approx(
        timedelta(seconds=60), abs=timedelta(seconds=1)
    )
    assert renewed.acquired_at == unrenewed.acquired_at


@on_databases
def test_a_lease_that_expired_and_was_not_taken_is_still_held(store: Store) -> None:
    with writer(store) as pen:
        expire(store)

        assert pen.begin_run(start(0))


WRITES: dict[str, Callable[[StateWriter, str], object]] = {
    "begin_run": lambda pen, _: pen.begin_run(start(1)),
    "intend": lambda pen, run_id: pen.intend(run_id, 1, "companies", UPSERT, [(1, create("globex"))]),
    "record": lambda pen, run_id: pen.record(run_id, 0, {0: applied("9001")}, ownership([owned("acme")])),
    "record_uncalled": lambda pen, run_id: pen.record_uncalled(run_id, [], ownership([owned("acme")])),
    "drop": lambda pen, _: pen.drop(),
}


@on_databases
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_run_that_lost_the_lock_writes_nothing(
    store: Store, reopened: Callable[[], Store], write: Callable[[StateWriter, str], object]
) -> None:
    loser = writer(store)
    run_id = loser.begin_run(start(2))
    loser.intend(run_id, 0, "companies", UPSERT, [(0, create("acme"))])
    expire(store)
    before = (store.version(), store.run(run_id), store.count())

    with writer(reopened(), actor=BOB):
        with pytest.raises(Locked) as caught:
            write(loser, run_id)
        loser.release()

        assert holder_name(store) == "bob"
    assert (store.version(), store.run(run_id), store.count()) == before
    assert str(caught.value).startswith(
        f"lost the lock on the state of portal {PORTAL}: it is held by bob on laptop (process 17) since 20"
    )
    assert str(caught.value).endswith("the next `reconciler apply` finds out the result of unfinished calls")
    assert "run:" not in str(caught.value)  # bob's run is no CI job, so it has no page


def test_unlock_names_whom_it_took_the_lock_from(store: Store, reopened: Callable[[], Store]) -> None:
    loser = writer(store)

    taken_from = reopened().unlock()

    assert taken_from is not None
    assert taken_from.actor == ADA
    assert reopened().unlock() is None
    with pytest.raises(Locked, match=f"{PORTAL}: somebody ran `reconciler unlock`"):
        loser.begin_run(start(0))
    with writer(reopened(), actor=BOB):
        pass


def test_a_holder_that_was_unlocked_does_not_write_under_the_lock_of_the_next(
    store: Store, reopened: Callable[[], Store]
) -> None:
    loser = writer(store)
    reopened().unlock()

    with writer(reopened(), actor=BOB) as holder:
        with pytest.raises(Locked, match="it is held by bob"):
            loser.begin_run(start(0))
        loser.release()
        assert holder_name(store) == "bob"
        holder.begin_run(start(0))


def test_an_error_on_the_way_releases_the_lock_and_stays_the_error(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), writer(store):
        raise ZeroDivisionError

    assert holder_name(store) is None


COMPETITOR = """
import json, os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from reconciler.state.run_types import Actor
from tests.support.states import look_again, open_state

url, project, name = sys.argv[1:]
store = open_state(url, Path(project), 1)
print("ready", flush=True)
sys.stdin.readline()
for turn in range(10):
    with store.acquire(
        Actor(name, "here", os.getpid()),
        now=lambda: datetime.now(UTC),
        sleep=lambda _: time.sleep(0.002),
        timeout_s=1e9,
    ):
        began = time.monotonic_ns()
        time.sleep(0.003)
        print(json.dumps([began, time.monotonic_ns()]), flush=True)
store.close()
"""


def test_two_processes_never_hold_the_lock_together(url: str, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COMPETITOR, url, str(tmp_path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("ada", "bob")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    held = [
        tuple(json.loads(line)) for process in processes for line in process.communicate()[0].splitlines()
    ]

    assert len(held) == 20
    in_order = sorted(held)
    assert all(ended <= began for (_, ended), (began, _) in pairwise(in_order))


@on_databases
def test_a_lease_that_nobody_renewed_lets_nothing_leave(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.state.lock._PATIENCE_S", 0.01)
    clock = Clock()
    pen = writer(store, clock)
    clock.sleep(59)
    pen.assert_held()
    clock.sleep(1)

    with pytest.raises(Locked, match="the lock expired, because this process was suspended"):
        pen.assert_held()

    pen.begin_run(start(0))
    pen.assert_held()
    pen.release()


class Waiting:
    """A thread that waits until an expired lease is renewed."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("reconciler.state.lock._PATIENCE_S", 600.0)
        self.heard: SimpleQueue[str] = SimpleQueue()
        self._has_looked = threading.Event()
        self._clock = Clock()
        self.pen = store.acquire(ADA, now=self._now, sleep=self._clock.sleep, timeout_s=0)
        self._clock.sleep(60)

    def begin(self) -> None:
        """Start the thread, and return when it waits."""
        threading.Thread(target=self._wait, daemon=True).start()
        assert self._has_looked.wait(60)

    def _now(self) -> datetime:
        if threading.current_thread() is not threading.main_thread():
            self._has_looked.set()
        return self._clock.now()

    def _wait(self) -> None:
        try:
            self.pen.assert_held()
        except Locked as lost:
            self.heard.put(str(lost))
        else:
            self.heard.put("it holds")


@on_databases
def test_at_the_very_end_of_a_lease_one_waits_for_its_renewal(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting(store, monkeypatch)
    waiting.begin()
    waiting.pen.begin_run(start(0))
    assert waiting.heard.get(timeout=20) == "it holds"
    waiting.pen.release()


@on_databases
def test_a_waiting_call_learns_at_once_that_the_lock_was_lost(
    store: Store, reopened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting(store, monkeypatch)
    expire(store)
    with writer(reopened(), actor=BOB):
        waiting.begin()
        with pytest.raises(Locked):
            waiting.pen.begin_run(start(0))
        assert "it is held by bob" in waiting.heard.get(timeout=20)


@on_databases
def test_a_clock_that_was_set_back_makes_a_renewal_due(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.state.lock._PATIENCE_S", 0.01)
    clock = Clock()
    with writer(store, clock) as pen:
        pen.assert_held()
        clock.sleep(-10)
        with pytest.raises(Locked, match="the lock expired"):
            pen.assert_held()
        pen.renew_if_due()
        pen.assert_held()


@on_databases
def test_a_lease_that_ran_out_at_this_very_moment_is_not_called_unlocked(
    store: Store, reopened: Callable[[], Store]
) -> None:
    clock = Clock()
    loser = writer(store, clock)
    expire(store)
    writer(reopened(), clock, BOB).release()
    clock.sleep(60)

    with pytest.raises(
        Locked, match=("the lock expired and another run took it, or somebody ran `reconciler unlock`")
    ):
        loser.begin_run(start(0))


@on_databases
def test_a_lease_that_ran_out_and_was_taken_and_given_back_is_not_called_unlocked(
    store: Store, reopened: Callable[[], Store]
) -> None:
    clock = Clock()
    loser = writer(store, clock)
    expire(store)
    writer(reopened(), clock, BOB).release()
    clock.sleep(61)

    with pytest.raises(
        Locked, match=("the lock expired and another run took it, or somebody ran `reconciler unlock`")
    ):
        loser.begin_run(start(0))


@on_databases
def test_a_later_call_learns_why_the_lock_was_lost(store: Store, reopened: Callable[[], Store]) -> None:
    loser = writer(store)
    expire(store)
    with writer(reopened(), actor=BOB):
        with pytest.raises(Locked, match="it is held by bob"):
            loser.begin_run(start(0))
        with pytest.raises(Locked, match="it is held by bob"):
            loser.assert_held()


def test_the_lock_of_another_portal_is_neither_told_nor_taken_nor_renewed(
    store: Store, url: str, tmp_path: Path
) -> None:
    with closing(open_state(url, tmp_path, PORTAL + 1)) as other:
        ours, theirs = writer(store), writer(other, actor=BOB)
        assert holder_name(store) == "ada"
        look_again(other)
        before = other.lock_holder()

        ours.begin_run(start(0))
        look_again(other)
        assert other.lock_holder() == before

        taken_from = store.unlock()
        assert taken_from is not None
        assert taken_from.actor == ADA
        assert holder_name(other) == "bob"
        theirs.begin_run(start(0))
        with pytest.raises(Locked, match=f"{PORTAL}: somebody ran `reconciler unlock`"):
            ours.begin_run(start(0))
        theirs.release()
        assert holder_name(other) is None


def test_releasing_one_portal_leaves_the_lock_of_another(store: Store, url: str, tmp_path: Path) -> None:
    with closing(open_state(url, tmp_path, PORTAL + 1)) as other:
        ours, theirs = writer(store), writer(other, actor=BOB)
        ours.release()
        assert holder_name(other) == "bob"
        theirs.begin_run(start(0))
        theirs.release()


def test_a_holder_asleep_in_the_middle_of_a_write_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.state.database._BUSY_TIMEOUT_S", 0.05)
    with closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as first:
        holder = writer(first)
        with (
            first._database.writing(),
            closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as second,
            pytest.raises(Locked) as caught,
        ):
            writer(second, actor=BOB)
        holder.release()

    assert "another program keeps it busy" in str(caught.value)
    assert f"the state of portal {PORTAL} is locked by ada on build-7 (process 4242)" in str(caught.value)


@on_databases
def test_a_lock_that_was_released_after_the_attempt_is_not_blamed_on_anybody(
    store: Store, reopened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, another process may release the lock between the two statements of one attempt."""
    with writer(store):
        monkeypatch.setattr(lock, "select_holder", lambda *_: None)
        with pytest.raises(Locked) as refused, writer(reopened(), actor=BOB):
            pass
    assert str(refused.value) == (f"the state of portal {PORTAL} was locked until a moment ago: try again")
