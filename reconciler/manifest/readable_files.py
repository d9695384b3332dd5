"""What may be read of a project: files that lie in its folder, of which no part is hidden.

A pull request can name any path. Hidden files are never data: ``.git/config`` and ``.env`` hold secrets, and
a row or a message would show them.
"""

import os
from pathlib import Path

ADVICE = (
    "the project is the folder of reconciler.yaml: put it there, under a name without a leading dot; "
    "what several projects share wants reconciler.yaml in their common parent"
)


def fault_of(path: Path, project: Path) -> str | None:
    """Why ``path``, or what it leads to, is not to be read; None where it may be.

    Args:
        path: within the project as written, links included.
        project: the folder of ``reconciler.yaml``.
    """
    try:
        real, real_project = os.path.realpath(path), os.path.realpath(project)
        written = os.path.relpath(os.path.normpath(path), os.path.normpath(project))
    except (OSError, ValueError):
        return None  # it cannot be opened either, which is told where that is tried
    if not Path(real).is_relative_to(real_project):
        return "lies outside the project folder"
    parts = {*Path(written).parts, *Path(real).relative_to(real_project).parts} - {os.curdir, os.pardir}
    return "is hidden, or lies in a hidden folder" if any(part.startswith(".") for part in parts) else None
