"""The rule about which files may be read: files inside the project folder that are not hidden.

A pull request can name any path. Hidden files may contain secrets (``.git/config``, ``.env``), which a row or
a message would show. Nobody keeps manifests or tables in hidden files.
"""

import os
from pathlib import Path

ADVICE = (
    "put the file into the folder of reconciler.yaml, under a name that does not begin with a dot; "
    "files that several projects share need reconciler.yaml in the common parent folder"
)


def fault_of(path: Path, project: Path) -> str | None:
    """Return the reason why ``path`` or its target must not be read, or None.

    Args:
        path: a path below the project folder; symbolic links may lead it elsewhere.
        project: the folder of ``reconciler.yaml``.
    """
    try:
        real, real_project = os.path.realpath(path), os.path.realpath(project)
        written = os.path.relpath(os.path.normpath(path), os.path.normpath(project))
    except (OSError, ValueError):
        return None  # opening the file will report this error
    if not Path(real).is_relative_to(real_project):
        return "is outside the project folder"
    parts = {*Path(written).parts, *Path(real).relative_to(real_project).parts} - {os.curdir, os.pardir}
    return "is hidden, or is in a hidden folder" if any(part.startswith(".") for part in parts) else None
