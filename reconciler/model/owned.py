"""What we remember of records we own, between runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.addresses import RecordId, RecordKey


class Origin(StrEnum):
    """How a record came to be owned."""

    CREATED = "created"  # by us: prune may archive it
    ADOPTED = "adopted"  # was there before us: prune only releases it


@dataclass(frozen=True, slots=True)
class OwnedRecord:
    """A record that state says is ours, and the values we last applied to it."""

    key: RecordKey
    record_id: RecordId
    origin: Origin
    sent: Mapping[str, str | None]  # last applied, as sent; None was cleared
    answered: Mapping[str, str | None]  # what HubSpot made of it, only where that differs from ``sent``
    is_protected: bool = False  # never archived, whatever the manifests say

    def expected_live(self, name: str) -> str | None:
        """What the portal held of property ``name`` right after we last applied it."""
        return self.answered[name] if name in self.answered else self.sent[name]


@dataclass(frozen=True, slots=True)
class StateVersion:
    """Which state a plan was made against: lineage is its identity, serial its age in runs."""

    lineage: str | None  # None: there is no state yet
    serial: int
