"""The list of things that probes create.

Each thing is written to the list before it is created. So a later run can remove what a killed run has left.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from reconciler.errors import UsageError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such lock; there two runs are not kept apart
    fcntl = None  # type: ignore[assignment]

_REFUSED = "refused"
"""The mark of a line about a thing on an earlier line: HubSpot has refused to create this thing."""


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that a probe creates in the portal."""

    kind: str
    """``record``, ``id``, ``property`` or ``pipeline``."""
    object: str
    name: str
    """For a ``record``, its key; otherwise the id, the property's name, or the pipeline's label."""


class MadeList:
    """The things that probes have created, or are about to create, in one portal."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path = path
        self._file = file
        self._things = _read(file)

    @property
    def things(self) -> tuple[Made, ...]:
        """The things on the list, oldest first."""
        return tuple(dict.fromkeys(self._things))

    def add(self, *things: Made) -> None:
        """Add things to the list; they are on disk when this returns."""
        self._things += things
        self._append({}, things)

    def take_back(self, *things: Made) -> None:
        """Remove from the list the things that HubSpot has refused to create."""
        for thing in things:
            self._things.remove(thing)
        self._append({_REFUSED: True}, things)

    def _append(self, mark: dict[str, bool], things: Iterable[Made]) -> None:
        for thing in things:
            self._file.write(json.dumps({**mark, **asdict(thing)}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def forget(self) -> None:
        """Empty the list. Call it when everything on it has been removed from the portal."""
        self._file.seek(0)
        self._file.truncate()
        self._things.clear()


@contextmanager
def made_list(path: Path) -> Iterator[MadeList]:
    """Open the list in the file ``path``, for one process at a time; an empty list leaves no file.

    Raises:
        UsageError: another process probes the same portal, or the file cannot be used.
    """
    try:
        with path.open("a+", encoding="utf-8") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.seek(0)
            made = MadeList(path, file)
            try:
                yield made
            finally:
                if not made.things:
                    with suppress(OSError):
                        path.unlink()
    except BlockingIOError:
        raise UsageError(
            "another process is probing this portal right now\n    wait until it has ended"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error


def _read(file: IO[str]) -> list[Made]:
    things: list[Made] = []
    for line in file:
        with suppress(ValueError, TypeError):  # an incomplete line: the process was killed while writing it
            fields = json.loads(line)
            change = things.remove if fields.pop(_REFUSED, False) else things.append
            change(Made(**fields))
    return things
