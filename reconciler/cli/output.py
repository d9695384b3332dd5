"""How results look where they are going: colour, width, and whether personal values may be seen."""

import os
import secrets
import shutil
import sys

from reconciler.cli.options import Common
from reconciler.report.mask import SHOW, Masking

_KEY_BYTES = 32


def color(said: Common) -> bool:
    """Colour is for terminals, unless somebody said no (https://no-color.org)."""
    return sys.stdout.isatty() and not said.no_color and not os.environ.get("NO_COLOR")


def width() -> int:
    """Columns of the terminal, 80 where there is none."""
    return shutil.get_terminal_size(fallback=(80, 24)).columns


def masking_for(values: str | None, *, as_json: bool) -> Masking:
    """Personal values are shown on a terminal and masked elsewhere, unless ``--values`` says otherwise."""
    shown = values == "show" or (values is None and sys.stdout.isatty() and not as_json)
    return SHOW if shown else Masking(secrets.token_bytes(_KEY_BYTES))
