"""Temporary files and folders; they are in the folder that ``TMPDIR`` names.

That folder may be full, missing or read-only, as in many containers. An error there is one clear message.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reconciler.errors import UsageError

_PREFIX = "reconciler-"


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn each OSError inside the block into a clear message; the block uses only temporary files.

    Raises:
        UsageError: a temporary file cannot be used.
    """
    try:
        yield
    except OSError as error:
        raise unusable(error.strerror) from error


def unusable(reason: str | None) -> UsageError:
    """Return the error about a temporary file that cannot be used because of ``reason``."""
    return UsageError(
        f"cannot use a temporary file{_where()} ({reason})\n"
        "    make room there, or let TMPDIR name another folder"
    )


def temporary_file() -> IO[bytes]:
    """Open a temporary file without a name, which disappears when it is closed.

    Raises:
        UsageError: there is no place for it.
    """
    with clear_errors():
        return tempfile.TemporaryFile(prefix=_PREFIX)


def make_temporary_folder() -> Path:
    """Make a private folder, which the caller deletes.

    Raises:
        UsageError: there is no place for it.
    """
    with clear_errors():
        return Path(tempfile.mkdtemp(prefix=_PREFIX))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Provide a private folder, and delete it at the end of the block.

    Raises:
        UsageError: there is no place for it.
    """
    folder = make_temporary_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_temporary(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file of ``pieces`` into a temporary folder.

    Errors of the source of ``pieces`` are not explained: they are about other files.

    Raises:
        UsageError: the file cannot be written.
    """
    with clear_errors():
        file = path.open("wb")
    try:
        for piece in pieces:
            with clear_errors():
                file.write(piece)
    finally:
        with clear_errors():
            file.close()


def _where() -> str:
    """Name the folder of temporary files, if there is one that can be used."""
    try:
        return f" in {tempfile.gettempdir()}"
    except OSError:
        return ""
