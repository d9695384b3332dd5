"""How many definitions the subscription of a portal allows, and how many of them there are."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Feature(StrEnum):
    """A sort of definitions that HubSpot counts; an account may have none of it at all."""

    CUSTOM_OBJECTS = "custom objects"
    CUSTOM_PROPERTIES = "custom properties"
    CALCULATED_PROPERTIES = "calculated properties"
    PIPELINES = "pipelines"
    LABELS = "association labels"


class Limited(NamedTuple):
    """Definitions that count together."""

    feature: Feature
    object: str | None = None  # None: of the whole account, and pipelines of all custom objects
    other: str | None = None  # the type at the other end of labels


class Allowance(NamedTuple):
    """How many there may be, and how many there are."""

    limit: int
    used: int

    @property
    def has_room(self) -> bool:
        """Whether there may be one more."""
        return self.used < self.limit


DefinitionLimits = Mapping[Limited, Allowance]
