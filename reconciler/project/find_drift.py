"""Finding and accepting drift in everything that the state of an environment knows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import Problem, UsageError
from reconciler.manifest.edit.edit_csv import edit_csv
from reconciler.manifest.edit.edit_manifest import edit_manifest
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.model.drift import DriftFound
from reconciler.model.progress import Progress, ignore_progress
from reconciler.model.selection import EVERYTHING, Glob, Selection
from reconciler.project.files import read_bytes, write_over
from reconciler.project.session import Session

if TYPE_CHECKING:
    from reconciler.hubspot.reader import PortalReader


def look_for_drift(
    session: Session, selection: Selection = EVERYTHING, progress: Progress = ignore_progress
) -> DriftFound:
    """Compare the portal with the state; nothing is changed anywhere.

    Raises:
        UsageError: there is no state to compare with, or a glob matches nothing.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    _check_remembers(session)
    with session.reader() as reader:
        return _find(session, reader, selection, progress)


def accept_drift(
    session: Session,
    globs: Sequence[Glob],
    *,
    shows_sensitive: bool = False,
    progress: Progress = ignore_progress,
) -> Acceptance:
    """Write live values into the manifests, for the drift that ``globs`` match.

    Args:
        session: session of the environment.
        globs: addresses of records or properties.
        shows_sensitive: also write values of properties that HubSpot marks as sensitive.
        progress: called with two numbers: records compared so far, and all records to compare.

    Raises:
        UsageError: as in ``look_for_drift``, or a glob matches no drift; then nothing is written.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    from reconciler.reconcile import drift  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

    desired = session.load_manifests()
    _check_remembers(session)
    with session.reader() as reader:
        acceptance = drift.accept_drift(
            _find(session, reader, EVERYTHING, progress),
            globs,
            desired,
            reader,
            stand_ins=session.environment.owners,
            shows_sensitive=shows_sensitive,
        )
    return _write_back(session.settings.project, acceptance)


def _check_remembers(session: Session) -> None:
    if session.settings.state_url is None:
        raise UsageError(
            "`state: none` keeps nothing, so reconciler cannot recognise changes by people\n"
            "    give reconciler.yaml a `state:`"
        )


def _find(session: Session, reader: "PortalReader", selection: Selection, progress: Progress) -> DriftFound:
    from reconciler.reconcile import drift  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

    environment = session.environment
    with session.state(to_write=False) as store:
        return drift.find_drift(
            reader,
            store,
            environment=environment.name,
            portal_id=environment.portal_id,
            selection=selection,
            masks=session.settings.masks,
            has_pages=session.environment.has_pages,
            now=datetime.now(UTC),
            progress=progress,
        )


def _write_back(project: Path, acceptance: Acceptance) -> Acceptance:
    """Carry out the edits, file by file; return where they were made, and which of them failed."""
    done: list[Edit] = []
    problems = list(acceptance.problems)
    by_file: dict[str, list[Edit]] = {}
    for edit in acceptance.edits:
        by_file.setdefault(edit.source.file, []).append(edit)
    for file, edits in by_file.items():
        try:
            written, left = _edit_file(project / file, edits)
        except UsageError as error:
            message, advice = str(error), "make the file writable"
            written, left = [], [Problem(message, advice, edit.source, edit.address) for edit in edits]
        done += written
        problems += left
    done.sort(key=lambda edit: (edit.key, edit.name))
    return replace(acceptance, edits=tuple(done), problems=tuple(problems))


def _edit_file(path: Path, edits: Sequence[Edit]) -> tuple[list[Edit], Sequence[Problem]]:
    form = edits[0].table
    if form is not None:
        table = edit_csv(path, form, edits)
        places, problems, pieces = table.places, table.problems, table.pieces()
    else:
        edited = edit_manifest(read_bytes(path, "manifest"), edits)
        places, problems, pieces = edited.places, edited.problems, iter([edited.data])
    if places:
        write_over(path, pieces)
    return [replace(edit, source=place) for edit, place in places.items()], problems
