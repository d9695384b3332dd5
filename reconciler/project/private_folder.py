"""Protection of ``.reconciler/``: nothing in it may come from a commit, and no link may lead elsewhere.

If git tracked a state, it would replace the state of everybody who checks it out, and records that a stranger
marked as owned could be pruned. A link could lead reports, which contain values, to a place where others read
them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.project.git import find_repository
from reconciler.state.database_files import PRIVATE_FOLDER

_SQLITE = "sqlite:///"
_SIDE_FILES = ("", "-wal", "-shm", "-journal")


def refuse_foreign_files(project: Path, state_url: str | None) -> None:
    """Refuse files in ``.reconciler/``, and a SQLite state, that were not created on this machine.

    Raises:
        UsageError: git tracks one of them, or one of them is a link.
    """
    folder = project / PRIVATE_FOLDER
    for link in _links(folder):
        raise UsageError(
            f"{os.path.relpath(link)} is a symbolic link: its files would be in another place\n"
            f"    remove the link; reconciler makes {PRIVATE_FOLDER}/ and its contents by itself"
        )
    state = Path(state_url.removeprefix(_SQLITE)) if state_url and state_url.startswith(_SQLITE) else None
    kept = [folder] if os.path.lexists(folder) else []
    if state is not None:
        kept += [file for ending in _SIDE_FILES if os.path.lexists(file := Path(f"{state}{ending}"))]
    repository = find_repository(project, os.environ) if kept else None
    if repository is None:
        return
    inside = [path for file in kept if (path := repository.path_of(file)) is not None]
    tracked = repository.tracked(*inside) if inside else None
    if tracked:
        name = _shown(repository.top / tracked[0])
        raise UsageError(
            f"git tracks {name}, which must stay on this machine:  "
            "a commit could replace its contents\n"
            f"    run `git rm --cached -r -- {name}`, and commit\n"
            "    if somebody else added the file, also delete it, because its contents may be wrong"
        )


def _links(folder: Path) -> Iterator[Path]:
    """Yield ``folder`` if it is a symbolic link, otherwise the symbolic links below it."""
    if folder.is_symlink():
        yield folder
        return
    for place, folders, files in os.walk(folder):
        yield from (path for name in (*folders, *files) if (path := Path(place, name)).is_symlink())


def _shown(file: Path) -> str:
    shown = os.path.relpath(file)
    return shown if shown.isprintable() else ascii(shown)
