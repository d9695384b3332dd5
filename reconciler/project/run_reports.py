"""Reports of runs as files: written only from the journal, so that report and journal agree."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import StateError, UsageError
from reconciler.project.files import check_writable, write_encrypted
from reconciler.project.notices import Notice, Notify
from reconciler.project.older_state import REPORTS
from reconciler.project.session import Session
from reconciler.report.json_report import run_pieces

if TYPE_CHECKING:
    from reconciler.state.store import Store


@contextmanager
def reports_kept(session: Session, store: "Store") -> Iterator[None]:
    """Write the report of every run that ends or is settled inside the block, even after an exception.

    Runs of this machine that were killed before they wrote a report get one as well.

    Raises:
        UsageError: reports cannot be written; then nothing has happened yet.
    """
    folder, is_new = _folder(session)
    open_before = _open_runs(store)
    known = {run.id for run in store.runs()}
    try:
        yield
    finally:
        # An error here must not hide an error of the block. The next command writes the missing reports.
        with suppress(StateError):
            settled = open_before - _open_runs(store)
            # A run that is not published gets no report: the report would have a later serial than the state
            # that all machines share, and this state would look like an older one.
            ended = [run for run in store.runs() if run.finished_at is not None and store.has_published(run)]
            here = (run for run in ended if run.actor.get("host") == session.host)
            lacking = takewhile(lambda run: not _path(folder, run.id).exists(), here)
            due = settled | {run.id for run in lacking if not is_new or run.id not in known}
            for run_id in sorted(due):
                with fault_as_notice(run_id, session.notify):
                    write_report(store, run_id, _path(folder, run_id))
            _erase_old_values(folder, store)


@contextmanager
def fault_as_notice(run_id: str, notify: Notify) -> Iterator[None]:
    """Turn an error while writing a report into a notice: it must not change the result of the run."""
    try:
        yield
    except UsageError as error:
        notify(Notice(f"{error}\n    `reconciler runs show {run_id}` shows the run"))


def report_folder(session: Session) -> Path:
    """Return the folder for reports of runs, which may not exist yet."""
    return session.folder / REPORTS


def write_report(store: "Store", run_id: str, path: Path) -> None:
    """Write the report of a run to ``path``."""
    pieces = run_pieces(store.run(run_id, lists_applied=False), store.run_rows(run_id))
    write_encrypted(path, (piece.encode() for piece in pieces))


def _erase_old_values(folder: Path, store: "Store") -> None:
    """Write those reports again whose values the journal has erased since they were written."""
    for run_id, erased_at in store.erased_runs().items():
        path = _path(folder, run_id)
        if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < erased_at:
            write_report(store, run_id, path)


def _open_runs(store: "Store") -> set[str]:
    """Return the runs that have not ended, or have changes with an unknown outcome."""
    unsettled = {batch.run_id for batch in store.unfinished()}
    return unsettled | {run.id for run in store.runs() if run.finished_at is None}


def _folder(session: Session) -> tuple[Path, bool]:
    """Return the folder for reports, and whether it was created just now."""
    folder = report_folder(session)
    is_new = not folder.is_dir()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write reports to {folder} ({error.strerror}): nothing was applied"
        ) from error
    check_writable(_path(folder, "report"))
    return folder, is_new


def _path(folder: Path, run_id: str) -> Path:
    return folder / f"{run_id}.json"
