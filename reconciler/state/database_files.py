"""The SQLite file and its folder: permissions and backups."""

import glob
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from reconciler.errors import StateError

PRIVATE_FOLDER = ".reconciler"
"""The folder of a project for files that must not be committed to git."""

_OWNER_ONLY = 0o600
_OTHERS = 0o077


def make_private(path: Path) -> None:
    """Create the file if it is missing, and make it readable and writable only for its owner.

    SQLite gives its side files the same permissions.

    A folder ``.reconciler`` is created with a ``.gitignore`` that excludes all its files.

    Raises:
        StateError: the folder or the file cannot be created.
    """
    with _clear_errors(path):
        if path.parent.name == PRIVATE_FOLDER:
            make_private_folder(path.parent)
        # do not open an existing file here: closing it would release SQLite's locks on it
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
        if path.is_file() and path.stat().st_mode & _OTHERS:
            path.chmod(_OWNER_ONLY)


def make_private_folder(folder: Path) -> None:
    """Create ``folder`` with a ``.gitignore`` that excludes all files in it.

    Raises:
        OSError: the folder or the file cannot be created.
    """
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists() or not ignore.stat().st_size:  # a full disk leaves an empty file
        ignore.write_text("*\n", encoding="utf-8")


def can_have_side_files(path: Path) -> bool:
    """Return whether SQLite can create ``-wal`` and ``-shm`` beside the database, or has done so."""
    return os.access(path.parent, os.W_OK) or path.with_name(f"{path.name}-wal").exists()


def remove_database(path: Path) -> None:
    """Remove a SQLite file and the files beside it, as far as possible; nobody may have the file open."""
    for suffix in ("-wal", "-shm", ""):
        with suppress(OSError):
            path.with_name(f"{path.name}{suffix}").unlink()


def copy_database(path: Path, now: datetime) -> Path:
    """Copy the whole database, as of the last transaction, to a file in the same folder; return its path.

    Raises:
        StateError: the copy cannot be written.
    """
    copy = path.with_name(f"{path.name}.{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.backup")
    with _clear_errors(copy):
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            copy.unlink()
            raise StateError(f"no backup {copy.name} could be made ({error}): nothing was changed") from error
    return copy


def backups_of(path: Path) -> tuple[Path, ...]:
    """Return the copies that ``copy_database`` made, oldest first."""
    return tuple(sorted(path.parent.glob(f"{glob.escape(path.name)}.*.backup")))


def shown_path(path: Path) -> str:
    """Return ``path`` for messages: relative if it is below the working directory, otherwise absolute."""
    here = Path.cwd()
    absolute = here / path
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise StateError(
            f"state {shown_path(path)}: {reason.lower()}: check the folder and its permissions"
        ) from error
