"""The file of observations for the emulator: how one portal behaved, without any of its data."""

import json
from pathlib import Path
from typing import Any, Final

from reconciler import __version__
from reconciler.model.observations import Verification
from reconciler.project.files import write_file

OBSERVATIONS: Final = "observations.json"
_VERSION: Final = 1


def observations_document(verification: Verification) -> dict[str, Any]:
    """Return the observations as JSON, in the form of ``reconciler/emulator/observations.schema.json``."""
    return {
        "version": _VERSION,
        "reconciler": __version__,
        "day": verification.day.isoformat(),
        "account_type": verification.account_type,
        "api_version": verification.api_version,
        "observations": [
            {
                "guess": each.guess,
                "assumed": each.assumed,
                "seen": each.seen,
                "comparison": each.comparison,
                "detail": each.detail,
            }
            for each in verification.observations
        ],
    }


def write_observations(path: Path, verification: Verification) -> None:
    """Write the observations to ``path``, and replace those of an earlier run.

    Raises:
        UsageError: the folder is missing or not writable.
    """
    text = json.dumps(observations_document(verification), indent=2, ensure_ascii=False) + "\n"
    write_file(path, [text.encode()])
