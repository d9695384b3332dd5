"""A session whose portal and state are copies: nothing that it does changes the originals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.json_values import Json
from reconciler.project.session import Session

if TYPE_CHECKING:
    from reconciler.emulator.app import Emulator

_STATE, _PORTAL = "state.db", "portal.db"


class CopiedSession(Session):
    """A session with the settings of another one, but with an emulator as its portal, and its own state."""

    def __init__(self, original: Session, folder: Path, emulator: "Emulator") -> None:
        environment = replace(original.environment, is_emulator=True, seed=None)
        state_url = f"sqlite:///{folder / _STATE}"
        super().__init__(replace(original.settings, environment=environment, state_url=state_url))
        self._copy = emulator

    @contextmanager
    def emulator(self, observations: Path | None = None) -> Iterator["Emulator"]:
        """Yield the emulator with the copy, and leave it open.

        ``observations`` are ignored: the emulator has read them when it was opened.
        """
        del observations
        yield self._copy


def plant(emulator: "Emulator", portal_id: int, part: Json) -> list[str]:
    """Store a part of a portal in its copy; return sentences about parts that are not imitated.

    Raises:
        UsageError: the emulator cannot store it.
    """
    from reconciler.emulator.errors import EmulatorError  # noqa: PLC0415 - as below

    try:
        return emulator.plant(portal_id, part)
    except EmulatorError as error:
        raise UsageError(f"the portal cannot be copied: {error}\n    please report this") from error


@contextmanager
def open_copy(original: Session, folder: Path) -> Iterator[tuple[CopiedSession, "Emulator"]]:
    """Open an empty portal in ``folder`` for copies, and a copy of the state of ``original`` beside it.

    Raises:
        StateError: the state cannot be read.
    """
    from reconciler.emulator.app import Emulator  # noqa: PLC0415 - only copies need it
    from reconciler.emulator.errors import EmulatorError  # noqa: PLC0415 - as above

    try:
        emulator = Emulator(folder / _PORTAL, observed=original.observed())
    except EmulatorError as error:
        raise UsageError(f"the copy failed: {error}") from error
    try:
        emulator.ensure_portal(original.environment.portal_id, {"owners": [], "search_lag_ms": 0})
        copied = CopiedSession(original, folder, emulator)
        with original.state(to_write=False) as source, copied.state(to_write=True) as place:
            if not source.is_empty():
                with copied.claim().acquire(place) as writer:
                    source.copy_into(writer)
        yield copied, emulator
    except EmulatorError as error:
        raise UsageError(f"the copy failed: {error}") from error
    finally:
        emulator.close()
