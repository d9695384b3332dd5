"""Declaring a new key in a manifest, so that the next plan knows its definition."""

import json
import os

from reconciler.model.desired import Desired
from reconciler.project.files import write_new
from reconciler.project.session import Session
from reconciler.reconcile.create_key import NewKey


def write_key_manifest(session: Session, desired: Desired, key: NewKey) -> str | None:
    """Write a manifest that declares the property; return its file, or None if there is nothing to write.

    Raises:
        UsageError: the file exists with other content, or cannot be written.
    """
    if not key.is_new or key.address in {definition.address for definition in desired.definitions}:
        return None
    folder = session.settings.project / session.settings.manifests[0]
    path = folder / f"{key.schema.name}-{key.name}.yaml"
    text = _text(key).encode()
    if not path.exists() or path.read_bytes() != text:  # a run that was repeated has written it before
        write_new(path, [text])
    return os.path.relpath(path)


def _text(key: NewKey) -> str:
    lines = [f"object: {key.schema.name}", "properties:", f"  {key.name}:"]
    for path, value in key.definition.items():
        # JSON's strings are YAML's double-quoted ones; words and names need no quotes
        said = value if value.replace("_", "").isalnum() else json.dumps(value, ensure_ascii=False)
        lines.append(f"    {path}: {said}")
    return "\n".join(lines) + "\n"
