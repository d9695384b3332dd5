"""Checks of the state: where it is, whether it can be read, who else uses it, who holds its lock."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.model.diagnosis import CheckResult
from reconciler.project.doctor.examined import Examined, from_error, passed, skipped, warned
from reconciler.project.private_folder import refuse_foreign_files
from reconciler.project.server_addresses import POSTGRESQL, database_hosts
from reconciler.project.session import Session
from reconciler.sentences import counted
from reconciler.state.git.place import git_place

if TYPE_CHECKING:
    from reconciler.state.store import Store

_SQLITE = "sqlite:///"


def check_state(examined: Examined) -> Iterator[CheckResult]:
    """Open the state for reading, and report about it."""
    session = examined.session
    if session is None or not examined.knows_portal:
        yield skipped("state", "first correct what the check of the project reports")
        return
    # without all variables, the address of the state was not checked, and must not be used
    if not examined.has_variables:
        yield skipped("state", "first correct what the check of the variables reports")
        return
    url = session.settings.state_url
    if url is None:
        advice = "without a state, reconciler cannot show drift, prune, protect records or roll back"
        yield warned("state", "`state: none` keeps nothing between runs", advice)
        return
    try:
        refuse_foreign_files(session.settings.project, url)
        with session.state(to_write=False) as store:
            yield _contents(session, url, store)
            yield _lock(store)
    except ReconcilerError as error:
        yield from_error("state", error)


def _contents(session: Session, url: str, store: "Store") -> CheckResult:
    where = _place(url, session.settings.project)
    if store.version().lineage is None:
        finding = f"{where}: empty, because nothing was applied here yet"
    else:
        finding = f"{where}: {counted(store.count(), 'owned record')}, serial {store.version().serial:,}"
    if url.startswith(_SQLITE) and not session.environment.is_emulator:
        advice = (
            "before other people or jobs apply, run: reconciler state move --to git:refs/reconciler "
            "(docs/state.md)"
        )
        return warned("state", f"{finding}; the state is on this machine only", advice)
    place = git_place(url)
    if place is not None and session.environment.is_protected and not place.is_on_branches:
        advice = (
            "every job that may push can move this ref: use a branch (refs/heads/…), with a rule that lets "
            "only the apply job push to it (docs/state.md)"
        )
        return warned("state", f"{finding}; {session.environment.name} is protected", advice)
    return passed("state", finding)


def _lock(store: "Store") -> CheckResult:
    holder = store.lock_holder()
    if holder is None or holder.expires_at < datetime.now(UTC):
        return passed("lock", "free")
    return warned("lock", f"held by {holder.actor}", "wait; if that run has died, use `reconciler unlock`")


def _place(url: str, project: Path) -> str:
    """Return the place of the state for messages, without a password."""
    if url.startswith(_SQLITE):
        file = Path(url.removeprefix(_SQLITE))
        return (
            str(file.relative_to(project.absolute()))
            if file.is_relative_to(project.absolute())
            else str(file)
        )
    if url.startswith(POSTGRESQL):
        return f"PostgreSQL at {', '.join(database_hosts(url) or ()) or 'this machine'}"
    return url
