"""Files that we write: whole or not at all, and for the owner's eyes where they hold values."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from errno import EISDIR
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from reconciler.encryption import (
    KEY_VARIABLE,
    LONGEST_FIRST_LINE,
    Altered,
    CannotDecrypt,
    decrypt,
    encrypt,
    is_encrypted,
    key_from,
)
from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.project.special_files import is_channel, write_through

_PIECE = 1 << 16
"""Bytes that are read at a time."""


def check_writable(path: Path) -> None:
    """Insist that ``write_encrypted`` could write ``path``, before anything happens that it is to tell.

    Raises:
        UsageError: the folder is missing or cannot be written to, a folder is there, or the key is none.
    """
    key_from(os.environ)
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if is_channel(path):
            return
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=path.parent):
            pass
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror}): nothing was applied") from error


def write_encrypted(path: Path, pieces: Iterable[bytes]) -> None:
    """Put ``pieces``, which hold the values themselves, at ``path``: encrypted where there is a key.

    Raises:
        UsageError: the folder is missing or cannot be written to, or the key is none.
    """
    key = key_from(os.environ)
    _write(path, encrypt(pieces, key) if key else pieces)


def write_private(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` with mode 0600.

    Raises:
        UsageError: the folder is missing or cannot be written to.
    """
    _write(path, [text.encode()])


def write_over(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of what ``path`` holds, which keeps its mode; links lead where they led.

    Raises:
        UsageError: it is missing or cannot be written to.
    """
    real = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(real.stat().st_mode)
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror})") from error
    _write(real, [data], mode)


def decrypted_pieces(path: Path, what: str, *, insists: bool = False) -> Iterator[bytes]:
    """Give, piece by piece, what ``path`` says, which is to be ``what`` and may be encrypted.

    The file is opened once, and read once; what was given is whole where nothing is raised at the end.

    Args:
        path: of the file.
        what: it is to be.
        insists: it must be encrypted where there is a key: whoever has none could not have made it.

    Raises:
        UsageError: it is missing, unreadable, or encrypted with a key that we do not have.
        PlanRefused: it was altered since it was encrypted, or is not encrypted and has to be.
    """
    key = key_from(os.environ)
    with opened(path, what) as file:
        try:
            start = file.read(LONGEST_FIRST_LINE)
            pieces: Iterator[bytes] = chain([start], iter(lambda: file.read(_PIECE), b""))
            if is_encrypted(start):
                pieces = decrypt(pieces, key)
            elif insists and key:
                raise PlanRefused(
                    Refusal.FOREIGN,
                    f"{what} {path} is not encrypted, and {KEY_VARIABLE} is set: anybody may have made it\n"
                    f"    {what} again with the key set",
                )
            yield from pieces
        except OSError as error:
            raise UsageError(f"cannot read {what} {path} ({error.strerror})") from error
        except Altered as error:
            raise PlanRefused(Refusal.ALTERED, f"cannot open {what} {path}: {error}") from None
        except CannotDecrypt as error:
            raise UsageError(f"cannot open {what} {path}: {error}") from None


def read_encrypted(path: Path, what: str, *, insists: bool = False) -> str:
    """Read the text of ``path``, which is to be ``what``, as ``decrypted_pieces`` does.

    Raises:
        UsageError: it is missing, unreadable, no UTF-8, or encrypted with a key that we do not have.
        PlanRefused: it was altered since it was encrypted, or is not encrypted and has to be.
    """
    return decoded(b"".join(decrypted_pieces(path, what, insists=insists)), path, what)


def read_bytes(path: Path, what: str) -> bytes:
    """What ``path`` holds, which is to be ``what``.

    Raises:
        UsageError: it is missing or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {what} {path} ({error.strerror})") from error


@contextlib.contextmanager
def opened(path: Path, what: str) -> Iterator[BinaryIO]:
    """The bytes of ``path``, which is to be ``what``, to be read bit by bit.

    Raises:
        UsageError: it is missing or unreadable.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read {what} {path} ({error.strerror})") from error
    with file:
        yield file


def decoded(data: bytes, path: Path, what: str) -> str:
    """The text that ``data`` is, read from ``path``, which is to be ``what``.

    Raises:
        UsageError: it is no UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no {what}: it is not UTF-8 text") from error


def _write(path: Path, pieces: Iterable[bytes], mode: int = stat.S_IRUSR | stat.S_IWUSR) -> None:
    """A new file beside ``path``, made durable, then renamed over it; devices and pipes are written through.

    Raises:
        UsageError: the folder is missing or cannot be written to.
    """
    try:
        if is_channel(path):
            write_through(path, pieces)
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(pieces)
                file.flush()
                temporary.chmod(mode)
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror})") from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system can do that to a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
