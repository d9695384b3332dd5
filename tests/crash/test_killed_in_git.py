"""State in git: an apply is killed at a push or later, its folder is deleted, and another clone continues."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.world import Beginning, check, points_of, recover
from tests.support.git_remotes import bare_repository

SAMPLE = 10
"""Number of kills in one test session.

``python -m tests.crash --all --database git`` kills at every point.
"""


def new_remote(folder: Path) -> Callable[[], str]:
    folder.mkdir()
    return lambda: f"git:file://{bare_repository(folder)}:refs/reconciler"


@pytest.fixture(scope="session")
def points(start: Beginning, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Return the numbers of the points right before and after each push, in a run without a kill.

    A point is a place in the run where a test can kill the process; points are counted from 1."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with start.again(folder, new_remote(folder / "remote")) as world:
        done = world.apply(0)
        assert done.code == 0, done.err
        check(world, start)
    pushes = [number for number, name in enumerate(points_of(done), 1) if name.endswith("push")]
    assert len(pushes) > SAMPLE
    return pushes


@pytest.mark.parametrize("which", range(SAMPLE))
def test_killed_at_a_push_another_clone_goes_on(
    start: Beginning, points: list[int], tmp_path: Path, which: int
) -> None:
    point = points[which * len(points) // SAMPLE] + which % 2 * 5  # at a push, or 5 points later
    with start.again(tmp_path, new_remote(tmp_path / "remote")) as world:
        assert world.apply(point).code == -signal.SIGKILL
        recover(world)
        check(world, start)
