"""Adding the environment of a copy to ``reconciler.yaml``: a few lines; nothing else is changed."""

import os
import re
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.project.files import write_over
from reconciler.project.settings_file import read_settings_file
from reconciler.project.settings_rules import FILE_NAME, NAME_ADVICE, fault_of_name

_ENVIRONMENTS = re.compile(r"^environments:[ \t]*(#.*)?$", re.MULTILINE)
_INNER = re.compile(r"\n([ \t]+)[^\s#]")


def add_copy(project: Path, name: str, original: str) -> str:
    """Add environment ``name``, a copy of ``original``; return the path of ``reconciler.yaml`` for messages.

    If there was one environment, and the file sets no default, that environment becomes the default.

    Raises:
        UsageError: the name is not allowed, or the file cannot be edited automatically; the message contains
            the lines to add.
        ManifestError: the file is wrong.
    """
    fault = fault_of_name(name)
    if fault:
        raise UsageError(f"{fault}\n    {NAME_ADVICE}")
    path = project / FILE_NAME
    file, _, environments = read_settings_file(project, needs_portal_id=False)
    text = path.read_bytes().decode("utf-8-sig")
    found = _ENVIRONMENTS.search(text)
    inner = _INNER.match(text, found.end()) if found else None
    if found is None or inner is None:
        raise UsageError(
            f"{os.path.relpath(path)} has no line `environments:` with environments below it\n"
            f"    write into it: {name}: {{portal: emulator, copy_of: {original}}}"
        )
    indent = inner[1]
    added = f"\n{indent}{name}:\n{indent * 2}portal: emulator\n{indent * 2}copy_of: {original}"
    default = "" if file.default or len(environments) > 1 else f"default: {original}\n"
    written = (
        text[: found.start()] + default + text[found.start() : found.end()] + added + text[found.end() :]
    )
    write_over(path, [written.encode()])
    return os.path.relpath(path)
