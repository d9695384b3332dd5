"""Apply definitions and records, killed at any point; the next apply continues and creates nothing twice.

``python -m tests.crash --all --story definitions`` kills at every point.
"""

import random
import signal
from pathlib import Path

import pytest

from tests.crash.definitions_world import DefinitionsBeginning, begin_with_definitions
from tests.crash.test_killed_in_git import new_remote
from tests.crash.world import recover

LENGTH = 700
"""Minimum number of points in any run."""

PLANNING = 230
"""Number of points before the first write."""

_POINTS = sorted(random.Random(20261130).sample(range(PLANNING, LENGTH), 8))


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> DefinitionsBeginning:
    """Return the portal and state before definitions are created, renamed and removed."""
    return begin_with_definitions(tmp_path_factory.mktemp("definitions"))


def test_the_story_makes_changes_and_removes_definitions_of_every_section(
    beginning: DefinitionsBeginning,
) -> None:
    assert len(beginning.points) > LENGTH
    done = {(str(action), address.partition(":")[2].split("/")[0]) for action, address in beginning.changes}
    everywhere = {"groups", "properties", "pipelines", "association_labels"}
    assert {section for action, section in done if action == "create_definition"} == everywhere | {"schema"}
    assert {section for action, section in done if action == "archive_definition"} == everywhere


@pytest.mark.parametrize("point", _POINTS)
def test_killed_anywhere_the_next_run_converges(
    beginning: DefinitionsBeginning, tmp_path: Path, point: int
) -> None:
    with beginning.again(tmp_path) as world:
        assert world.apply(point).code == -signal.SIGKILL
        recover(world)
        beginning.check(world)


def test_killed_with_state_in_git_another_clone_goes_on(
    beginning: DefinitionsBeginning, tmp_path: Path
) -> None:
    with beginning.again(tmp_path, new_remote(tmp_path / "remote")) as world:
        assert world.apply(_POINTS[3]).code == -signal.SIGKILL
        recover(world)
        beginning.check(world)
