import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from reconciler.errors import Locked, StateError, UsageError
from reconciler.state.create_tables import SchemaError, create_or_upgrade, is_readable
from reconciler.state.database_errors import explanation
from reconciler.state.store import Store, memory_state, open_state, open_state_to_read
from reconciler.state.tables import SCHEMA_VERSION
from tests.state.conftest import new_database
from tests.support.journals import start, writer
from tests.support.people import unprivileged
from tests.support.postgres import Postgres

PORTAL = 7654321
SQLITE = "sqlite:///.reconciler/state.db"

Opener: TypeAlias = Callable[[str, Path, int], Store]


def fill(store: Store) -> None:
    with writer(store) as pen:
        pen.begin_run(start(0))


def make_state(url: str, project: Path) -> None:
    with closing(open_state(url, project, PORTAL)) as store:
        fill(store)


def execute(url: str, project: Path, *statements: str) -> None:
    """Execute SQL in the database, as another program might."""
    engine = create_engine(url.replace("sqlite:///", f"sqlite:///{project}/"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of a database; these tests are about its tables."""
    return new_database(request)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user may enter; those of pytest are for one user only."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_new_state_is_private_and_kept_out_of_git(tmp_path: Path) -> None:
    os.umask(0o022)
    with closing(open_state(SQLITE, tmp_path, PORTAL)) as store:
        fill(store)
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (tmp_path / ".reconciler").glob("state.db*")
        }

    assert modes == dict.fromkeys(["state.db", "state.db-wal", "state.db-shm"], 0o600)
    assert (tmp_path / ".reconciler/.gitignore").read_text() == "*\n"


def test_opening_a_file_twice_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """Other connections of this process must not drop the locks that SQLite holds on the file.

    This would happen if reconciler opened and closed the file itself, without SQLite:
    https://www.sqlite.org/howtocorrupt.html.
    """
    passer_by = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "print(c.execute('SELECT serial FROM states').fetchone()[0]); c.close()"
    )
    look = [sys.executable, "-c", passer_by, str(tmp_path / ".reconciler/state.db")]
    with closing(open_state(SQLITE, tmp_path, PORTAL)) as first:
        fill(first)
        open_state(SQLITE, tmp_path, PORTAL).close()
        seen = [subprocess.check_output(look)]
        fill(first)
        seen.append(subprocess.check_output(look))

    assert seen == [b"1\n", b"2\n"]


def test_a_gitignore_that_is_there_already_is_kept(tmp_path: Path) -> None:
    ignore = tmp_path / ".reconciler/.gitignore"
    ignore.parent.mkdir()
    ignore.write_text("state.db\n")

    make_state(SQLITE, tmp_path)

    assert ignore.read_text() == "state.db\n"


def test_a_file_that_others_may_read_is_made_private(tmp_path: Path) -> None:
    make_state(SQLITE, tmp_path)
    file = tmp_path / ".reconciler/state.db"
    file.chmod(0o644)

    make_state(SQLITE, tmp_path)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_commits_are_synced_and_write_ahead(tmp_path: Path) -> None:
    with closing(open_state(SQLITE, tmp_path, PORTAL)) as store, store._database.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_an_absent_state_reads_as_empty_and_is_not_made(tmp_path: Path) -> None:
    with closing(open_state_to_read(SQLITE, tmp_path, PORTAL)) as store:
        assert store.version().lineage is None
        assert store.unfinished() == ()

    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_reads_as_empty_and_stays_so(url: str, tmp_path: Path) -> None:
    if url == SQLITE:
        (tmp_path / ".reconciler").mkdir()
        (tmp_path / ".reconciler/state.db").touch()

    with closing(open_state_to_read(url, tmp_path, PORTAL)) as store:
        assert store.count() == 0

    with closing(open_state_to_read(url, tmp_path, PORTAL)) as store:
        assert store._database.name == "in memory"


def test_a_state_opened_for_reading_cannot_be_written(url: str, tmp_path: Path) -> None:
    make_state(url, tmp_path)

    with closing(open_state_to_read(url, tmp_path, PORTAL)) as store:
        assert store.version().serial == 1
        with pytest.raises(RuntimeError, match="opened for reading only"):
            fill(store)


def test_reading_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    make_state(SQLITE, tmp_path)
    file = tmp_path / ".reconciler/state.db"
    before = (file.read_bytes(), file.stat().st_mtime_ns)

    with closing(open_state_to_read(SQLITE, tmp_path, PORTAL)) as store:
        store.runs()

    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_a_state_in_a_folder_that_cannot_be_written_can_be_read(open_folder: Path) -> None:
    make_state(SQLITE, open_folder)
    folder = open_folder / ".reconciler"
    (folder / "state.db").chmod(0o644)
    folder.chmod(0o555)

    with unprivileged(), closing(open_state_to_read(SQLITE, open_folder, PORTAL)) as store:
        assert store.version().serial == 1


def test_a_folder_that_cannot_be_written_is_named(open_folder: Path) -> None:
    open_folder.chmod(0o555)

    with unprivileged(), pytest.raises(StateError) as caught:
        open_state(SQLITE, open_folder, PORTAL)

    assert str(caught.value) == (
        f"state {open_folder}/.reconciler/state.db: permission denied: check the folder and its permissions"
    )


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"data/state\.db: no such file or directory: check the folder"):
        open_state("sqlite:///data/state.db", tmp_path, PORTAL)


def test_a_folder_in_place_of_the_file_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "state.db"
    folder.mkdir(0o755)

    with pytest.raises(StateError, match="it cannot be opened: check that the file is there"):
        open_state("sqlite:///state.db", tmp_path, PORTAL)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_two_portals_share_a_database_and_nothing_else(url: str, tmp_path: Path) -> None:
    make_state(url, tmp_path)

    with closing(open_state(url, tmp_path, PORTAL + 1)) as other:
        assert other.version().lineage is None
        assert other.runs() == ()
        fill(other)
        with closing(open_state(url, tmp_path, PORTAL)) as store:
            assert store.version().lineage != other.version().lineage


@pytest.mark.parametrize("opener", [open_state, open_state_to_read])
def test_a_newer_version_is_refused_with_advice(url: str, tmp_path: Path, opener: Opener) -> None:
    make_state(url, tmp_path)
    execute(url, tmp_path, "UPDATE meta SET value = '9'")

    with pytest.raises(
        StateError,
        match=(
            r"has version 9, and this reconciler can read only up to "
            r"version \d+"
        ),
    ):
        opener(url, tmp_path, PORTAL)


def test_an_older_version_is_upgraded_by_whoever_writes(url: str, tmp_path: Path) -> None:
    make_state(url, tmp_path)
    step, last = SCHEMA_VERSION + 1, SCHEMA_VERSION + 2
    upgrades = {step: ("ALTER TABLE runs ADD COLUMN note TEXT",), last: ("UPDATE runs SET note = 'old'",)}

    with closing(open_state(url, tmp_path, PORTAL)) as store:
        with (
            store._database.reading() as connection,
            pytest.raises(SchemaError, match="upgrades it"),
        ):
            is_readable(connection, last)
        with store._database.writing() as connection:
            create_or_upgrade(connection, last, upgrades)
        with store._database.reading() as connection:
            assert is_readable(connection, last)
            assert connection.execute(text("SELECT note FROM runs")).scalar() == "old"


def test_a_database_of_something_else_is_left_alone(url: str, tmp_path: Path) -> None:
    (tmp_path / ".reconciler").mkdir()
    execute(url, tmp_path, "CREATE TABLE runs (distance INTEGER)")

    for opener in (open_state, open_state_to_read):
        with pytest.raises(StateError, match="it contains a table 'runs' of another program: give the state"):
            opener(url, tmp_path, PORTAL)


@pytest.mark.parametrize("columns", ["(name TEXT, colour TEXT)", "(name TEXT, value TEXT)"])
def test_somebody_elses_meta_table_is_left_alone(url: str, tmp_path: Path, columns: str) -> None:
    (tmp_path / ".reconciler").mkdir()
    execute(url, tmp_path, f"CREATE TABLE meta {columns}")

    with pytest.raises(StateError, match="it contains a table 'meta' of another program"):
        open_state(url, tmp_path, PORTAL)


def test_other_tables_in_a_shared_postgresql_do_no_harm(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    execute(url, tmp_path, "CREATE TABLE invoices (number INTEGER)")

    make_state(url, tmp_path)


@pytest.mark.parametrize("opener", [open_state, open_state_to_read])
def test_a_damaged_file_is_called_so(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / ".reconciler/state.db").write_bytes(b"this was a database once " * 200)

    with pytest.raises(
        StateError,
        match=(
            r"state\.db: the file is damaged: put back a backup; or move "
            r"the file"
        ),
    ):
        opener(SQLITE, tmp_path, PORTAL)


def test_damage_inside_the_file_is_called_so(tmp_path: Path) -> None:
    make_state(SQLITE, tmp_path)
    file = tmp_path / ".reconciler/state.db"
    file.write_bytes(file.read_bytes()[:8192] + b"\xff" * 60_000)

    with (
        pytest.raises(StateError, match="the file is damaged"),
        closing(open_state(SQLITE, tmp_path, PORTAL)) as store,
    ):
        fill(store)


def test_a_full_disk_says_so_and_leaves_what_was_recorded(tmp_path: Path) -> None:
    with closing(open_state(SQLITE, tmp_path, PORTAL)) as store:
        fill(store)
        with store._database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        def fill_up() -> None:
            for _ in range(200):
                fill(store)

        with pytest.raises(StateError, match="the disk is full: free some space and run again"):
            fill_up()

        recorded = len(store.runs())
    with closing(open_state(SQLITE, tmp_path, PORTAL)) as store:
        assert store.version().serial == recorded


def test_a_file_that_another_program_keeps_busy_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_state(SQLITE, tmp_path)
    monkeypatch.setattr("reconciler.state.database._BUSY_TIMEOUT_S", 0.05)

    with closing(sqlite3.connect(tmp_path / ".reconciler/state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            closing(open_state(SQLITE, tmp_path, PORTAL)) as store,
            pytest.raises(Locked, match="another program keeps it busy: try again"),
        ):
            fill(store)


def test_messages_name_the_file_as_seen_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / ".reconciler/state.db").write_text("no database, and long enough to be looked into\n" * 9)

    with pytest.raises(StateError) as caught:
        open_state(SQLITE, tmp_path, PORTAL)

    assert str(caught.value).startswith("state .reconciler/state.db: the file is damaged")


def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql+psycopg://ada:hunter2@127.0.0.1:1/crm?password=hunter3&connect_timeout=2"

    with pytest.raises(StateError) as caught:
        open_state(url, tmp_path, PORTAL)

    message = str(caught.value)
    assert message.startswith(
        "state postgresql+psycopg://ada:***@127.0.0.1:1/crm: the server cannot be used ("
    )
    assert message.endswith("): check the state's URL and the server")
    assert "hunter" not in message


def test_a_database_that_does_not_exist_is_named(postgres: Postgres, tmp_path: Path) -> None:
    with pytest.raises(StateError, match='database "nowhere" does not exist'):
        open_state(postgres.url("nowhere"), tmp_path, PORTAL)


def test_a_database_of_another_encoding_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database("TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")

    with pytest.raises(StateError, match="its encoding is LATIN1: create the database with ENCODING 'UTF8'"):
        open_state(url, tmp_path, PORTAL)


def test_a_user_without_rights_is_told_which(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    execute(url, tmp_path, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")

    with pytest.raises(StateError, match="the database user lacks a right: grant CREATE"):
        open_state(url.replace("postgres@", "guest@"), tmp_path, PORTAL)


def test_a_server_that_went_away_is_reported_and_found_again(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    with closing(open_state(url, tmp_path, PORTAL)) as store:
        with pytest.raises(StateError, match="the server cannot be used"):
            cut_off_while_reading(store, url, tmp_path)

        assert store.version().serial == 0


def cut_off_while_reading(store: Store, url: str, project: Path) -> None:
    with store._database.reading() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        execute(url, project, f"SELECT pg_terminate_backend({pid})")
        connection.execute(text("SELECT 1"))


def test_a_missing_psycopg_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StateError, match=r"pip install '\.\[postgres\]'"):
        open_state("postgresql+psycopg://ada@db/crm", tmp_path, PORTAL)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:secret@h/d",
        "postgresql://h/d",
        "sqlite://",
        "sqlite:///",
        "sqlite:///s.db?x=1",
        "postgresql+psycopg://u:secret@h:secret/d",
        "postgresql+psycopg://u:se:cret@[::1/secret",
        "state.db",
        "",
        "git:refs/x",
    ],
)
def test_a_url_that_can_hold_no_state_is_a_wrong_setting(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be sqlite:///FILE") as caught:
        open_state(url, tmp_path, PORTAL)

    assert "secret" not in str(caught.value)


def test_a_state_in_memory_ends_with_its_process() -> None:
    with closing(memory_state(PORTAL)) as store:
        fill(store)
        assert store.version().serial == 1
    with closing(memory_state(PORTAL)) as store:
        assert store.version().lineage is None


def test_first_runs_at_the_same_moment_make_the_tables_once(url: str, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from reconciler.state.store import open_state\n"
        "print('ready', flush=True); sys.stdin.read(1)\n"
        "open_state(sys.argv[1], Path(sys.argv[2]), 1).version(); print('done')"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, url, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("!")
        process.stdin.flush()

    assert [process.communicate()[0] for process in processes] == ["done\n"] * 4


def test_locks_that_do_not_work_are_explained() -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL

    assert explanation(OperationalError("SELECT 1", {}, error)) == (
        "its locks do not work here, as on some network drives: put it on a local disk, or run again"
    )


def test_a_disk_without_room_for_the_files_beside_the_database_is_called_full() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert "the disk is full" in str(explanation(OperationalError("SELECT 1", {}, error)))

    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    assert "the disk has errors" in str(explanation(OperationalError("SELECT 1", {}, error)))


@pytest.mark.parametrize("ignored", [None, ""])
def test_git_ignores_the_private_folder_also_after_a_full_disk(tmp_path: Path, ignored: str | None) -> None:
    (tmp_path / ".reconciler").mkdir()
    if ignored is not None:
        (tmp_path / ".reconciler/.gitignore").write_text(ignored)

    make_state(SQLITE, tmp_path)

    assert (tmp_path / ".reconciler/.gitignore").read_text() == "*\n"
