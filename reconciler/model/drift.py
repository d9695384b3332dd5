"""Drift: changes that others made in HubSpot to owned things since reconciler last applied them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId
from reconciler.model.facts import Fact
from reconciler.model.live import MissingReason
from reconciler.model.names import NO_DISPLAY_NAMES, NO_NAMES, DisplayNames, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.model.property_history import ValueVersion


class HistoryStart(StrEnum):
    """The change with which the list of changes to a drifted value begins."""

    # the first change after the latest run of reconciler during which HubSpot had the applied value
    APPLIED = "applied"
    # the first change after HubSpot last had the applied value; no run of reconciler was active then
    SEEN = "seen"
    CUT = "cut"  # the oldest change in HubSpot's history; HubSpot may have deleted older changes
    UNKNOWN = "unknown"  # unknown: HubSpot's history does not contain the applied value
    # the latest change of the definition, perhaps of another value; HubSpot keeps no earlier changes
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class DriftHistory:
    """The changes of a value since reconciler last applied it."""

    versions: tuple[ValueVersion, ...] = ()  # oldest first; the last one wrote the present value
    since: HistoryStart = HistoryStart.UNKNOWN


@dataclass(frozen=True, slots=True)
class DriftedValue:
    """One live value of a record or definition that differs from the value that reconciler last applied."""

    key: RecordAddress | DefinitionAddress
    record_id: RecordId  # id of the live record or definition
    name: str
    last_applied: str | None  # the value that HubSpot returned when it was applied; None: empty
    live: str | None
    trail: DriftHistory = DriftHistory()
    is_defined: bool = True  # whether the portal still has the property
    display_name: str | None = None  # the display name of the record

    @property
    def address(self) -> str:
        """Address of the value: ``companies/acme#phone``."""
        return self.key.property_address(self.name)


@dataclass(frozen=True, slots=True)
class MissingOwnedRecord:
    """An owned record that is not found by its key any more, or an owned definition that is gone."""

    key: RecordAddress | DefinitionAddress
    record_id: RecordId  # the id in the state
    reason: MissingReason
    facts: tuple[Fact, ...]  # facts about what happened to the record
    display_name: str | None = None  # the display name of the record when it was last applied

    @property
    def address(self) -> str:
        """Address of the record or definition."""
        return self.key.text

    @property
    def is_definition(self) -> bool:
        """Whether the missing thing is a definition, not a record."""
        return isinstance(self.key, DefinitionAddress)

    @property
    def new_key(self) -> str | None:
        """Present key of the record, or of the record into which it was merged; None if unknown."""
        return next((fact.key.value for fact in self.facts if fact.key), None)


@dataclass(frozen=True, slots=True)
class RemovedAssociation:
    """An owned association that people removed, or whose label they removed."""

    key: RecordAddress
    record_id: RecordId
    target: RecordAddress
    last_applied: str  # ``associated``, or the text of the label
    live: str | None  # ``associated`` if only the label was removed; None: not associated any more
    # display names of both records at the time when the association was last applied
    display_names: DisplayNames = NO_DISPLAY_NAMES

    @property
    def address(self) -> str:
        """Address of the association, like a property of the record that names it."""
        return self.key.property_address(self.target.text)


@dataclass(frozen=True, slots=True)
class DriftSummary:
    """The numbers of drifted things; it contains no values of records."""

    values: int
    changed_records: int  # number of records with a drifted value
    removed_associations: int
    lost_records: int
    changed_definitions: int = 0  # number of definitions with a drifted value
    lost_definitions: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is no drift."""
        lost = self.lost_records or self.lost_definitions
        return not (self.values or self.removed_associations or lost)

    @property
    def headline(self) -> str:
        """``3 values of 2 records, 1 record lost`` or ``No drift``."""
        things = [(self.changed_records, "record"), (self.changed_definitions, "definition")]
        of = " and ".join(_counted(count, noun) for count, noun in things if count)
        counts = [f"{_counted(self.values, 'value')} of {of}"] if self.values else []
        removed = self.removed_associations
        counts += [f"{_counted(removed, 'association')} removed"] if removed else []
        lost = [(self.lost_records, "record"), (self.lost_definitions, "definition")]
        counts += [f"{_counted(count, noun)} lost" for count, noun in lost if count]
        return ", ".join(counts) or "No drift"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@dataclass(frozen=True, slots=True)
class DriftFound:
    """All differences between the live values and the values that reconciler last applied."""

    tool_version: str
    created_at: datetime  # with time zone UTC
    environment: str
    portal_id: int
    state: StateVersion
    looked_at: int  # number of checked owned records
    values: tuple[DriftedValue, ...]  # sorted by key, then name
    lost: tuple[MissingOwnedRecord, ...]  # sorted by key
    read_calls: int
    masked_properties: tuple[
        ObjectProperty, ...
    ] = ()  # (object type, property) whose values are masked when rendered, sorted
    pairs: tuple[RemovedAssociation, ...] = ()  # sorted by key, then target
    looked_at_definitions: int = 0  # number of checked owned definitions
    names: Names = NO_NAMES  # display names of the things in the drift

    @property
    def differences(self) -> tuple[DriftedValue | MissingOwnedRecord | RemovedAssociation, ...]:
        """Everything that differs: values, then missing records, then removed associations."""
        return (*self.values, *self.lost, *self.pairs)

    @property
    def summary(self) -> DriftSummary:
        """The numbers of drifted things."""
        changed = {value.key for value in self.values}
        definitions = sum(not key.records for key in changed)
        lost = sum(not each.key.records for each in self.lost)
        return DriftSummary(
            values=len(self.values),
            changed_records=len(changed) - definitions,
            removed_associations=len(self.pairs),
            lost_records=len(self.lost) - lost,
            changed_definitions=definitions,
            lost_definitions=lost,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is no drift."""
        return self.summary.is_empty
