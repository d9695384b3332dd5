"""The conditions that a webhook was last told of, so that it is told of changes only.

They are in ``.reconciler/notices-ENVIRONMENT.json`` on this machine; jobs have to keep the file between runs.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.project.files import write_private

_MOST_BYTES: Final = 10_000


def last_sent_path(folder: Path, environment: str) -> Path:
    """Return the file of one environment; its name has letters, digits, dots, dashes and underscores."""
    return folder / f"notices-{environment}.json"


def read_last_sent(path: Path) -> Mapping[str, bool]:
    """Return the subjects that the webhook knows, with whether they were bad; unreadable is unknown."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {subject: is_bad for subject, is_bad in document.items() if isinstance(is_bad, bool)}


def write_last_sent(path: Path, sent: Mapping[str, bool]) -> None:
    """Remember the conditions that the webhook knows now.

    Raises:
        UsageError: the file cannot be written.
    """
    write_private(path, json.dumps(dict(sent), sort_keys=True) + "\n")
