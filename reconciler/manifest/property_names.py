"""Property names in manifests, and advice for impossible names."""

import re
from typing import Final

from reconciler.suggestions import ask_whether

PROPERTY_NAME: Final = "[a-z][a-z0-9_]*"
"""Pattern of HubSpot's internal property names."""


_is_property_name = re.compile(PROPERTY_NAME).fullmatch


def name_advice(name: str) -> str | None:
    """Return what to write instead of ``name``, or None if it is a possible property name."""
    if _is_property_name(name):
        return None
    if ":" in name:
        return "put a space after the colon"
    likely = re.sub("[ -]+", "_", name.strip().lower())
    if _is_property_name(likely):
        return f"use the internal name, not the label: {ask_whether([likely])}"
    return "HubSpot's names are lower-case letters, digits and underscores, and begin with a letter"
