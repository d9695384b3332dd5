"""Files that we write: whole or not at all, and for the owner's eyes where they hold values."""

import contextlib
import os
import tempfile
from pathlib import Path

from reconciler.errors import UsageError


def write_private(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` with mode 0600: a new file beside it, made durable, then renamed over it.

    Raises:
        UsageError: the folder is missing or cannot be written to.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror})") from error


def read_text(path: Path, what: str) -> str:
    """The text of ``path``, which is to be ``what``.

    Raises:
        UsageError: it is missing, unreadable, or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no {what}: it is not UTF-8 text") from error
    except OSError as error:
        raise UsageError(f"cannot read {what} {path} ({error.strerror})") from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system can do that to a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
