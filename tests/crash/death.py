"""Kills a process at one point, and checks the result after recovery."""

import signal
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.crash.definitions_world import DefinitionsBeginning
from tests.crash.world import Beginning, recover

Story = Beginning | DefinitionsBeginning

Task = tuple[Story, int, str | None]


def die_at(task: Task) -> tuple[int, str, bool, str | None]:
    """Kill an apply at one point, and recover from it with further applies.

    Returns:
        the number of the point, the names of the scenario and its database, whether the process was killed,
        and the traceback of a failure (None: there was no failure).
    """
    start, point, url = task
    database = "git" if (url or "").startswith("git:") else "postgresql" if url else "sqlite"
    name = f"{start.name}, {database}"
    try:
        new_database: Callable[[], str] | None = (lambda: url) if url else None
        with tempfile.TemporaryDirectory() as folder, start.again(Path(folder), new_database) as world:
            died = world.apply(point).code == -signal.SIGKILL
            if died:
                recover(world)
            start.check(world)
    except Exception:  # noqa: BLE001 - any failure; other kills go on, and all are printed at the end
        return point, name, False, traceback.format_exc()
    return point, name, died, None
