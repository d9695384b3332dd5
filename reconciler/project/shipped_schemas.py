"""The JSON schemas in the package: of ``reconciler.yaml`` and of manifests, for editors."""

from importlib import resources
from typing import Final

from reconciler.project.editor_line import MANIFEST_SCHEMA, SETTINGS_SCHEMA

_ROOMS: Final = {MANIFEST_SCHEMA: "reconciler.manifest", SETTINGS_SCHEMA: "reconciler.project"}


def shipped_schema(name: str) -> str:
    """Return the text of the schema in the file ``name``."""
    return resources.files(_ROOMS[name]).joinpath(name).read_text(encoding="utf-8")
