"""The plan: a frozen, ordered list of changes, and the only thing that apply obeys.

A change is one action on one record. The classes are matched exhaustively wherever they are used,
so that a new action fails the type checker in every place that forgot it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, TypeAlias

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label
from reconciler.model.calls import Call, Route
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.property_history import ValueVersion
from reconciler.source import SourceRef


class Action(StrEnum):
    """The kind of a change; the order is that of the summary."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"  # state only
    ARCHIVE = "archive"
    ASSOCIATE = "associate"
    DISSOCIATE = "dissociate"
    RELEASE = "release"  # state only


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


@dataclass(frozen=True, slots=True)
class Create:
    """A record that the portal does not have."""

    key: RecordKey
    values: tuple[ValueChange, ...]  # sorted by name; may be empty: the key alone makes a record
    reason: Reason
    route: Route
    source: SourceRef
    is_protected: bool = False  # afterwards: may it be archived?
    in_step: tuple[ValueChange, ...] = ()  # empty as wanted: state learns them; sorted by name
    origin: Origin = Origin.CREATED  # how we own it afterwards
    replaces: RecordId | None = None  # the lost record that state knows, and forgets for this one
    action: ClassVar[Action] = Action.CREATE


@dataclass(frozen=True, slots=True)
class Update:
    """A record whose managed properties differ from live."""

    key: RecordKey
    record_id: RecordId
    values: tuple[ValueChange, ...]  # what is written; never empty; sorted by name
    in_step: tuple[ValueChange, ...]  # not written: state learns them, or forgets those that are unmanaged
    reason: Reason
    route: Route
    source: SourceRef | None  # the line that asks for it; None where a run is taken back
    origin: Origin  # how we own it afterwards
    is_protected: bool = False  # afterwards: may it be archived?
    moved_from: RecordKey | None = None  # the key it had until now
    rests_on: tuple[ValueChange, ...] = ()  # read, not written: see rests.py; sorted by name
    action: ClassVar[Action] = Action.UPDATE


@dataclass(frozen=True, slots=True)
class Adopt:
    """Ours from now on, or values that state did not know yet: no call is made."""

    key: RecordKey
    record_id: RecordId
    in_step: tuple[ValueChange, ...]  # state learns them, or forgets those that are unmanaged; sorted by name
    reason: Reason
    source: SourceRef | None  # the line that asks for it; None where a run is taken back
    origin: Origin
    is_protected: bool = False  # afterwards: may it be archived?
    moved_from: RecordKey | None = None  # the key it had until now
    action: ClassVar[Action] = Action.ADOPT


@dataclass(frozen=True, slots=True)
class Archive:
    """A record that is to go: HubSpot's soft delete, which its API cannot undo."""

    key: RecordKey
    record_id: RecordId
    reason: Reason
    source: SourceRef | None  # the line that says so; None where no line names it any more
    origin: Origin | None  # how we own it; None where we do not
    rests_on: tuple[ValueChange, ...] = ()  # read, not written: see rests.py; sorted by name
    action: ClassVar[Action] = Action.ARCHIVE
    route: ClassVar[Route] = Route(Call.ARCHIVE, None)


@dataclass(frozen=True, slots=True)
class Release:
    """No longer ours: state forgets it, the portal keeps it, and no call is made."""

    key: RecordKey
    record_id: RecordId
    reason: Reason
    source: SourceRef | None
    origin: Origin  # how it was ours
    in_step: tuple[ValueChange, ...] = ()  # what state forgets: as live held it then, and as sent
    action: ClassVar[Action] = Action.RELEASE


@dataclass(frozen=True, slots=True)
class Associate:
    """Two records that are to be associated, or to bear a label too."""

    key: RecordKey
    record_id: RecordId | None  # None: the record is created by the same plan
    target: RecordKey
    target_id: RecordId | None  # None: likewise
    label: Label | None
    reason: Reason
    source: SourceRef | None  # the line that asks for it; None where a run is taken back
    is_whole: bool  # they are not associated at all until now
    action: ClassVar[Action] = Action.ASSOCIATE

    @property
    def route(self) -> Route:
        """By a call that changes nothing where they are associated so already."""
        return _ASSOCIATE if self.label else _ASSOCIATE_PLAIN


@dataclass(frozen=True, slots=True)
class Dissociate:
    """An association, or one label of it, that we made and that no manifest names any more."""

    key: RecordKey
    record_id: RecordId
    target: RecordKey
    target_id: RecordId
    label: Label | None
    reason: Reason
    source: SourceRef | None
    is_whole: bool  # nothing is left between the two; else they stay associated without the label
    action: ClassVar[Action] = Action.DISSOCIATE

    @property
    def route(self) -> Route:
        """By a call that changes nothing where they are not associated any more."""
        return _DISSOCIATE if self.is_whole else _UNLABEL


@dataclass(frozen=True, slots=True)
class AdoptPair:
    """An association that is there: state learns of it, and no call is made."""

    key: RecordKey
    record_id: RecordId
    target: RecordKey
    target_id: RecordId
    label: Label | None
    reason: Reason
    source: SourceRef | None  # the line that asks for it; None where a run is taken back
    origin: Origin
    is_whole: bool  # nothing else was between the two before us
    action: ClassVar[Action] = Action.ADOPT


@dataclass(frozen=True, slots=True)
class ReleasePair:
    """An association that is no longer ours: state forgets it, and no call is made."""

    key: RecordKey
    record_id: RecordId
    target: RecordKey
    target_id: RecordId
    label: Label | None
    reason: Reason
    source: SourceRef | None
    action: ClassVar[Action] = Action.RELEASE


_ASSOCIATE = Route(Call.ASSOCIATE, None)
_ASSOCIATE_PLAIN = Route(Call.ASSOCIATE_PLAIN, None)
_DISSOCIATE = Route(Call.DISSOCIATE, None)
_UNLABEL = Route(Call.UNLABEL, None)

RecordWriting: TypeAlias = Create | Update | Archive
"""Changes of one record that HubSpot gets to see."""

PairWriting: TypeAlias = Associate | Dissociate
"""Changes between two records that HubSpot gets to see."""

Writing: TypeAlias = RecordWriting | PairWriting
"""Changes that HubSpot gets to see."""

PairChange: TypeAlias = PairWriting | AdoptPair | ReleasePair
"""Changes between two records."""

StateOnly: TypeAlias = Adopt | Release | AdoptPair | ReleasePair
"""Changes that only state gets to see."""

RecordChange: TypeAlias = RecordWriting | Adopt | Release
"""Changes of one record."""

Change: TypeAlias = RecordChange | PairChange


def keys_of(change: Change) -> tuple[RecordKey, ...]:
    """The records that ``change`` is about."""
    return (change.key, change.target) if isinstance(change, PairChange) else (change.key,)


def values_of(change: Change) -> tuple[ValueChange, ...]:
    """What ``change`` writes."""
    return change.values if isinstance(change, Create | Update) else ()


def in_step_of(change: Change) -> tuple[ValueChange, ...]:
    """What state learns, or forgets, by ``change`` without a write."""
    return change.in_step if isinstance(change, Create | Update | Adopt | Release) else ()


def rests_on_of(change: Change) -> tuple[ValueChange, ...]:
    """What ``change`` rests on: read right before its call; the journal does not keep it."""
    return change.rests_on if isinstance(change, Update | Archive) else ()


def carried_out(change: Change, written: Mapping[str, str | None] | None) -> Change:
    """``change`` as far as it was carried out: what of its values was ``written``; None: all of them."""
    if written is None or not isinstance(change, Create | Update):
        return change
    values = tuple(
        replace(value, after=written[value.name]) for value in change.values if value.name in written
    )
    if isinstance(change, Update) and change.moved_from and _is_lacking(change, change.key.by, written):
        return replace(change, key=change.moved_from, values=values, moved_from=None)
    return replace(change, values=values)


def _is_lacking(change: Update, name: str, written: Mapping[str, str | None]) -> bool:
    return name not in written and any(value.name == name for value in change.values)


def moved_from(change: Change) -> RecordKey | None:
    """The key under which state knew the record until ``change``; None where it keeps its key."""
    return change.moved_from if isinstance(change, Update | Adopt) else None


def release_of(owned: OwnedRecord, reason: Reason, source: SourceRef | None = None) -> Release:
    """``owned`` is no longer ours; the change keeps what state knew of it, for whoever takes that back."""
    known = (
        ValueChange(name, owned.expected_live(name), sent, Reason.IN_STEP)
        for name, sent in sorted(owned.sent.items())
    )
    return Release(owned.key, owned.record_id, reason, source, owned.origin, tuple(known))
