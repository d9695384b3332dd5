"""Changes: one class for every kind of thing in a plan.

The parts of single kinds are in their own packages: ``plan/records`` and ``plan/associations`` build the
changes of their kind, and ``plan/kinds.py`` has the only table of kinds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from reconciler.model.addresses import (
    Address,
    AssociationAddress,
    DefinitionAddress,
    RecordAddress,
    RecordId,
    ThingAddress,
)
from reconciler.model.calls import Operation
from reconciler.model.facts import Fact, FactKind
from reconciler.model.names import NO_DISPLAY_NAMES, DisplayNames
from reconciler.model.owned import Origin
from reconciler.model.property_history import ValueVersion
from reconciler.source import SourceRef


class Action(StrEnum):
    """The actions of changes, the same for every kind of thing."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"  # begin to own the thing, or update what state stores about it: no call is made
    ARCHIVE = "archive"
    RELEASE = "release"  # stop owning the thing: the portal keeps it, and no call is made


class Reason(StrEnum):
    """The reason of a change: the result of comparing last applied, desired and live values."""

    MISSING = "missing"  # the portal does not have the thing
    INITIAL = "initial"  # a property that is written only when the record is created
    CHANGED = "changed"  # the manifest value changed since we last applied it
    DRIFT = "drift"  # people changed the live value since we last applied it
    CONFLICT = "conflict"  # both the manifest value and the live value changed
    ADOPT = "adopt"  # the thing existed in the portal before it was owned
    GONE = "gone"  # the thing is in state, but no longer in the portal
    RENAMED = "renamed"  # the key of the record changed in the manifest
    RECREATED = "recreated"  # the record was gone, and the user asked to create it again
    ABSENT = "absent"  # the manifest says that the thing must not exist
    PRUNED = "pruned"  # no manifest names the thing any more
    NARROWED = "narrowed"  # the manifests name the thing only for other environments
    IN_STEP = "in step"  # the desired value equals the live value
    UNMANAGED = "unmanaged"  # no manifest line enforces the property any more
    CONTESTED = "contested"  # an automation in HubSpot overwrites the value after every apply
    OBSERVED = "observed"  # the live value differs, and the manifest only observes it
    ROLLED_BACK = "rolled back"  # this change takes back a change of an earlier run
    FILLED = "filled"  # the record gets a value in a property that is to become the key
    # The plan removes a definition that records use, such as an option. This is the reason of the removal and
    # of each change that gives such a record another value.
    MIGRATED = "migrated"
    SETTLING = "settling"  # reconciler wrote other values minutes ago; HubSpot still shows the earlier ones
    SUPERSEDED = "superseded"  # not rolled back: the value or thing was changed again later
    FINAL = "final"  # not rolled back: this change cannot be taken back


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A change of one value, in the portal or only in state: its live value and its new value."""

    name: str
    before: str | None  # live text; None is empty
    after: str | None  # the text to send; None clears
    reason: Reason
    source: SourceRef | None = None  # the manifest line of the value
    changed: ValueVersion | None = (
        None  # the change in HubSpot that would be overwritten; None if none or unknown
    )


class Remote(NamedTuple):
    """The ids that HubSpot assigned: none yet, one, or two for an association."""

    id: RecordId | None = None  # id of the record of the change, or of the record that names the association
    target_id: RecordId | None = None  # id of the other record


NO_IDS = Remote()


class Owned(NamedTuple):
    """How we own a thing."""

    origin: Origin
    is_protected: bool = False  # whether the thing must never be archived


class RecordDetails(NamedTuple):
    """Details of record changes."""

    replaces: RecordId  # id of the lost record that the new one replaces in state


class AssociationDetails(NamedTuple):
    """Details of association changes."""

    is_whole: bool
    """Whether the change is about the whole association of the two records, not only about one label.

    For a create, True means that the records were not associated before. For an adopt, True means that one of
    our runs first associated the records. For an archive, True means that no association of the records is
    left; False means that only the label is removed.
    """


class DefinitionDetails(NamedTuple):
    """Details of changes of definitions."""

    parent_id: str | None = None  # for a stage: HubSpot's id of the stage's pipeline
    is_carried: bool = False  # for a stage: whether the call that creates its pipeline also creates the stage
    includes_options: bool = False  # whether manifests name only some options of the property
    # for a change that archives a definition: the name of the definition that records use instead
    moves_to: str | None = None


Details: TypeAlias = RecordDetails | AssociationDetails | DefinitionDetails


@dataclass(frozen=True, slots=True)
class Change:
    """One action on one thing."""

    address: Address  # together with ``step`` unique in a plan
    action: Action
    reason: Reason
    values: tuple[ValueChange, ...] = ()  # written values; sorted by name
    remembered: tuple[ValueChange, ...] = ()  # not written: state stores ``after``; sorted by name
    # values to remove from state; ``before``: the value in HubSpot, ``after``: the value that we last sent
    forgotten: tuple[ValueChange, ...] = ()
    rests_on: tuple[ValueChange, ...] = ()  # values on which the change depends; sorted by name
    moved_from: RecordAddress | DefinitionAddress | None = None  # previous address of the thing in state
    remote: Remote = NO_IDS
    operation: Operation | None = None  # the call; None: the change only updates state
    owned: Owned | None = None  # ownership after the change; None: not owned
    owned_before: Owned | None = None  # ownership before a change that ends the ownership; otherwise None
    source: SourceRef | None = None  # the manifest line that requests the change; None without such a line
    details: Details | None = None  # parts that only changes of this kind of thing have
    step: int = 1  # counts the changes of one thing in a plan, from 1
    display_names: DisplayNames = NO_DISPLAY_NAMES  # display names of records in HubSpot at planning

    @property
    def thing(self) -> ThingAddress:
        """The record or definition of the change, or the record that names the association."""
        return self.address.thing

    @property
    def object_type(self) -> str:
        """The object type of ``thing``."""
        return self.address.thing.object

    @property
    def record(self) -> RecordAddress:
        """The record of the change, or the record that names the association. Fails for a definition."""
        if isinstance(self.address, DefinitionAddress):
            raise TypeError(f"{self.address} is no record")
        return self.address.record

    @property
    def definition(self) -> DefinitionAddress:
        """The definition of the change. Fails for other kinds."""
        if isinstance(self.address, DefinitionAddress):
            return self.address
        raise TypeError(f"{self.address} is no definition")

    @property
    def association(self) -> AssociationAddress:
        """The association of the change. Fails for other kinds."""
        if isinstance(self.address, AssociationAddress):
            return self.address
        raise TypeError(f"{self.address} is no association")

    @property
    def is_remote(self) -> bool:
        """Whether the change needs a call to HubSpot; otherwise it only updates state."""
        return self.operation is not None

    @property
    def sent_by(self) -> Operation:
        """The call for the change. Fails if the change only updates state."""
        if self.operation is None:
            raise ValueError(f"the change of {self.address} makes no call to HubSpot")
        return self.operation

    @property
    def former_record(self) -> RecordAddress | None:
        """The previous key of the record in state, if the key changes; None for changes of other kinds."""
        return self.moved_from if isinstance(self.moved_from, RecordAddress) else None

    @property
    def known_id(self) -> RecordId:
        """The id of ``record``, which must have an id by now."""
        if self.remote.id is None:
            raise ValueError(f"{self.address} has no id yet")
        return self.remote.id

    @property
    def is_protected(self) -> bool:
        """Whether the thing is protected from archiving after the change."""
        return self.owned is not None and self.owned.is_protected


def properties_fact(values: Iterable[ValueChange]) -> Fact:
    """Return the names of properties as a fact."""
    return Fact(FactKind.PROPERTIES, names=tuple(value.name for value in values))


def carried_out(change: Change, written: Mapping[str, str | None] | None) -> Change:
    """Return the part of ``change`` that was applied: only its values in ``written``; None means all.

    If a new key was not written, the record keeps its former key.
    """
    if written is None or not change.values:
        return change
    values = tuple(
        replace(value, after=written[value.name]) for value in change.values if value.name in written
    )
    former = change.former_record
    if former and _is_lacking(change, change.record.by, written):
        return replace(change, address=former, values=values, moved_from=None)
    return replace(change, values=values)


def _is_lacking(change: Change, name: str, written: Mapping[str, str | None]) -> bool:
    return name not in written and any(value.name == name for value in change.values)
