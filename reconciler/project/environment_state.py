"""The state of an environment: listing the owned things, and correcting the state by hand."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.project.git_state import is_in_git
from reconciler.project.session import Session

if TYPE_CHECKING:
    from reconciler.project.correct_state import Erased, Imported, Removed
    from reconciler.project.move_state import Moved
    from reconciler.project.owned_records import OwnedRecords


class EnvironmentState:
    """The state of one environment. Every method may raise ``StateError``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def is_kept(self) -> bool:
        """Whether state is kept between runs; False for ``state: none``."""
        return self._session.settings.state_url is not None

    @property
    def is_in_git(self) -> bool:
        """Whether the state is in a git repository."""
        return is_in_git(self._session)

    def owned(self) -> "AbstractContextManager[OwnedRecords]":
        """Open the state in a ``with`` statement, to read the owned records and definitions."""
        from reconciler.project.owned_records import owned_records  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

        return owned_records(self._session)

    def remove(self, addresses: Iterable[str]) -> "Removed":
        """Stop owning the things at ``addresses``, which may be globs; portal and journal keep them.

        Raises:
            UsageError: an address selects nothing that is owned; then nothing is removed.
        """
        from reconciler.project.correct_state import remove_owned  # noqa: PLC0415 - SQLAlchemy, as above

        return remove_owned(self._session, addresses)

    def erase(self, address: str) -> "Erased":
        """Erase a record or definition from state, journal and the project's own reports.

        Raises:
            UsageError: neither state nor journal nor a report names it.
        """
        from reconciler.project.correct_state import erase_record  # noqa: PLC0415 - SQLAlchemy, as above

        return erase_record(self._session, address)

    def upgrade(self) -> bool:
        """Upgrade a state of an older version, after a backup; return whether an upgrade was needed."""
        from reconciler.project.correct_state import upgrade_state  # noqa: PLC0415 - SQLAlchemy, as above

        return upgrade_state(self._session)

    def adopt_project(self) -> str | None:
        """Make this project the owner of the state; return the name of the previous owner, if it has one.

        Raises:
            UsageError: nothing was applied yet, so the state belongs to no project.
        """
        from reconciler.project.correct_state import adopt_project  # noqa: PLC0415 - SQLAlchemy, as above

        return adopt_project(self._session)

    def export(self) -> Iterable[str]:
        """Return everything that is owned, as the lines of one JSON document; nothing is masked."""
        from reconciler.project.owned_records import export_lines  # noqa: PLC0415 - SQLAlchemy, as above

        return export_lines(self._session)

    def import_from(self, file: str | Path) -> "Imported":
        """Replace all owned things in the state by those of the exported state in ``file``.

        Raises:
            UsageError: the file cannot be read, or is not an exported state.
        """
        from reconciler.project.correct_state import import_state  # noqa: PLC0415 - SQLAlchemy, as above

        return import_state(self._session, Path(file))

    def move(self, to: str) -> "Moved":
        """Copy state and journal to another, empty place, and compare every row; do not change the old place.

        Args:
            to: address as in ``reconciler.yaml``, or ``${VARIABLE}``.

        Raises:
            UsageError: ``to`` is not the address of a place for a state, or contains one already.
        """
        from reconciler.project.move_state import move_state  # noqa: PLC0415 - SQLAlchemy, as above

        return move_state(self._session, to)

    def rekey(self) -> int:
        """Encrypt the state in git and this machine's reports again, with the newest key.

        Return the number of these reports.
        """
        from reconciler.project.move_state import write_state_anew  # noqa: PLC0415 - SQLAlchemy, as above

        return write_state_anew(self._session)

    def unlock(self) -> str | None:
        """Remove the lock; return who held it, or None. A run that held it stops at its next call."""
        from reconciler.project.correct_state import unlock  # noqa: PLC0415 - SQLAlchemy, as above

        return unlock(self._session)
