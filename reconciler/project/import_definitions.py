"""Importing live definitions into a manifest; the portal is only read, and the state does not change."""

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.manifest.definitions.readable import readable_text
from reconciler.model.desired import Desired
from reconciler.model.imports import DefinitionsImported, DefinitionsRequest, ImportTarget
from reconciler.project.editor_line import with_editor_line
from reconciler.project.files import write_new, write_over
from reconciler.project.import_files import in_project, keep_copy, load_manifests_if_any, place_for
from reconciler.project.import_proof import plan_written_definitions
from reconciler.project.import_request import Destination
from reconciler.project.session import Session
from reconciler.reconcile.import_definitions import find_definitions


def import_definitions(
    session: Session, request: DefinitionsRequest, destination: Destination
) -> DefinitionsImported:
    """Read the live definitions of an object type, and write them as a manifest.

    Raises:
        UsageError: the request does not fit the portal or the project; nothing was written.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read.
    """
    if destination.target is ImportTarget.ADD:
        raise UsageError(
            "--add works for records, not for definitions\n    --replace writes a new file of definitions"
        )
    replaces = destination.target is ImportTarget.REPLACE
    desired = load_manifests_if_any(session, keeps_going=replaces)

    def declared_elsewhere(object_name: str) -> Desired:
        path = _path(session, object_name, destination.out)
        if not replaces and os.path.lexists(path):
            raise UsageError(
                f"{os.path.relpath(path)} exists already, and nothing is overwritten\n"
                "    --replace writes a new file, and keeps a copy of the old one; --out FILE "
                "chooses another file"
            )
        return _without_file(desired, in_project(session, path))

    with session.reader() as reader:
        portal_id = session.environment.portal_id
        name, chosen = find_definitions(reader, portal_id, request, declared_elsewhere)
    text, written, left_out = readable_text(name, chosen.taken)
    counts = dict(Counter(each.address.section for each in written))
    result = DefinitionsImported(name, counts, chosen.named_already, chosen.of_hubspot, left_out)
    if not written:
        return result
    path = _path(session, name, destination.out)
    text = with_editor_line(text, session.settings.project, path)
    copies: tuple[str, ...] = ()
    if replaces and path.exists():
        copies = (os.path.relpath(keep_copy(session, path, datetime.now(UTC))),)
        write_over(path, [text.encode()])
    else:
        write_new(path, [text.encode()])
    proof = plan_written_definitions(session, name, {each.address for each in written})
    return replace(result, files=(os.path.relpath(path),), copies=copies, proof=proof)


def _path(session: Session, object_name: str, out: Path | None) -> Path:
    """Return the file to write.

    Raises:
        UsageError: the file would not be a manifest of the project.
    """
    if out is None:
        return session.settings.project / session.settings.manifests[0] / f"{object_name}-definitions.yaml"
    place = place_for(session, object_name, out)
    if place.table is not None:
        raise UsageError(f"--out {out}: definitions are written as YAML, into a file that ends in .yaml")
    return place.manifest


def _without_file(desired: Desired, name: str) -> Desired:
    """Return ``desired`` without the definitions in one file, which is about to be replaced."""
    kept = (each for each in desired.definitions if desired.files.ref(each.place).file != name)
    return replace(desired, definitions=tuple(kept), rejoin=None)
