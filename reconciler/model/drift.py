"""What was changed behind our back, of everything that we own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.facts import Fact
from reconciler.model.live import MissingReason
from reconciler.model.owned import StateVersion
from reconciler.model.property_history import ValueVersion


class HistoryStart(StrEnum):
    """Where a list of hands begins."""

    APPLIED = "applied"  # when the value was as applied, and a run of ours saw to that
    SEEN = "seen"  # when the value last was as applied; no run that we know of was under way then
    CUT = "cut"  # at the oldest change that HubSpot still keeps; there may have been others before
    UNKNOWN = "unknown"  # HubSpot's history does not have the value that we know


@dataclass(frozen=True, slots=True)
class DriftHistory:
    """The hands that a value went through since we last applied it."""

    hands: tuple[ValueVersion, ...] = ()  # oldest first; the last one made what is there now
    since: HistoryStart = HistoryStart.UNKNOWN


@dataclass(frozen=True, slots=True)
class DriftedValue:
    """One property that no longer is as we last applied it."""

    key: RecordKey
    record_id: RecordId  # the live record's
    name: str
    last_applied: str | None  # as HubSpot answered it then; None is empty
    live: str | None
    trail: DriftHistory = DriftHistory()
    is_defined: bool = True  # the portal still has such a property

    @property
    def address(self) -> str:
        """Of the property."""
        return self.key.property_address(self.name)


@dataclass(frozen=True, slots=True)
class MissingOwnedRecord:
    """A record that we own and that its key no longer leads to."""

    key: RecordKey
    record_id: RecordId  # that we knew it by
    fate: MissingReason
    facts: tuple[Fact, ...]  # what became of it

    @property
    def address(self) -> str:
        """Of the record."""
        return self.key.address

    @property
    def new_key(self) -> str | None:
        """Of the record that it lives on as, where it does."""
        return next((fact.key.value for fact in self.facts if fact.key), None)


@dataclass(frozen=True, slots=True)
class RemovedAssociation:
    """An association that we own, and that people removed or took the label from."""

    key: RecordKey
    record_id: RecordId
    target: RecordKey
    last_applied: str  # ``associated``, or the label
    live: str | None  # None: the two are not associated at all any more

    @property
    def address(self) -> str:
        """Of the association, as a property of the record that names it."""
        return self.key.property_address(self.target.address)


@dataclass(frozen=True, slots=True)
class DriftFound:
    """Everything in which live differs from what we last applied."""

    tool_version: str
    created_at: datetime  # aware, UTC
    environment: str
    portal_id: int
    state: StateVersion
    looked_at: int  # owned records
    values: tuple[DriftedValue, ...]  # sorted by key, then name
    lost: tuple[MissingOwnedRecord, ...]  # sorted by key
    read_calls: int
    personal: tuple[
        tuple[str, str], ...
    ] = ()  # (object, property) whose values are masked when rendered, sorted
    pairs: tuple[RemovedAssociation, ...] = ()  # sorted by key, then target

    @property
    def is_empty(self) -> bool:
        """Whether everything is as we left it."""
        return not self.values and not self.lost and not self.pairs
