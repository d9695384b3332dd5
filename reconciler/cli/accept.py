"""``drift --accept``: live values are written back into the manifests."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.cli.exits import ExitCode
from reconciler.cli.messages import document, show_text
from reconciler.cli.output import color, masking_for, width
from reconciler.errors import Problem, UsageError
from reconciler.manifest.edit.edit_manifest import edit_manifest
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.model.desired import Desired
from reconciler.model.drift import DriftFound
from reconciler.model.selection import Glob
from reconciler.project.files import read_bytes, write_over
from reconciler.project.session import Session
from reconciler.reconcile.drift import accept_drift
from reconciler.report.json_report import acceptance_as_json
from reconciler.report.terminal import render_acceptance
from reconciler.report.text.grouping import group_by


def accept(
    session: Session, desired: Desired, found: DriftFound, globs: Sequence[Glob], *, shows_sensitive: bool
) -> Acceptance:
    """Let the manifests say what is live, of the drift that ``globs`` mean.

    Raises:
        UsageError: a glob means nothing that was found; then nothing is written.
    """
    with session.reader() as reader:
        acceptance = accept_drift(
            found,
            globs,
            desired,
            reader,
            stand_ins=session.environment.owners,
            shows_sensitive=shows_sensitive,
        )
    return _write_back(session, acceptance)


def show_acceptance(session: Session, acceptance: Acceptance, *, full: bool, values: str | None) -> ExitCode:
    """Print what became of the drift that the person wants to keep; an error where some of it is left."""
    masking = masking_for(values, as_json=session.said.as_json)
    if session.said.as_json:
        document(acceptance_as_json(acceptance, masking))
    else:
        text = render_acceptance(
            acceptance,
            color=color(session.said),
            width=width(),
            full=full,
            masking=masking,
            where=session.where,
        )
        show_text(text)
    return ExitCode.ERROR if acceptance.problems else ExitCode.OK


def _write_back(session: Session, acceptance: Acceptance) -> Acceptance:
    """Carry out the edits, file by file; says where each stands now, and which could not be carried out."""
    done: list[Edit] = []
    problems = list(acceptance.problems)
    for file, edits in group_by(acceptance.edits, lambda edit: edit.source.file).items():
        try:
            written, left = _edit_file(session.settings.project / file, edits)
        except UsageError as error:
            message, advice = str(error), "make the file writable"
            written, left = [], [Problem(message, advice, edit.source, edit.address) for edit in edits]
        done += written
        problems += left
    done.sort(key=lambda edit: (edit.key, edit.name))
    return replace(acceptance, edits=tuple(done), problems=tuple(problems))


def _edit_file(path: Path, edits: Sequence[Edit]) -> tuple[list[Edit], Sequence[Problem]]:
    edited = edit_manifest(read_bytes(path, "manifest"), edits)
    if edited.places:
        write_over(path, edited.data)
    return [replace(edit, source=place) for edit, place in edited.places.items()], edited.problems
