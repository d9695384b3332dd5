"""Corrections of the state by hand: each takes the lock, and most make a backup first."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from reconciler.errors import UsageError
from reconciler.project.copied import refuse_copy
from reconciler.project.erase_in_reports import Forgotten, forget_in_reports
from reconciler.project.files import decoded, opened
from reconciler.project.import_folders import forget_in_imports
from reconciler.project.owned_records import named_at, selected_by
from reconciler.project.run_reports import report_folder
from reconciler.project.session import Session
from reconciler.state.export_reader import parse_export
from reconciler.state.export_stream import export_by_line


class Removed(NamedTuple):
    """The number of records and definitions that are no longer owned, and the backup."""

    counts: Mapping[str, int]  # number of removed things, by address or glob
    backup: Path | None  # the backup of the earlier state; None if the state is not a SQLite file
    previous: str | None  # where to find the earlier state; None if the state is a SQLite file


class Erased(NamedTuple):
    """Counts of what named an erased record or definition, and the files that may still name it."""

    entries: int  # number of entries in state and journal
    reports: Forgotten
    # backups of the state, and copies of manifests that imports have replaced; both may still contain the
    # erased record or definition
    backups: tuple[Path, ...]


class Imported(NamedTuple):
    """The result of an import of a state, which replaced the present state."""

    owned: int  # number of owned records
    backup: Path | None  # the backup of the earlier state; None if the state is not a SQLite file
    previous: str | None  # where to find the earlier state; None if the state is a SQLite file


def check_has_state(session: Session) -> None:
    """Check that the environment has a state.

    Raises:
        UsageError: the environment has no state.
    """
    if session.settings.state_url is None:
        raise UsageError("`state: none` keeps nothing: there is nothing to correct")


def remove_owned(session: Session, addresses: Iterable[str]) -> Removed:
    """Stop owning the things at ``addresses``, which may be globs; the portal keeps them.

    Raises:
        UsageError: an address selects nothing that is owned; nothing is removed then.
        StateError: the state cannot be written to, or is locked.
    """
    check_has_state(session)
    with session.writer() as (store, writer):
        found = {address: selected_by(store, address) for address in dict.fromkeys(addresses)}
        missing = [address for address, owned in found.items() if not owned]
        if missing:
            raise UsageError(
                f"{', '.join(missing)}: not owned, and nothing was removed\n"
                "    `reconciler state list` shows what is owned"
            )
        backup = writer.remove(dict.fromkeys(record.key for owned in found.values() for record in owned))
        previous = store.previous
    return Removed({address: len(owned) for address, owned in found.items()}, backup, previous)


def erase_record(session: Session, address: str) -> Erased:
    """Erase a record or definition from state, journal and the stored reports of runs.

    Raises:
        UsageError: neither state nor journal nor a report names it.
        StateError: the state cannot be written to, or is locked.
    """
    check_has_state(session)
    thing = named_at(address)
    with session.writer() as (store, writer):
        names = store.names_of(thing)
        entries = writer.forget(thing)
        backups = tuple(store.backups())
        portal_id = session.environment.portal_id
        reports = forget_in_reports(report_folder(session), store, portal_id, names, is_known=bool(entries))
    if not entries + reports.rewritten + reports.removed:
        raise UsageError(f"neither the state nor the journal contains {address}")
    return Erased(entries, reports, (*backups, *forget_in_imports(session.folder)))


def upgrade_state(session: Session) -> bool:
    """Upgrade a state of an older version, after a backup; return whether an upgrade was needed.

    Raises:
        UsageError: there is no state to upgrade.
        StateError: the state is of a newer version, or cannot be written to.
    """
    check_has_state(session)
    with session.state(to_write=True) as store:
        return store.upgrade is not None


def adopt_project(session: Session) -> str | None:
    """Make this project the owner of the state; return the name of the previous owner, if it has one.

    Raises:
        UsageError: nothing was applied yet, so the state belongs to no project.
        StateError: the state cannot be written to, or is locked.
    """
    check_has_state(session)
    with session.writer() as (store, writer):
        if store.version().lineage is None:
            raise UsageError(
                f"nothing was applied in environment {session.environment.name} yet, "
                "so its state has no project yet: the first apply stores the name of the project"
            )
        before = store.project()
        writer.adopt_project(session.settings.name)
    return before


def import_state(session: Session, file: Path) -> Imported:
    """Replace all owned things in the state by those of the exported state in ``file``.

    Raises:
        UsageError: the file cannot be read, or is not an exported state.
        StateError: the state cannot be written to, or is locked.
    """
    check_has_state(session)
    with opened(file, "exported state") as lines:
        export = export_by_line(lines) or parse_export(decoded(lines.read(), file, "exported state"))
        with session.writer() as (store, writer):
            backup = writer.import_state(export)
            return Imported(store.count(), backup, store.previous)


def unlock(session: Session) -> str | None:
    """Remove the lock on the state; return who held it, None if nobody did.

    Raises:
        StateError: the state cannot be written to.
    """
    with session.state(to_write=True) as store:
        holder = store.unlock()
    return str(holder) if holder else None


def reset_emulator(session: Session) -> int | None:
    """Reset the emulator's portal to its seed and delete its state.

    Returns:
        The number of owned records that the state had; None if there is no state.

    Raises:
        UsageError: the environment is not an emulator, or it is a copy of another one and has no seed.
        StateError: the state cannot be written to, or is locked.
    """
    refuse_copy(session.environment)
    with session.emulator() as emulator:
        emulator.reset(session.environment.portal_id)
    count = None
    if session.settings.state_url is not None:
        with session.writer() as (store, writer):
            count = store.count()
            writer.drop()
    with session.emulator():  # opening it creates the portal from its seed
        return count
