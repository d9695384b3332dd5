"""How many definitions the subscription of a portal allows, and how many of them there are."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Feature(StrEnum):
    """A sort of definitions with a limit in HubSpot; some accounts do not offer the sort at all."""

    CUSTOM_OBJECTS = "custom objects"
    CUSTOM_PROPERTIES = "custom properties"
    CALCULATED_PROPERTIES = "calculated properties"
    PIPELINES = "pipelines"
    LABELS = "association labels"


class Limited(NamedTuple):
    """Definitions that HubSpot counts together against one limit."""

    feature: Feature
    object: str | None = None  # None: the whole account; for pipelines, all custom objects
    other: str | None = None  # the type at the other end of labels


class Allowance(NamedTuple):
    """How many definitions of one sort (``Feature``) a portal may have, and how many it has."""

    limit: int
    used: int

    @property
    def has_room(self) -> bool:
        """Whether the portal may have one more definition of this sort."""
        return self.used < self.limit


DefinitionLimits = Mapping[Limited, Allowance]
