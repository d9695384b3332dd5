"""Changes: one value for every kind of thing that a plan is about.

What a kind adds to a change, it adds in its own room: ``plan/records`` and ``plan/associations`` make the
changes of their kind, and ``plan/kinds.py`` is the one table that tells the kinds apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from reconciler.model.addresses import Address, AssociationAddress, RecordId, RecordKey
from reconciler.model.calls import Operation
from reconciler.model.owned import Origin
from reconciler.model.property_history import ValueVersion
from reconciler.source import SourceRef


class Action(StrEnum):
    """What is done, the same for every kind of thing."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"  # ours from now on, or state learns something: no call is made
    ARCHIVE = "archive"
    RELEASE = "release"  # no longer ours: the portal keeps it, and no call is made


class Reason(StrEnum):
    """Why a change is in the plan: what comparing last applied, desired and live has found."""

    MISSING = "missing"  # no such record in the portal
    INITIAL = "initial"  # written when the record is created, and then left to people
    CHANGED = "changed"  # the manifest changed since we last applied it
    DRIFT = "drift"  # people changed it since we last applied it
    CONFLICT = "conflict"  # both
    ADOPT = "adopt"  # it was there before us
    GONE = "gone"  # state knows it, the portal does not
    RENAMED = "renamed"  # its key changed in the manifest
    RECREATED = "recreated"  # it was gone, and the person asked for it again
    ABSENT = "absent"  # the manifest says it must not exist
    PRUNED = "pruned"  # no manifest names it any more
    NARROWED = "narrowed"  # the manifests name it for other environments only
    IN_STEP = "in step"  # desired equals live
    UNMANAGED = "unmanaged"  # no line enforces the property any more
    CONTESTED = "contested"  # an automation overwrites it after every apply
    OBSERVED = "observed"  # differs, and the manifest says only to look
    UNDONE = "undone"  # a run did it, and is taken back
    SUPERSEDED = "superseded"  # a run did it, and a later one did it again
    FINAL = "final"  # a run did it, and nothing takes it back


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One property, from what live holds to what will be written."""

    name: str
    before: str | None  # live's text; None is empty
    after: str | None  # the text to send; None clears
    reason: Reason
    source: SourceRef | None = None  # the line that asks for it
    changed: ValueVersion | None = (
        None  # whose edit would be overwritten; None where nobody's, or nobody knows
    )


class Remote(NamedTuple):
    """The ids that HubSpot gave: none yet, one, or of an association two."""

    id: RecordId | None = None  # of the record that the change is about, or that names the association
    target_id: RecordId | None = None  # of the other record


NO_IDS = Remote()


class Owned(NamedTuple):
    """How something is ours."""

    origin: Origin
    is_protected: bool = False  # it is never archived


class RecordDetails(NamedTuple):
    """What only changes of records have."""

    replaces: RecordId  # the lost record that state knows, and forgets for the one that is created


class AssociationDetails(NamedTuple):
    """What only changes of associations have."""

    is_whole: bool
    """Created: the two are not associated at all until now. Archived: nothing is left between them; else they
    stay associated without the label. Adopted: nothing else was between the two before us."""


Details: TypeAlias = RecordDetails | AssociationDetails


@dataclass(frozen=True, slots=True)
class Change:
    """One action on one thing."""

    address: Address  # with ``step`` unique in a plan
    action: Action
    reason: Reason
    values: tuple[ValueChange, ...] = ()  # written; sorted by name
    remembered: tuple[ValueChange, ...] = ()  # not written: state learns ``after``; sorted by name
    forgotten: tuple[ValueChange, ...] = ()  # state drops them; before: in the portal, after: as sent
    rests_on: tuple[ValueChange, ...] = ()  # read, not written: see rests_on.py; sorted by name
    moved_from: RecordKey | None = None  # the key under which state knew the record until now
    remote: Remote = NO_IDS
    operation: Operation | None = None  # the call that carries it; None: only state gets to see it
    owned: Owned | None = None  # afterwards; None: not ours
    owned_before: Owned | None = None  # only where it is not ours afterwards; None: it never was
    source: SourceRef | None = None  # the line that asks for it; None where no line does
    details: Details | None = None  # what only one kind has
    step: int = 1  # 2 and more where a plan changes one thing more than once

    @property
    def record(self) -> RecordKey:
        """The record that it is about, or that names the association."""
        return self.address.record

    @property
    def object_type(self) -> str:
        """The object type of that record."""
        return self.address.record.object

    @property
    def association(self) -> AssociationAddress:
        """The association that it is about. For changes of associations only."""
        if isinstance(self.address, AssociationAddress):
            return self.address
        raise TypeError(f"{self.address} is no association")

    @property
    def is_remote(self) -> bool:
        """Whether HubSpot gets to see it, and not only state."""
        return self.operation is not None

    @property
    def sent_by(self) -> Operation:
        """The call that carries it. For changes that HubSpot gets to see only."""
        if self.operation is None:
            raise ValueError(f"no call carries the change of {self.address}")
        return self.operation

    @property
    def known_id(self) -> RecordId:
        """The id of ``record``, which has to have one by now."""
        if self.remote.id is None:
            raise ValueError(f"{self.address} has no id yet")
        return self.remote.id

    @property
    def is_protected(self) -> bool:
        """Whether it may not be archived afterwards."""
        return self.owned is not None and self.owned.is_protected


def carried_out(change: Change, written: Mapping[str, str | None] | None) -> Change:
    """The part of ``change`` that was carried out: those of its values that were ``written``; None: all."""
    if written is None or not change.values:
        return change
    values = tuple(
        replace(value, after=written[value.name]) for value in change.values if value.name in written
    )
    if change.moved_from and _is_lacking(change, change.record.by, written):
        return replace(change, address=change.moved_from, values=values, moved_from=None)
    return replace(change, values=values)


def _is_lacking(change: Change, name: str, written: Mapping[str, str | None]) -> bool:
    return name not in written and any(value.name == name for value in change.values)
