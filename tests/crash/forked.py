"""Runs the launcher in a fork of a process that has imported all modules, which saves a second each time."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

from tests.support.projects import Done

_FORKING = get_context("forkserver")
_FORKING.set_forkserver_preload(
    [
        "__main__",
        "tests.crash.launcher",
        "reconciler.apply.kinds",
        "reconciler.cli.apply",
        "reconciler.project.apply_plan",
        "reconciler.reconcile.plan",
        "reconciler.state.git.backend",
        "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.dialects.sqlite.pysqlite",
    ]
)


def run_forked(chosen: int, arguments: Sequence[str], environ: Mapping[str, str], timeout_s: float) -> Done:
    """Run the launcher with ``arguments``; its exit code is negative if a signal killed it.

    Raises:
        TimeoutError: the launcher did not end in time, and was killed.
    """
    with tempfile.TemporaryDirectory() as name:
        out, err = Path(name) / "out", Path(name) / "err"
        process = _FORKING.Process(target=_run, args=(chosen, list(arguments), dict(environ), out, err))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(err.read_text())
        return Done(process.exitcode, out.read_text(), err.read_text())


def _run(chosen: int, arguments: Sequence[str], environ: Mapping[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for number, path in ((0, Path(os.devnull)), (1, out), (2, err)):
        handle = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    from tests.crash.launcher import launch  # noqa: PLC0415 - it has to see the environment of its own

    launch(chosen, arguments)
