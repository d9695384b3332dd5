"""The last notice to a webhook about each subject: whether it reported a bad condition.

A notice is sent only if the condition of its subject has changed since then, from good to bad or back. The
data is in ``.reconciler/notices-ENVIRONMENT.json`` on this machine. CI jobs must keep this file between runs.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.project.files import write_private

_MOST_BYTES: Final = 10_000


def last_sent_path(folder: Path, environment: str) -> Path:
    """Return the file of an environment; names of environments are safe in file names."""
    return folder / f"notices-{environment}.json"


def read_last_sent(path: Path) -> Mapping[str, bool]:
    """Return, for each subject, whether the last notice about it reported a bad condition.

    The result is empty if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {subject: is_bad for subject, is_bad in document.items() if isinstance(is_bad, bool)}


def write_last_sent(path: Path, sent: Mapping[str, bool]) -> None:
    """Store, for each subject, whether the last notice about it reported a bad condition.

    Raises:
        UsageError: the file cannot be written.
    """
    write_private(path, json.dumps(dict(sent), sort_keys=True) + "\n")
