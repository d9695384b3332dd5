"""The lock in a repository: who gets it, who loses it, and when no call may be sent any more."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.errors import Locked, StateError
from reconciler.state.git.backend import GitBackend
from reconciler.state.git.remote import Move, Pushed, PushResult, Refs, RemoteRefs
from reconciler.state.git.repository import NewCommit
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter
from tests.support.git_remotes import bare_repository, git, refs_of
from tests.support.journals import ADA, BOB, UPSERT, Clock, applied, create, owned, ownership, start, writer
from tests.support.states import look_again, open_state

PORTAL = 7654321
STATE, LOCK = (f"refs/reconciler/{PORTAL}/{name}" for name in ("state", "lock"))
LONG_ENOUGH_S = 400.0


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare_repository(tmp_path)


@pytest.fixture
def opened(remote: Path, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return a function that opens the state as another machine would."""
    stores: list[Store] = []

    def again() -> Store:
        stores.append(open_state(f"git:file://{remote}:refs/reconciler", tmp_path, PORTAL))
        return stores[-1]

    yield again
    for each in stores:
        each.close()


def backend_of(store: Store) -> GitBackend:
    assert isinstance(store._backend, GitBackend)
    return store._backend


def test_a_lock_that_does_not_move_for_its_whole_lease_is_taken_over(opened: Callable[[], Store]) -> None:
    loser = writer(opened())
    clock = Clock()

    with pytest.raises(Locked, match="is locked by ada on build-7"):
        writer(opened(), clock, BOB, timeout_s=295)
    with writer(opened(), clock, BOB, timeout_s=LONG_ENOUGH_S) as heir:
        with pytest.raises(Locked, match="it is held by bob"):
            loser.begin_run(start(0))
        with pytest.raises(Locked, match="it is held by bob"):
            loser.assert_held()
        loser.release()
        assert heir.begin_run(start(0))


def test_a_lock_that_moves_is_not_taken_over(opened: Callable[[], Store]) -> None:
    holder, clock = writer(opened()), Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if (clock.time.minute, clock.time.second) == (48, 20):
            holder.publish()

    with pytest.raises(Locked, match="is locked by ada"):
        opened().acquire(BOB, now=clock.now, sleep=sleep, timeout_s=LONG_ENOUGH_S)
    holder.release()


def test_of_eight_who_want_the_lock_at_once_one_gets_it(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(8)]
    begin = threading.Barrier(8)
    won: list[StateWriter] = []
    lost: list[Locked] = []

    def want(store: Store) -> None:
        begin.wait()
        try:
            won.append(writer(store))
        except Locked as error:
            lost.append(error)

    threads = [threading.Thread(target=want, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(lost)) == (1, 7)
    won[0].release()


def test_of_eight_pushes_that_make_one_ref_one_is_a_success(
    opened: Callable[[], Store], remote: Path
) -> None:
    clones = [backend_of(opened()) for _ in range(8)]
    notes = [f"holder {number}" for number in range(8)]
    begin = threading.Barrier(8)
    results: list[PushResult] = []

    def push(backend: GitBackend, note: str) -> None:
        (made,) = backend._repository.write(0, [NewCommit(note)])
        begin.wait()
        results.append(backend._remote.push(Move(LOCK, None, made.commit)).result)

    threads = [threading.Thread(target=push, args=pair) for pair in zip(clones, notes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results.count(PushResult.DONE) == 1
    assert git(remote, "log", "--format=%s", LOCK).startswith("holder ")


def test_the_same_commit_pushed_twice_is_no_success(opened: Callable[[], Store]) -> None:
    one, other = backend_of(opened()), backend_of(opened())
    made = [backend._repository.write(0, [NewCommit("the same")])[0] for backend in (one, other)]

    assert made[0].commit == made[1].commit
    assert one._remote.push(Move(LOCK, None, made[0].commit)).result is PushResult.DONE
    assert other._remote.push(Move(LOCK, None, made[1].commit)).result is PushResult.MOVED


def test_half_a_lease_after_the_last_push_nothing_leaves(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.state.git.lease._PATIENCE_S", 0.01)
    clock = Clock()
    pen = writer(opened(), clock)
    clock.sleep(149)
    pen.assert_held()
    clock.sleep(1)
    with pytest.raises(Locked, match="the lock expired, because this process was suspended"):
        pen.assert_held()

    pen.renew_if_due()
    pen.assert_held()
    pen.release()


def test_state_moves_only_with_the_lock(opened: Callable[[], Store], remote: Path) -> None:
    loser = writer(opened())
    loser.begin_run(start(0))
    before = refs_of(remote)[STATE]
    opened().unlock()

    with pytest.raises(Locked, match="somebody ran `reconciler unlock`"):
        loser.begin_run(start(0))

    assert refs_of(remote) == {STATE: before}


@pytest.mark.parametrize("arrives", [True, False])
def test_a_push_without_an_answer_is_looked_for(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    pen, push = writer(opened()), RemoteRefs.push
    lost: list[Pushed | None] = []

    def unanswered(remote: RemoteRefs, *moves: Move) -> Pushed:
        if lost:
            return push(remote, *moves)
        lost.append(push(remote, *moves) if arrives else None)
        return Pushed(PushResult.UNANSWERED, "the connection broke")

    monkeypatch.setattr(RemoteRefs, "push", unanswered)
    run_id = pen.begin_run(start(1))
    pen.release()

    assert [run.id for run in opened().runs()] == [run_id]


def test_a_remote_that_does_not_answer_for_a_minute_ends_the_run(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    pen = writer(opened(), clock)
    gone = Pushed(PushResult.UNANSWERED, "could not resolve host")
    with monkeypatch.context() as patched:
        patched.setattr(RemoteRefs, "push", lambda *_: gone)
        with pytest.raises(StateError) as caught:
            pen.begin_run(start(1))

    assert str(caught.value).splitlines()[0] == (
        "state in git: the state could not be pushed for a minute (could not resolve host): "
        "nothing more is sent"
    )
    pen.release()
    assert len(opened().runs()) == 1  # the last push contained everything that was committed


def test_a_push_that_arrives_after_it_was_given_up_is_no_loss(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network fails after the push, so the run does not know that it arrived; the last push succeeds."""
    clock, push = Clock(), RemoteRefs.push
    pen = writer(opened(), clock)
    arrived: list[Pushed] = []

    def unanswered(remote: RemoteRefs, *moves: Move) -> Pushed:
        arrived.append(push(remote, *moves) if not arrived else Pushed(PushResult.UNANSWERED))
        return Pushed(PushResult.UNANSWERED, "the connection broke")

    def unreadable(_remote: RemoteRefs) -> Refs:
        raise StateError("it cannot be read")

    with monkeypatch.context() as patched:
        patched.setattr(RemoteRefs, "push", unanswered)
        patched.setattr(RemoteRefs, "fetch", unreadable)
        with pytest.raises(StateError, match="could not be pushed for a minute"):
            pen.begin_run(start(1))
    pen.release()

    store = opened()
    assert len(store.runs()) == 1
    assert store.lock_holder() is None


def test_a_state_that_was_moved_by_hand_ends_the_run(opened: Callable[[], Store], remote: Path) -> None:
    pen = writer(opened())
    pen.begin_run(start(0))
    git(remote, "update-ref", "-d", STATE)

    with pytest.raises(StateError, match="was moved by hand while this run held its lock"):
        pen.begin_run(start(0))


def test_a_lock_that_nobody_can_read_is_held_by_somebody(opened: Callable[[], Store], remote: Path) -> None:
    tree = git(remote, "mktree", "--missing")
    git(remote, "update-ref", LOCK, git(remote, "commit-tree", "-m", "something else", tree))

    with pytest.raises(Locked, match="is locked by somebody"):
        writer(opened())
    holder = opened().unlock()
    assert holder is not None
    writer(opened()).release()


def test_intents_leave_from_the_push_on_that_carries_them(opened: Callable[[], Store]) -> None:
    clock = Clock()
    there = clock.now()
    with closing(opened()) as store:
        pen = writer(store, clock)
        run_id = pen.begin_run(start(3))
        for number in range(3):
            pen.intend(run_id, number, "companies", UPSERT, [(number, create(f"acme-{number}"))])
        assert [batch.sent for batch in opened().unfinished()] == [{(n, 1): None} for n in range(3)]

        pen.publish(run_id, there)
        moments = [moment for batch in opened().unfinished() for moment in batch.sent.values()]
        assert len(moments) == 3
        assert all(moment and 0 <= (moment - there).total_seconds() < 1 for moment in moments)

        clock.sleep(10)
        pen.record_sending(run_id, [(1, [0], clock.now())])
        pen.record(run_id, 1, {1: applied("9001")}, ownership([owned("acme-1", "9001")]))
        sent = {
            number: moment for batch in opened().unfinished() for (number, _), moment in batch.sent.items()
        }
        assert sent.keys() == {0, 2}
        assert sent[0] == clock.now()
        assert sent[2] is not None
        assert (sent[2] - there).total_seconds() == pytest.approx(10, abs=2)  # as of the last push
        assert store.unfinished()[-1].sent == {(2, 1): None}  # this machine knows that call 2 was not sent


def test_the_holder_is_shown_with_its_job(opened: Callable[[], Store]) -> None:
    store = opened()
    with writer(store):
        look_again(store)
        holder = store.lock_holder()
        assert holder is not None
        assert holder.actor == ADA
        assert (holder.expires_at - holder.heartbeat_at).total_seconds() == 300
