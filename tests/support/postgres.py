"""A temporary PostgreSQL: a real server without a password, whose data is deleted afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier


def server_programs() -> Path | None:
    """Return the folder of the newest installed server's programs; None if there is none."""
    folders = sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: int(folder.parent.name),
    )
    on_path = shutil.which("initdb")
    return folders[-1] if folders else Path(on_path).parent if on_path else None


class Postgres:
    """A running server; every test gets its own database."""

    def __init__(self, sockets: Path, connection: psycopg.Connection) -> None:
        self._sockets = sockets
        self._connection = connection
        self._count = 0

    def new_database(self, options: LiteralString = "") -> str:
        """Create an empty database and return its URL."""
        self._count += 1
        name = f"state_{self._count}"
        self._connection.execute(SQL("CREATE DATABASE {} " + options).format(Identifier(name)))
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._sockets}"


@contextmanager
def running_server(programs: Path) -> Iterator[Postgres]:
    """Run a server on a socket in a folder of its own; delete all its data afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="reconciler-postgres-"))
    try:
        _give_to_server(folder)
        data = folder / "data"
        # The locale does not sort by code points, so that tests notice a query that relies on this order.
        locale = ["--locale-provider=icu", "--icu-locale=en", "-E", "UTF8"]
        _run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", *locale, "--no-sync"])
        settings = f"-k {folder} -h '' -c fsync=off -c full_page_writes=off"
        log = folder / "log"
        _run([programs / "pg_ctl", "-D", data, "-w", "-l", log, "-o", settings, "start"])
        try:
            with psycopg.connect(host=str(folder), user="postgres", autocommit=True) as connection:
                yield Postgres(folder, connection)
        finally:
            _run([programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_to_server(folder: Path) -> None:
    """Give the folder to the server's user, because the server refuses to run as root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)


def _run(command: Sequence[str | Path]) -> None:
    as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_server, *command], check=False, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout.decode()}")
