"""Folders of imports in the private folder of a project: checkpoints, omitted records, replaced files."""

from pathlib import Path

CHECKPOINTS = "import"
"""Folder of checkpoints of interrupted imports, and of lists of records that were left out."""

COPIES = "replaced"
"""Folder of files that imports have replaced."""


def private_subfolder(folder: Path, name: str) -> Path:
    """Return the path of a folder in the private folder ``folder``; create it if it is missing."""
    path = folder / name
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def forget_in_imports(folder: Path) -> tuple[Path, ...]:
    """Delete the checkpoints of imports, and the lists of records that were left out.

    Return the copies of manifests that imports have replaced. These copies stay: people may need them.
    """
    for path in (folder / CHECKPOINTS).glob("*"):
        path.unlink(missing_ok=True)
    return tuple(sorted((folder / COPIES).glob("*")))
