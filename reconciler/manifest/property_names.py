"""Property names in manifests, and advice for impossible names."""

import re
from typing import Final

from reconciler.errors import UnplacedProblem
from reconciler.suggestions import ask_whether

PROPERTY_NAME: Final = "[a-z][a-z0-9_]*"
"""Pattern of HubSpot's internal property names."""


_is_property_name = re.compile(PROPERTY_NAME).fullmatch


def name_fault(name: str) -> UnplacedProblem | None:
    """Return why ``name`` cannot be a property name, and advice; None if it can."""
    if _is_property_name(name):
        return None
    message = f'"{name}" is not a property name'
    if ":" in name:
        return UnplacedProblem(message, "put a space after the colon")
    likely = re.sub("[ -]+", "_", name.strip().lower())
    if _is_property_name(likely):
        message = f'"{name}" is a label, not a property name'
        return UnplacedProblem(message, f"use the internal name: {ask_whether([likely])}")
    advice = "HubSpot's names are lower-case letters, digits and underscores, and begin with a letter"
    return UnplacedProblem(message, advice)
