"""An apply is killed at any point; the next one continues, with the same result as without the kill."""

import random
import signal
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from tests.crash.world import APPLY, Beginning, check, recover
from tests.support.postgres import Postgres

LENGTH = 440
"""Minimum number of points in any run; a run may have some more, for commits that renew the lock."""

_POINTS = random.Random(20261122).sample(range(1, LENGTH), 45)
ON_SQLITE, ON_POSTGRESQL = sorted(_POINTS[:36]), sorted(_POINTS[36:])


def test_the_story_needs_every_kind_of_call_and_passes_every_kind_of_point(start: Beginning) -> None:
    assert len(start.points) > LENGTH
    assert set(start.points) == {
        *("before commit", "after commit"),
        *("before call", "sent, no answer", "answered, unread", "answer read"),
    }
    assert {action for action, _ in start.changes} == {
        *("create", "update", "adopt", "archive"),
        *("associate", "dissociate"),
    }


@pytest.mark.parametrize("point", ON_SQLITE)
def test_killed_anywhere_the_next_run_converges(start: Beginning, tmp_path: Path, point: int) -> None:
    with start.again(tmp_path) as world:
        assert world.apply(point).code == -signal.SIGKILL
        recover(world)
        check(world, start)


@pytest.mark.parametrize("point", ON_POSTGRESQL)
def test_killed_anywhere_the_next_run_converges_on_postgresql(
    start: Beginning, tmp_path: Path, postgres: Postgres, point: int
) -> None:
    with start.again(tmp_path, postgres.new_database) as world:
        assert world.apply(point).code == -signal.SIGKILL
        recover(world)
        check(world, start)


def test_killed_again_and_again_it_still_converges(start: Beginning, tmp_path: Path) -> None:
    with start.again(tmp_path) as world:
        for point in (190, 120, 90, 110, 100):
            world.apply(point)
            world.run("unlock")
        recover(world)
        check(world, start)


def test_a_killed_run_keeps_the_lock_until_somebody_says_that_it_is_gone(
    start: Beginning, tmp_path: Path
) -> None:
    with start.again(tmp_path) as world:
        world.apply(250)
        locked = world.run("apply", *APPLY)
        assert locked.code == ExitCode.LOCKED
        assert "reconciler unlock" in locked.err
        recover(world)
        check(world, start)
