"""Declaring a new key in a manifest, so that the next plan creates it."""

import os

from reconciler.manifest.definitions.write import definitions_text
from reconciler.model.addresses import Section
from reconciler.model.desired import Desired
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.project.editor_line import with_editor_line
from reconciler.project.files import write_new
from reconciler.project.session import Session
from reconciler.reconcile.create_key import NewKey


def write_key_manifest(session: Session, desired: Desired, key: NewKey) -> str | None:
    """Write a manifest that declares the key property; return its file, or None if there is nothing to write.

    Raises:
        UsageError: the file exists with other content, or cannot be written.
    """
    if not key.is_new or key.address in {definition.address for definition in desired.definitions}:
        return None
    folder = session.settings.project / session.settings.manifests[0]
    path = folder / f"{key.schema.name}-{key.name}.yaml"
    text = with_editor_line(_text(key), session.settings.project, path).encode()
    if not path.exists() or path.read_bytes() != text:  # else an earlier call has written it
        write_new(path, [text])
    return os.path.relpath(path)


def _text(key: NewKey) -> str:
    made = LiveDefinition(key.address, definition_id(Section.PROPERTIES, key.name), key.definition)
    return definitions_text(key.schema.name, [made])
