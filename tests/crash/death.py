"""One death at one point, and what comes after it."""

import signal
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.crash.world import Beginning, check, recover

Task = tuple[Beginning, int, str | None]


def die_at(task: Task) -> tuple[int, str, bool, str | None]:
    """One death and what came after: point, database, whether it died there, and what was wrong."""
    start, point, url = task
    name = "git" if (url or "").startswith("git:") else "postgresql" if url else "sqlite"
    try:
        new_database: Callable[[], str] | None = (lambda: url) if url else None
        with tempfile.TemporaryDirectory() as folder, start.again(Path(folder), new_database) as world:
            died = world.apply(point).code == -signal.SIGKILL
            if died:
                recover(world)
            check(world, start)
    except Exception:  # noqa: BLE001 - whatever it is, the others go on and it is told at the end
        return point, name, False, traceback.format_exc()
    return point, name, died, None
