"""The wheel and the sdist under test.

They are built once for all tests, or taken from the folder RECONCILER_DIST, as when a release is made.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import ROOT

REPOSITORY = "https://code.example/acme/reconciler"


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder with wheel and sdist; test processes that run at the same time share it."""
    given = os.environ.get("RECONCILER_DIST")
    if given:
        return Path(given).resolve()
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "dist.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "dist").exists():
            _build(shared / "dist")
    return shared / "dist"


def _build(folder: Path) -> None:
    """Build the sdist, and the wheel from the sdist."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    environ = os.environ | {"RECONCILER_REPOSITORY_URL": REPOSITORY}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    (found,) = dist.glob("*.tar.gz")
    return found
