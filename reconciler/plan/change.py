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
    """Actions, the same for every kind of thing."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"  # owned from now on, or state learns values: no call is made
    ARCHIVE = "archive"
    RELEASE = "release"  # not owned any more: the portal keeps it, and no call is made


class Reason(StrEnum):
    """The reason of a change: the result of comparing last applied, desired and live values."""

    MISSING = "missing"  # the portal has no such record
    INITIAL = "initial"  # written when the record is created, and then left to people
    CHANGED = "changed"  # the manifest changed since we last applied it
    DRIFT = "drift"  # people changed it since we last applied it
    CONFLICT = "conflict"  # both changed
    ADOPT = "adopt"  # it existed before us
    GONE = "gone"  # state knows it, but the portal does not
    RENAMED = "renamed"  # its key changed in the manifest
    RECREATED = "recreated"  # it was gone, and the user asked to create it again
    ABSENT = "absent"  # the manifest says that it must not exist
    PRUNED = "pruned"  # no manifest names it any more
    NARROWED = "narrowed"  # the manifests name it for other environments only
    IN_STEP = "in step"  # desired equals live
    UNMANAGED = "unmanaged"  # no line enforces the property any more
    CONTESTED = "contested"  # an automation overwrites it after every apply
    OBSERVED = "observed"  # it differs, and the manifest only observes it
    ROLLED_BACK = "rolled back"  # a change of a run, now rolled back
    FILLED = "filled"  # a property is to become the key, and the record gets a value in it
    MIGRATED = "migrated"  # the record holds an option, a stage or a value that goes away
    SETTLING = "settling"  # HubSpot still shows the values from before our own write, minutes ago
    SUPERSEDED = "superseded"  # a change of a run that was changed again later
    FINAL = "final"  # a change of a run that cannot be rolled back


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One property: its live value and its new value."""

    name: str
    before: str | None  # live text; None is empty
    after: str | None  # the text to send; None clears
    reason: Reason
    source: SourceRef | None = None  # the manifest line of the value
    changed: ValueVersion | None = (
        None  # version whose edit would be overwritten; None if there is none, or it is unknown
    )


class Remote(NamedTuple):
    """The ids that HubSpot assigned: none yet, one, or two for an association."""

    id: RecordId | None = None  # id of the record of the change, or of the record that names the association
    target_id: RecordId | None = None  # id of the other record


NO_IDS = Remote()


class Owned(NamedTuple):
    """How we own something."""

    origin: Origin
    is_protected: bool = False  # it is never archived


class RecordDetails(NamedTuple):
    """Details of record changes."""

    replaces: RecordId  # the lost record that the created one replaces in state


class AssociationDetails(NamedTuple):
    """Details of association changes."""

    is_whole: bool
    """Created: the two were not associated until now. Archived: nothing is left between them.

    Otherwise they stay associated without the label. Adopted: nothing else was between the two before us.
    """


class DefinitionDetails(NamedTuple):
    """Details of changes of definitions."""

    parent_id: str | None = None  # HubSpot's id of the pipeline of a stage
    is_carried: bool = False  # the call that creates its pipeline creates it, too
    includes_options: bool = False  # a property of whose options only some are ours: state keeps no list
    moves_to: str | None = None  # of an archive: the name of the value that its records get instead


Details: TypeAlias = RecordDetails | AssociationDetails | DefinitionDetails


@dataclass(frozen=True, slots=True)
class Change:
    """One action on one thing."""

    address: Address  # together with ``step`` unique in a plan
    action: Action
    reason: Reason
    values: tuple[ValueChange, ...] = ()  # written values; sorted by name
    remembered: tuple[ValueChange, ...] = ()  # not written: state learns ``after``; sorted by name
    forgotten: tuple[ValueChange, ...] = ()  # values that state drops; before: live, after: as sent
    rests_on: tuple[ValueChange, ...] = ()  # read, not written: see rests_on.py; sorted by name
    moved_from: RecordAddress | DefinitionAddress | None = None  # its address in state until now
    remote: Remote = NO_IDS
    operation: Operation | None = None  # its call; None: it only changes state
    owned: Owned | None = None  # ownership afterwards; None: not owned
    owned_before: Owned | None = None  # only if it is not owned afterwards; None: it was never owned
    source: SourceRef | None = None  # its manifest line; None if there is none
    details: Details | None = None  # details of single kinds
    step: int = 1  # 2 and more if a plan changes one thing several times
    display_names: DisplayNames = NO_DISPLAY_NAMES  # as HubSpot had them when the plan was made

    @property
    def thing(self) -> ThingAddress:
        """The record or definition of the change, or the record that names the association."""
        return self.address.thing

    @property
    def object_type(self) -> str:
        """The object type of that thing."""
        return self.address.thing.object

    @property
    def record(self) -> RecordAddress:
        """The record of the change, or the record that names the association. Not for definitions."""
        if isinstance(self.address, DefinitionAddress):
            raise TypeError(f"{self.address} is no record")
        return self.address.record

    @property
    def definition(self) -> DefinitionAddress:
        """The definition of the change. Only for changes of definitions."""
        if isinstance(self.address, DefinitionAddress):
            return self.address
        raise TypeError(f"{self.address} is no definition")

    @property
    def association(self) -> AssociationAddress:
        """The association of the change. Only for changes of associations."""
        if isinstance(self.address, AssociationAddress):
            return self.address
        raise TypeError(f"{self.address} is no association")

    @property
    def is_remote(self) -> bool:
        """Whether HubSpot gets a call for it."""
        return self.operation is not None

    @property
    def sent_by(self) -> Operation:
        """The call for it. Only for changes with a call."""
        if self.operation is None:
            raise ValueError(f"no call carries the change of {self.address}")
        return self.operation

    @property
    def former_record(self) -> RecordAddress | None:
        """The key of the record in state until now."""
        return self.moved_from if isinstance(self.moved_from, RecordAddress) else None

    @property
    def known_id(self) -> RecordId:
        """The id of ``record``, which must have an id by now."""
        if self.remote.id is None:
            raise ValueError(f"{self.address} has no id yet")
        return self.remote.id

    @property
    def is_protected(self) -> bool:
        """Whether the record is protected afterwards."""
        return self.owned is not None and self.owned.is_protected


def properties_fact(values: Iterable[ValueChange]) -> Fact:
    """Return the names of properties as a fact."""
    return Fact(FactKind.PROPERTIES, names=tuple(value.name for value in values))


def carried_out(change: Change, written: Mapping[str, str | None] | None) -> Change:
    """Return the part of ``change`` that was applied: its ``written`` values; None: all of them."""
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
