"""Files of observations: what HubSpot was seen to do where the emulator has to guess.

The observations in a file apply to all portals of an emulator. ``reconciler emulator verify`` writes files,
which ``observations.schema.json`` describes.
"""

from pathlib import Path
from typing import Any

import orjson

from reconciler.emulator.errors import EmulatorError, SeedError
from reconciler.emulator.guess_settings import check_choices

VERSION = 1


def read_observations(path: Path) -> dict[str, str]:
    """Return the observed choices. Raises EmulatorError if the file is missing or has another format."""
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise EmulatorError(f"{path} cannot be read ({error.strerror})") from None
    except orjson.JSONDecodeError:
        raise EmulatorError(f"{path} is not a file of observations: it is not JSON") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise EmulatorError(f"{path} is not a file of observations of version {VERSION}")
    try:
        seen = dict(_seen(item) for item in document.get("observations") or ())
        return check_choices({name: choice for name, choice in seen.items() if choice is not None}, "seen")
    except SeedError as error:
        raise EmulatorError(f"{path}: {error}") from None
    except (TypeError, KeyError, AttributeError):
        raise EmulatorError(f"{path}: each observation needs the keys `guess` and `seen`") from None


def _seen(item: Any) -> tuple[str, Any]:
    return str(item["guess"]), item["seen"]
