"""Ids of new pipelines and stages: chosen when planning, so that records of the same plan can name them.

Later plans take the ids from state and do not compute them again. HubSpot answers status 500 to an id that is
longer than the maximum.
"""

from collections.abc import Collection
from hashlib import sha256

MOST_OF_PIPELINE = 36
"""Maximum length of a pipeline's id in characters, as seen in HubSpot."""

MOST_OF_STAGE = 100
"""Maximum length of a stage's id in characters, as seen in HubSpot."""

_DIGITS = 8


def pipeline_id(portal_id: int, object_name: str, pipeline: str, taken: Collection[str]) -> str:
    """Return an id for a new ``pipeline`` that is not ``taken``; the same names give the same id."""
    return _free_id(pipeline, (str(portal_id), object_name, pipeline), MOST_OF_PIPELINE, taken)


def stage_id(portal_id: int, object_name: str, pipeline: str, stage: str, taken: Collection[str]) -> str:
    """Return an id for a new ``stage`` that is not ``taken`` by a stage of any pipeline of the type."""
    return _free_id(stage, (str(portal_id), object_name, pipeline, stage), MOST_OF_STAGE, taken)


def _free_id(label: str, seed: tuple[str, ...], most: int, taken: Collection[str]) -> str:
    digest = sha256("\0".join(seed).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    used = {each.casefold() for each in taken}
    number = 1
    while True:
        end = digest if number == 1 else f"{digest}_{number}"
        start = _readable(label)[: most - len(end) - 1].rstrip("_")
        found = f"{start}_{end}" if start else end
        if found.casefold() not in used:
            return found
        number += 1


def _readable(label: str) -> str:
    """Return the ASCII letters and digits of ``label``, with ``_`` for everything between them."""
    plain = (character if character.isascii() and character.isalnum() else " " for character in label)
    return "_".join("".join(plain).split())
