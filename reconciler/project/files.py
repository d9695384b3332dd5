"""Writing files: completely or not at all, and readable only by their owner if they contain values."""

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
    keys_from,
)
from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.project.env_file import with_env_file
from reconciler.project.special_files import is_channel, write_through

_PIECE = 1 << 16
"""Number of bytes that are read at a time."""


def check_writable(path: Path) -> None:
    """Check, before any work begins, that ``write_encrypted`` will be able to write ``path``.

    Raises:
        UsageError: the folder is missing or not writable, ``path`` is a folder, or the key is invalid.
    """
    keys_from(with_env_file(os.environ))
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
    """Write a file that consists of ``pieces`` to ``path``. Encrypt the file if there is a key.

    Raises:
        UsageError: the folder is missing or not writable, or the key is invalid.
    """
    keys = keys_from(with_env_file(os.environ))
    _write(path, encrypt(pieces, keys[0]) if keys else pieces)


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` with mode 0600.

    Raises:
        UsageError: the folder is missing or not writable.
    """
    write_private_pieces(path, [text.encode()])


def write_private_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write ``pieces`` to ``path`` with mode 0600.

    Raises:
        UsageError: the folder is missing or not writable.
    """
    _write(path, pieces)


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """Write ``pieces`` to the new file ``path``, with the usual mode of new files; create missing folders.

    Raises:
        UsageError: the file exists already, or the folder is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {path.parent} ({error.strerror})") from error
    if os.path.lexists(path):
        raise UsageError(f"{path} exists already, and nothing is overwritten")
    mask = os.umask(0)
    os.umask(mask)
    _write(path, pieces, 0o666 & ~mask)


def write_over(path: Path, pieces: Iterable[bytes]) -> None:
    """Replace the content of ``path`` by ``pieces``; mode and links are kept.

    Raises:
        UsageError: the file is missing or not writable.
    """
    real = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(real.stat().st_mode)
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror})") from error
    _write(real, pieces, mode, shown=path)


def write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write ``pieces`` to ``path`` as ``write_over`` does if the file exists, else as ``write_new`` does.

    Raises:
        UsageError: the folder is missing or not writable.
    """
    (write_over if path.exists() else write_new)(path, pieces)


def decrypted_pieces(path: Path, what: str, *, insists: bool = False) -> Iterator[bytes]:
    """Read ``path`` piece by piece and decrypt it; messages call it ``what``.

    The file is opened and read once. The data is complete only if the iterator ends without an error.

    Args:
        path: path of the file.
        what: name of the file in messages.
        insists: whether to refuse an unencrypted file if there is a key. Encryption with the key proves who
            made the file.

    Raises:
        UsageError: the file is missing, unreadable, or encrypted with another key.
        PlanRefused: the file was altered since it was encrypted, or is not encrypted although it must be.
    """
    keys = keys_from(with_env_file(os.environ))
    with opened(path, what) as file:
        try:
            start = file.read(LONGEST_FIRST_LINE)
            pieces: Iterator[bytes] = chain([start], iter(lambda: file.read(_PIECE), b""))
            if is_encrypted(start):
                pieces = decrypt(pieces, keys)
            elif insists and keys:
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
    """Read the text of ``path`` as ``decrypted_pieces`` does; messages call it ``what``.

    Raises:
        UsageError: the file is missing, unreadable, not UTF-8, or encrypted with another key.
        PlanRefused: the file was altered since it was encrypted, or is not encrypted although it must be.
    """
    return decoded(b"".join(decrypted_pieces(path, what, insists=insists)), path, what)


def read_bytes(path: Path, what: str) -> bytes:
    """Read the bytes of ``path``; messages call it ``what``.

    Raises:
        UsageError: the file is missing or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {what} {path} ({error.strerror})") from error


@contextlib.contextmanager
def opened(path: Path, what: str) -> Iterator[BinaryIO]:
    """Open ``path`` for reading in pieces; messages call it ``what``.

    Raises:
        UsageError: the file is missing or unreadable.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read {what} {path} ({error.strerror})") from error
    with file:
        yield file


def decoded(data: bytes, path: Path, what: str) -> str:
    """Decode ``data``, the content of ``path``; messages call it ``what``.

    Raises:
        UsageError: the data is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no {what}: it is not UTF-8 text") from error


def _write(
    path: Path,
    pieces: Iterable[bytes],
    mode: int = stat.S_IRUSR | stat.S_IWUSR,
    *,
    shown: Path | None = None,
) -> None:
    """Write a temporary file beside ``path``, sync it, and rename it; write to devices and pipes directly.

    Messages call the file ``shown``, or else ``path``.

    Raises:
        UsageError: the folder is missing or not writable.
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
        raise UsageError(f"cannot write {shown or path} ({error.strerror})") from error


def _sync_folder(folder: Path) -> None:
    """Sync the folder if the system can, so that a new file name survives a crash."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
