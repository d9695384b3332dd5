"""Snapshots in a repository: their contents, who can read them, and which manipulations are detected."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import StateError, UsageError
from reconciler.model.associations import AssociationsAfter
from reconciler.model.outcomes import Skipped
from reconciler.state.git.access import access_to
from reconciler.state.git.backend import GitBackend
from reconciler.state.store import Store, open_git_state
from tests.support.git_remotes import bare_repository, environment, git, refs_of
from tests.support.journals import create, owned, ownership, pair, start, writer

PORTAL = 7654321
STATE = f"refs/reconciler/{PORTAL}/state"
KEY, OTHER = "k" * 44, "o" * 44


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the derivation of keys fast: it is slow on purpose, and done at every opening."""
    monkeypatch.setattr("reconciler.encryption._COST", 2**4)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare_repository(tmp_path)


@pytest.fixture
def opened(remote: Path, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Return a function that opens the state with given keys."""
    stores: list[Store] = []

    def again(*keys: str, portal: int = PORTAL, seen: bool = False, may_be_plain: bool = False) -> Store:
        access = access_to(
            f"file://{remote}",
            "refs/reconciler",
            os.environ,
            keys=keys,
            may_be_plain=may_be_plain,
            seen=tmp_path / "seen.json" if seen else None,
        )
        stores.append(open_git_state(access, portal))
        return stores[-1]

    yield again
    for each in stores:
        each.close()


def own(store: Store, *names: str, sent: str = "A") -> str:
    """Store owned records in a new run; return the id of the run."""
    with writer(store) as pen:
        run_id = pen.begin_run(start(len(names)))
        pen.record_uncalled(run_id, [], ownership([owned(name, sent={"name": sent}) for name in names]))
    return run_id


def put(remote: Path, files: dict[str, bytes]) -> None:
    """Commit ``files`` as the state, by hand."""
    entries = []
    for name, data in files.items():
        done = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            cwd=remote,
            env=environment(),
            input=data,
            check=True,
            capture_output=True,
        )
        entries.append((name, done.stdout.decode().strip()))
    stream = (
        b"commit refs/hand\ncommitter a <a@b> 0 +0000\ndata 0\n"
        + "".join(f"M 100644 {object_id} {name}\n" for name, object_id in entries).encode()
    )
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"], cwd=remote, env=environment(), input=stream, check=True
    )
    git(remote, "update-ref", STATE, "refs/hand")


def files_of(remote: Path, commit: str = STATE) -> dict[str, bytes]:
    """Return the blobs of a snapshot."""
    names = git(remote, "ls-tree", "-r", "--name-only", commit).splitlines()
    return {
        name: subprocess.run(
            ["git", "cat-file", "blob", f"{commit}:{name}"], cwd=remote, check=True, capture_output=True
        ).stdout
        for name in names
    }


def test_a_snapshot_is_one_commit_without_parent_and_nothing_in_it_can_be_read(
    opened: Callable[..., Store], remote: Path
) -> None:
    own(opened(KEY), "acme", "globex")

    assert refs_of(remote).keys() == {STATE}
    assert git(remote, "rev-list", "--count", STATE) == "1"
    for data in files_of(remote).values():
        assert b"acme" not in data
        assert b"companies" not in data
    assert {
        record.key.value for record in opened(KEY).owned_in_order("companies", "external_id", None, 9)
    } == {
        "acme",
        "globex",
    }


def test_portals_share_nothing(opened: Callable[..., Store], remote: Path) -> None:
    own(opened(KEY), "acme")
    own(opened(KEY, portal=1), "globex")

    assert refs_of(remote).keys() == {STATE, "refs/reconciler/1/state"}
    assert opened(KEY).count() == opened(KEY, portal=1).count() == 1
    git(remote, "update-ref", STATE, "refs/reconciler/1/state")
    with pytest.raises(StateError, match="it belongs to portal 1, not to 7654321"):
        opened(KEY)


def test_a_push_carries_the_blobs_that_changed(opened: Callable[..., Store], remote: Path) -> None:
    store = opened(KEY)
    names = [f"record-{number}" for number in range(6000)]
    own(store, *names, sent="A" * 200)
    before = git(remote, "ls-tree", "-r", STATE).splitlines()

    own(store, "record-7", sent="B")

    after = git(remote, "ls-tree", "-r", STATE).splitlines()
    buckets = [line for line in after if "\towned/" in line]
    assert len(buckets) == 8
    assert len(set(after) - set(before)) == 3  # the bucket, the run, the header
    assert opened(KEY).count() == 6000


def test_associations_are_in_buckets_too(opened: Callable[..., Store]) -> None:
    with writer(opened(KEY)) as pen:
        run_id = pen.begin_run(start(1))
        pen.record_uncalled(
            run_id,
            [],
            ownership([owned("acme")], pairs=AssociationsAfter(owned=(pair("acme", "ada@acme.example"),))),
        )

    assert opened(KEY).pairs("companies", "contacts") == (pair("acme", "ada@acme.example"),)


def test_of_several_keys_the_newest_writes_everything_anew(
    opened: Callable[..., Store], remote: Path
) -> None:
    own(opened(KEY), "acme")
    before = files_of(remote)

    own(opened(OTHER, KEY), "globex")

    assert not set(before.values()) & set(files_of(remote).values())
    assert opened(OTHER).count() == 2
    with pytest.raises(StateError, match="encrypted with another key than the one in RECONCILER_PLAN_KEY"):
        opened(KEY)


def test_without_its_key_a_state_stays_closed(opened: Callable[..., Store]) -> None:
    own(opened(KEY), "acme")
    with pytest.raises(StateError, match="it is encrypted\n    set RECONCILER_PLAN_KEY"):
        opened(may_be_plain=True)


def test_a_plain_state_is_for_emulators(opened: Callable[..., Store], remote: Path) -> None:
    own(opened(may_be_plain=True), "acme")

    assert any(b"acme" in data for data in files_of(remote).values())
    assert opened(may_be_plain=True).count() == 1
    with pytest.raises(StateError, match="it is not encrypted, so anybody may have written it"):
        opened(KEY)


def altered(files: dict[str, bytes], older: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    bucket = next(name for name in files if name.startswith("owned/"))
    run = next(name for name in files if name.startswith("runs/"))
    yield "altered", files | {bucket: files[bucket][:-1] + b"x"}
    yield "exchanged", files | {bucket: files[run], run: files[bucket]}
    yield "put back", files | {bucket: older[bucket]}
    yield "header put back", files | {"header": older["header"]}
    yield "header altered", files | {"header": files["header"].replace(b" 2 ", b" 9 ", 1)}
    yield "left out", {name: data for name, data in files.items() if name != bucket}
    yield "nothing", {"README": b"hello"}
    yield "another", {"header": b"something else"}


def test_blobs_that_were_altered_exchanged_or_put_back_are_noticed(
    opened: Callable[..., Store], remote: Path
) -> None:
    own(opened(KEY), "acme")
    older = files_of(remote)
    own(opened(KEY), "acme", sent="B")
    newest = files_of(remote)

    for what, files in altered(newest, older):
        put(remote, files)
        with pytest.raises(StateError) as caught:
            opened(KEY)
        assert str(caught.value).startswith("state in git"), what
    put(remote, newest)
    assert opened(KEY).count() == 1


def test_an_older_snapshot_is_noticed_by_a_machine_that_has_seen_a_newer_one(
    opened: Callable[..., Store], remote: Path
) -> None:
    own(opened(KEY, seen=True), "acme")
    older = refs_of(remote)[STATE]
    own(opened(KEY, seen=True), "globex")
    newest = refs_of(remote)[STATE]

    git(remote, "update-ref", STATE, older)
    with pytest.raises(
        StateError, match=r"was put back to serial 1, but this machine has already seen serial 2"
    ):
        opened(KEY, seen=True)
    assert opened(KEY).count() == 1  # another machine has not seen serial 2
    git(remote, "update-ref", "-d", STATE)
    with pytest.raises(StateError, match="is gone, although this machine has already read its serial 2"):
        opened(KEY, seen=True)
    git(remote, "update-ref", STATE, newest)
    assert opened(KEY, seen=True).count() == 2


def test_a_correction_says_where_the_state_was_before(opened: Callable[..., Store], remote: Path) -> None:
    own(opened(KEY), "acme")
    commit = refs_of(remote)[STATE]
    store = opened(KEY)
    with writer(store) as pen:
        assert pen.remove([owned("acme").key]) is None
    assert store.previous == (
        f"the previous state is commit {commit} of file://{remote}, as long as the host keeps it"
    )


def test_what_is_dropped_leaves_no_blob(opened: Callable[..., Store], remote: Path) -> None:
    own(opened(KEY), "acme")
    with writer(opened(KEY)) as pen:
        pen.drop()
    assert files_of(remote).keys() == {"header"}
    assert opened(KEY).version().lineage is None


def test_a_state_that_nobody_wrote_makes_no_ref(opened: Callable[..., Store], remote: Path) -> None:
    with writer(opened(KEY)):
        pass
    assert refs_of(remote) == {}


def test_a_run_writes_only_its_own_parts(opened: Callable[..., Store], remote: Path) -> None:
    with writer(opened(KEY)) as pen:
        run_id = pen.begin_run(start(2500))
        pen.record_uncalled(run_id, [(n, create(f"c-{n}"), Skipped("stop")) for n in range(2500)])
    parts = [name for name in files_of(remote) if name.startswith(f"runs/{run_id}-")]
    assert len(parts) == 3
    assert len(opened(KEY).run(run_id).rows) == 2500


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("file:///nonexistent/remote.git", "state in git: there is no repository at file:///nonexistent"),
        ("http://127.0.0.1:9/remote.git", "state in git: http://127.0.0.1:9/remote.git cannot be read ("),
    ],
)
def test_a_remote_that_is_gone_is_told_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StateError) as caught:
        GitBackend(access_to(url, "refs/reconciler", os.environ, keys=(KEY,)), PORTAL)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_remote_that_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.state.git.remote.TIMEOUT_S", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/remote.git"
        with pytest.raises(StateError, match="gives no answer in 0 seconds: check the network"):
            GitBackend(access_to(url, "refs/reconciler", os.environ, keys=(KEY,)), PORTAL)


def test_a_host_that_refuses_the_ref_is_told(opened: Callable[..., Store], remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(StateError) as caught:
        writer(opened(KEY))

    first, second = str(caught.value).splitlines()
    assert first == (
        f"state in git: the repository refuses to move refs/reconciler/{PORTAL}/lock "
        "(pre-receive hook declined)"
    )
    assert "contents: write" in second


@pytest.mark.parametrize("url", ["ext::sh -c x", "http://git.example/x", "-x", "x.git"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        access_to(url, "refs/reconciler", os.environ)
