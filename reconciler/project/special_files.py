"""Special files: devices, pipes, and files that this process has open (``/dev/stdout``).

A file that is written normally replaces the old one, completely or not at all. If it replaced a device or a
pipe, other programs could not use that name any more; so data is written into these instead.
"""

import os
import re
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

_OPEN_FILES = re.compile(r"/proc/(self|thread-self|[0-9]+)(/task/[0-9]+)?/fd|/dev/fd")
_MOST_LINKS = 40  # the limit that Linux has, too


def is_channel(path: Path) -> bool:
    """Return whether ``path`` is a device, a pipe, a socket, or a descriptor such as ``/dev/fd/3``.

    Data must be written directly into such a path. A normal file is replaced by a new file instead.
    """
    if _descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def write_through(path: Path, pieces: Iterable[bytes]) -> None:
    """Write ``pieces`` into the existing device, pipe or open file at ``path``.

    Raises:
        OSError: ``path`` cannot be written to, is a disk, or is a pipe that another user created.
    """
    number = _descriptor(path)
    if number is None:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY)
    else:
        sys.stdout.flush()
        sys.stderr.flush()
        descriptor = os.dup(number)
    with os.fdopen(descriptor, "wb") as file:
        if number is None:
            _refuse_trap(os.fstat(descriptor))
        file.writelines(pieces)


def _refuse_trap(status: os.stat_result) -> None:
    """Refuse a pipe of another user, who would get the plan, and a disk, whose data would be overwritten."""
    if not (stat.S_ISCHR(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise OSError(0, "it is neither a file nor a pipe nor a terminal")
    if stat.S_ISFIFO(status.st_mode) and status.st_uid not in {os.geteuid(), 0}:
        raise OSError(0, "it is a pipe of another user")


def _descriptor(path: Path) -> int | None:
    """Return the file descriptor of this process that ``path`` names, such as /dev/fd/3; otherwise None."""
    step = Path(os.path.abspath(path))  # noqa: PTH100 - links are followed one by one
    for _ in range(_MOST_LINKS):
        folder = os.path.realpath(step.parent)
        if _OPEN_FILES.fullmatch(folder) and step.name.isascii() and step.name.isdecimal():
            is_ours = folder in {"/dev/fd", os.path.realpath("/proc/self/fd")}
            return int(step.name) if is_ours and len(step.name) < len(str(sys.maxsize)) else None
        try:
            step = Path(folder, os.readlink(step))  # noqa: PTH115 - a path object would lose dots
        except (OSError, ValueError):
            return None
    return None
