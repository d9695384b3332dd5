"""Who changed a property, when, and through what: HubSpot's history of it in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from reconciler.model.addresses import RecordId


class ChangeSource(StrEnum):
    """Through what a value was changed."""

    PERSON = "person"  # by hand, in HubSpot
    WORKFLOW = "workflow"
    INTEGRATION = "integration"  # an app, ours among them
    API = "API"
    IMPORT = "import"
    FORM = "form"
    CALCULATION = "calculation"
    MERGE = "merge"
    OTHER = "other"  # HubSpot has more of them than it lists

    @property
    def is_automatic(self) -> bool:
        """Whether it acts by itself, and would again."""
        return self in _AUTOMATIC


_AUTOMATIC = frozenset(
    {
        ChangeSource.WORKFLOW,
        ChangeSource.INTEGRATION,
        ChangeSource.API,
        ChangeSource.CALCULATION,
        ChangeSource.OTHER,
    }
)


_NAMELESS = {
    ChangeSource.PERSON: "somebody in HubSpot",
    ChangeSource.WORKFLOW: "a workflow",
    ChangeSource.INTEGRATION: "an integration",
    ChangeSource.API: "the API",
    ChangeSource.IMPORT: "an import",
    ChangeSource.FORM: "a form",
    ChangeSource.CALCULATION: "a calculation",
    ChangeSource.MERGE: "a merge",
    ChangeSource.OTHER: "somebody whom HubSpot does not name",
}


@dataclass(frozen=True, slots=True)
class ValueVersion:
    """One change of one property, whoever made it."""

    via: ChangeSource
    by: str  # "Ada Lovelace <ada@acme.example>", "Fill names (55)"; empty where HubSpot does not say
    at: datetime  # aware, UTC
    value: str | None  # what it made of the property; None is empty

    def __str__(self) -> str:
        """``Ada Lovelace <ada@acme.example>``, ``workflow Fill names (55)``."""
        if not self.by:
            return _NAMELESS[self.via]
        return self.by if self.via in {ChangeSource.PERSON, ChangeSource.OTHER} else f"{self.via} {self.by}"


@dataclass(frozen=True, slots=True)
class PropertyHistory:
    """What HubSpot still knows of the changes of one property."""

    hands: tuple[ValueVersion, ...]  # oldest first
    is_truncated: bool  # as many as HubSpot keeps: older ones are forgotten


Spot: TypeAlias = tuple[str, RecordId, str]
"""One property of one live record: object type, record id, name."""

PropertyHistories: TypeAlias = Mapping[Spot, PropertyHistory]
"""What is known of some properties; nothing of those that the portal no longer has."""
