"""Property history: who changed a value, when, and with which tool, from HubSpot's data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from reconciler.model.references import PropertyRef


class ChangeSource(StrEnum):
    """The kind of source that changed a value."""

    PERSON = "person"  # a person in HubSpot
    WORKFLOW = "workflow"
    INTEGRATION = "integration"  # an app, which may be this program
    API = "API"
    IMPORT = "import"
    FORM = "form"
    CALCULATION = "calculation"
    MERGE = "merge"
    OTHER = "other"  # a source that HubSpot does not document

    @property
    def is_automatic(self) -> bool:
        """Whether the source is probably a program, which would overwrite reconciler's next value, too."""
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
    ChangeSource.OTHER: "a person whom HubSpot does not name",
}


@dataclass(frozen=True, slots=True)
class ValueVersion:
    """One version of one property, with its author."""

    via: ChangeSource
    by: str  # "Ada Lovelace <ada@acme.example>", "Fill names (55)"; empty if HubSpot does not say
    at: datetime  # with time zone UTC
    value: str | None  # the value of the property in this version; None is empty

    def __str__(self) -> str:
        """Format the author: ``Ada Lovelace <ada@acme.example>``, ``workflow Fill names (55)``."""
        if not self.by:
            return _NAMELESS[self.via]
        return self.by if self.via in {ChangeSource.PERSON, ChangeSource.OTHER} else f"{self.via} {self.by}"


@dataclass(frozen=True, slots=True)
class PropertyHistory:
    """The changes of one property that HubSpot still knows."""

    versions: tuple[ValueVersion, ...]  # oldest first
    is_truncated: bool  # whether HubSpot may have dropped older versions


PropertyHistories: TypeAlias = Mapping[PropertyRef, PropertyHistory]
"""Histories by property; properties that the portal does not have any more are missing."""
