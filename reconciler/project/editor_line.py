"""The line at the top of a file that tells an editor which JSON schema the file has.

Source: https://github.com/redhat-developer/yaml-language-server#using-inlined-schema.
"""

import os
from pathlib import Path
from typing import Final

SCHEMAS: Final = ".schemas"
"""The folder in a project that contains the schemas. It is committed to git.

Its name begins with a dot, so that no file in it is read as a manifest.
"""

MANIFEST_SCHEMA: Final = "manifest.schema.json"
SETTINGS_SCHEMA: Final = "settings.schema.json"
_LINE: Final = "# yaml-language-server: $schema={path}\n"


def editor_line(schema: str) -> str:
    """Return the line for a file whose schema is at the relative path ``schema``."""
    return _LINE.format(path=schema)


def with_editor_line(text: str, project: Path, path: Path) -> str:
    """Put the editor line before the text of a new manifest, if the project has a schema of manifests."""
    schema = project / SCHEMAS / MANIFEST_SCHEMA
    if not schema.is_file():
        return text
    return editor_line(Path(os.path.relpath(schema, path.parent)).as_posix()) + text
