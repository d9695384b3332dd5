"""Other failures of an applying process: it stops with advice, and the next run completes."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from reconciler.cli.exits import ExitCode
from tests.crash.test_killed_in_git import new_remote
from tests.crash.world import APPLY, Beginning, World, check, recover
from tests.support.journals import ADA
from tests.support.postgres import Postgres, running_server, server_programs
from tests.support.projects import PORTAL
from tests.support.states import open_state

WRITES = ("upsert", "update", "create", "archive")
SLOWLY_MS = 700
DEADLINE_S = 30


@pytest.fixture(params=["sqlite", "postgresql", "git"])
def world(request: pytest.FixtureRequest, start: Beginning, tmp_path: Path) -> Iterator[World]:
    """Yield the story at its beginning, with state in SQLite, in PostgreSQL or in a git repository."""
    database: Callable[[], str] | None = None
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        database = server.new_database
    if request.param == "git":
        database = new_remote(tmp_path / "remote")
    with start.again(tmp_path, database) as made:
        yield made


@pytest.fixture
def on_sqlite(start: Beginning, tmp_path: Path) -> Iterator[World]:
    with start.again(tmp_path) as made:
        yield made


def slow_down(world: World, ms: int = SLOWLY_MS) -> None:
    """Let every write take ``ms`` milliseconds."""
    for call in WRITES:
        fault = f"latency:ms={ms},path=*/batch/{call}"
        httpx.post(
            f"{world.project.environ['RECONCILER_URL']}/_emulator/faults", json=fault
        ).raise_for_status()


def speed_up(world: World) -> None:
    httpx.delete(f"{world.project.environ['RECONCILER_URL']}/_emulator/faults").raise_for_status()


def begin_apply(world: World, *before: str) -> "subprocess.Popen[bytes]":
    """Start an apply in a process, and return when it is in the middle of its writes."""
    slow_down(world)
    folder = str(world.project.folder)
    process = world.spawn("0", *before, "-C", folder, "apply", *APPLY, "--parallelism", "2")
    wait_for(lambda: writes(world) >= 2)
    return process


def writes(world: World) -> int:
    ends = tuple(f"/batch/{call}" for call in WRITES)
    return sum(request.path.endswith(ends) for request in world.portal.requests)


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


def end_of(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    out, err = process.communicate(timeout=DEADLINE_S)
    text = out.decode() + err.decode()
    assert "Traceback" not in text, text
    return process.returncode, text


def test_ctrl_c_once_lets_the_calls_in_flight_finish_and_records_them(world: World, start: Beginning) -> None:
    process = begin_apply(world)
    process.send_signal(signal.SIGINT)
    code, text = end_of(process)

    assert code == ExitCode.INTERRUPTED
    assert "stopping after the calls that are under way" in text
    assert "`reconciler apply` continues" in text
    with closing(open_state(world.state, world.project.folder, PORTAL, world.project.environ)) as store:
        assert store.unfinished() == ()
        run = store.run(store.runs()[0].id)
        assert run.accounting()["applied"] > 0
        assert run.accounting()["skipped"] > 0
        assert store.lock_holder() is None
    speed_up(world)
    assert world.run("apply", *APPLY).code == ExitCode.OK
    check(world, start)


def test_sigterm_is_as_good_as_ctrl_c(on_sqlite: World, start: Beginning) -> None:
    process = begin_apply(on_sqlite)
    process.terminate()
    code, text = end_of(process)

    assert code == ExitCode.INTERRUPTED
    assert "`reconciler apply` continues" in text
    speed_up(on_sqlite)
    assert on_sqlite.run("apply", *APPLY).code == ExitCode.OK
    check(on_sqlite, start)


def test_ctrl_c_twice_leaves_at_once(on_sqlite: World, start: Beginning) -> None:
    process = begin_apply(on_sqlite)
    speed_up(on_sqlite)
    slow_down(on_sqlite, 3000)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    code, _ = end_of(process)

    assert code == ExitCode.INTERRUPTED
    assert time.monotonic() - began < 2
    speed_up(on_sqlite)
    recover(on_sqlite)
    check(on_sqlite, start)


def test_a_suspended_holder_whose_lease_was_taken_writes_nothing_more(world: World, start: Beginning) -> None:
    process = begin_apply(world, "--lease", "1")
    process.send_signal(signal.SIGSTOP)
    speed_up(world)
    time.sleep(1.2)
    second = world.run("apply", *APPLY, "--lock-timeout", "5s")
    before = writes(world)
    process.send_signal(signal.SIGCONT)
    code, text = end_of(process)

    assert second.code == ExitCode.OK, second.out + second.err
    assert code == ExitCode.LOCKED
    assert "lost the lock" in text
    assert writes(world) == before
    check(world, start)


def test_two_applies_at_once_do_not_interleave(world: World, start: Beginning) -> None:
    first = begin_apply(world)
    second = world.run("apply", *APPLY)
    assert second.code == ExitCode.LOCKED
    assert first.poll() is None
    code, _ = end_of(first)

    assert code == ExitCode.OK
    speed_up(world)
    check(world, start)


def test_an_apply_that_waited_for_another_repeats_nothing_that_the_other_did(
    world: World, start: Beginning
) -> None:
    first = begin_apply(world)
    second = world.run("apply", *APPLY, "--lock-timeout", "60s")
    code, _ = end_of(first)

    assert code == ExitCode.OK
    assert second.code in {ExitCode.OK, ExitCode.NOT_APPLIED}, second.out + second.err
    speed_up(world)
    check(world, start)


def test_a_full_disk_stops_the_run_and_loses_nothing(on_sqlite: World, start: Beginning) -> None:
    slow_down(on_sqlite)
    folder = str(on_sqlite.project.folder)
    process = on_sqlite.spawn("0", "-C", folder, "apply", *APPLY, "--parallelism", "2")
    wait_for(lambda: writes(on_sqlite) >= 2)
    wal = on_sqlite.project.folder / ".reconciler" / "state.db-wal"
    limit = wal.stat().st_size
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    code, text = end_of(process)

    assert code == ExitCode.ERROR, text
    assert "disk" in text
    speed_up(on_sqlite)
    recover(on_sqlite)
    check(on_sqlite, start)


def test_a_state_file_deleted_in_the_middle_ends_the_run(on_sqlite: World, start: Beginning) -> None:
    process = begin_apply(on_sqlite)
    file = on_sqlite.project.folder / ".reconciler" / "state.db"
    aside = {path: path.with_suffix(".aside" + path.suffix) for path in file.parent.glob("state.db*")}
    for path, other in aside.items():
        path.rename(other)
    code, text = end_of(process)

    assert code == ExitCode.ERROR
    assert "deleted or replaced" in text
    for path, other in aside.items():
        other.rename(path)
    speed_up(on_sqlite)
    recover(on_sqlite)
    check(on_sqlite, start)


def test_a_state_file_replaced_in_the_middle_ends_the_run(
    on_sqlite: World, start: Beginning, tmp_path: Path
) -> None:
    process = begin_apply(on_sqlite)
    file = tmp_path / ".reconciler" / "state.db"
    old = tmp_path / "old.db"
    shutil.copy(start.folder / "state.db", old)
    old.replace(file)
    code, text = end_of(process)

    assert code == ExitCode.ERROR
    assert "deleted or replaced" in text


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("runuser"), reason="root may write everywhere")
def test_a_state_that_may_not_be_written_is_told_before_anything_is_sent(on_sqlite: World) -> None:
    folder = on_sqlite.project.folder / ".reconciler"
    file = folder / "state.db"
    file.unlink()
    file.mkdir()
    before = writes(on_sqlite)
    done = on_sqlite.run("apply", *APPLY)

    assert done.code == ExitCode.ERROR
    assert "Traceback" not in done.err
    assert "state" in done.err
    assert writes(on_sqlite) == before


def test_a_database_server_that_stops_in_the_middle_is_told_and_nothing_is_lost(
    start: Beginning, tmp_path: Path
) -> None:
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    with running_server(programs) as server, start.again(tmp_path, server.new_database) as world:
        process = begin_apply(world)
        server._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'state_%'"
        )
        server._connection.execute("ALTER DATABASE state_1 ALLOW_CONNECTIONS false")
        code, text = end_of(process)
        server._connection.execute("ALTER DATABASE state_1 ALLOW_CONNECTIONS true")

        assert code == ExitCode.ERROR
        assert "the server cannot be used" in text
        speed_up(world)
        recover(world)
        check(world, start)


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(seconds=-45), timedelta(hours=1)])
def test_a_clock_that_jumps_neither_loses_the_lock_nor_keeps_it_from_being_renewed(
    on_sqlite: World, step: timedelta
) -> None:
    moments = [datetime.now(UTC)]
    with closing(open_state(on_sqlite.state, on_sqlite.project.folder, PORTAL)) as store:
        with store.acquire(ADA, now=lambda: moments[-1], sleep=time.sleep, timeout_s=0) as writer:
            moments.append(moments[-1] + step)
            writer.renew_if_due()
            writer.assert_held()
            holder = store.lock_holder()
            assert holder is not None
            assert holder.heartbeat_at == moments[-1]
        assert store.lock_holder() is None
