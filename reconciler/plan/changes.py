"""The plan: a frozen, ordered list of changes, and the only thing that apply obeys.

A change is one action on one record. The classes are matched exhaustively wherever they are used,
so that a new action fails the type checker in every place that forgot it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias

from reconciler.errors import Problem, Severity
from reconciler.model.facts import Fact
from reconciler.model.history import Hand
from reconciler.model.objects import RecordKey
from reconciler.model.owned import Origin, OwnedRecord, StateVersion
from reconciler.model.pairs import Label
from reconciler.model.records import PruneRule, RecordId
from reconciler.model.writes import Call, Route
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
    changed: Hand | None = None  # whose edit would be overwritten; None where nobody's, or nobody knows


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
        ValueChange(name, owned.live_since(name), sent, Reason.IN_STEP)
        for name, sent in sorted(owned.sent.items())
    )
    return Release(owned.key, owned.record_id, reason, source, owned.origin, tuple(known))


ASSOCIATED = "associated"
"""Stands where a property has its value: two records are associated, without a label."""


@dataclass(frozen=True, slots=True)
class Held:
    """A difference that is shown and left alone."""

    key: RecordKey
    name: str | None  # the property; None concerns the whole record, or its association with ``target``
    reason: Reason
    live: str | None
    desired: str | None
    source: SourceRef | None  # None where no line names it any more
    facts: tuple[Fact, ...] = ()  # what to know or do about it
    target: RecordKey | None = None
    changed: Hand | None = None  # whose edit is left alone; None where nobody's, or nobody knows

    @property
    def what(self) -> str | None:
        """The property, or the address of the other record; None concerns the whole record."""
        return self.target.address if self.target else self.name

    @property
    def address(self) -> str:
        """Of the property, of the association, or of the record."""
        return self.key.property_address(self.what) if self.what else self.key.address


@dataclass(frozen=True, slots=True)
class ManifestsRead:
    """Which manifests a plan was made from."""

    digest: str
    files: int
    records: int
    git: str | None  # commit, where the project is a git checkout
    has_uncommitted: bool = False  # manifests that differ from it


NO_MANIFESTS = ManifestsRead(digest="", files=0, records=0, git=None)
"""Of a plan that is made from a run."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What plan and apply cost of the portal's API allowance."""

    read_calls: int  # made while planning
    write_calls: int  # that apply will make, if none has to be repeated
    seconds: float  # least time that apply's calls take at the portal's limit
    daily_remaining: int | None  # calls left today when the plan was made
    reread_calls: int = 0  # that apply will make to read: account, definitions, what moved since
    fate_calls: int = 0  # of ``read_calls``, made to learn what became of records that are gone

    @property
    def apply_calls(self) -> int:
        """All that apply will make."""
        return self.write_calls + self.reread_calls


class Guard(StrEnum):
    """A named limit that refuses a plan as a whole."""

    UPDATE = "update"  # too large a share of a type's records changes
    ARCHIVE = "archive"  # too many records go
    CREATE = "create"  # many new records, and none of the named ones was found: the way to duplicate a CRM
    ABSENT = "absent"  # records that we do not own go
    CLEAR = "clear"  # too large a share of a type's values is emptied
    TOTAL = "total"  # too many changes in all
    EMPTY = "empty"  # no records are named where there used to be some
    BUDGET = "budget"  # fewer calls are left today than are needed
    DIVERGED = "diverged"  # the manifests do not contain the commit that was applied last


@dataclass(frozen=True, slots=True)
class GuardRefusal:
    """One guard that a plan ran into."""

    guard: Guard
    count: int  # what would have to be allowed
    message: str  # with the numbers: one sentence, no full stop
    first: tuple[RecordKey, ...] = ()  # some of the records it is about
    advice: str = ""  # what to do if it is not intended; may be empty


@dataclass(frozen=True, slots=True)
class GuardBase:
    """What guards take shares of, for one object type: as it was counted when the plan was made."""

    object: str
    named: int = 0  # records that the manifests name
    found: int = 0  # of those, how many the portal has
    owned: int = 0  # records that state knows
    owned_named: int = 0  # of those, how many are named
    values: int = 0  # that the manifests manage
    has_records: bool = False  # the portal has records of the type, named or not

    @property
    def records(self) -> int:
        """Records that are named or owned."""
        return self.named + self.owned - self.owned_named


class Departing(StrEnum):
    """How a plan that was made again differs from the reviewed one, in one change."""

    NOT_REVIEWED = "not reviewed"  # nobody saw that this record changes
    CHANGED = "changed since"  # it was reviewed, and would do something else by now
    NO_LONGER_PLANNED = "no longer planned"  # it was reviewed, and is not wanted any more, or not in whole


@dataclass(frozen=True, slots=True)
class Departure:
    """One change, and how it differs from what was reviewed; it holds no values."""

    how: Departing
    key: RecordKey
    action: Action  # of the change that is planned now; of the reviewed one where there is none
    facts: tuple[Fact, ...]  # what exactly differs, or which properties or label; may be empty
    source: SourceRef | None
    target: RecordKey | None = None  # the other record of an association


@dataclass(frozen=True, slots=True)
class Review:
    """What holding a plan against the reviewed one has found. The plan holds what was reviewed alone."""

    digest: str  # of the reviewed plan
    content: str  # of the reviewed plan, which the plan has too where nothing departs from it
    git: str | None  # the commit that it was made from
    departures: tuple[Departure, ...]  # by how they differ, and key
    unreviewed_rules: tuple[PruneRule, ...]  # of pruning, which state is not told of

    @property
    def unreviewed(self) -> int:
        """How many were left out of the plan because nobody has reviewed them as they are now."""
        left_out = (departure.how is not Departing.NO_LONGER_PLANNED for departure in self.departures)
        return sum(left_out) + len(self.unreviewed_rules)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that apply would do, in order, and everything that it would not."""

    tool_version: str
    created_at: datetime  # aware, UTC
    environment: str
    portal_id: int
    portal_type: str
    api_version: str
    state: StateVersion
    manifests: ManifestsRead
    changes: tuple[Change, ...]  # in the order of section "order" in build.py
    held: tuple[Held, ...]
    problems: tuple[Problem, ...]
    no_op: int  # records looked at and already right
    budget: Budget
    write_scopes: tuple[str, ...] = ()  # that apply will want, sorted
    refusals: tuple[GuardRefusal, ...] = ()  # guards that it ran into
    bases: tuple[GuardBase, ...] = ()  # what guards take shares of, by object; apply judges by them again
    allowances: tuple[
        tuple[Guard, int], ...
    ] = ()  # guards that the person lifted, and to which number; sorted
    prune_rules: tuple[PruneRule, ...] = ()  # those that state does not know yet, sorted
    personal: tuple[
        tuple[str, str], ...
    ] = ()  # (object, property) whose values are masked when rendered, sorted
    undoes: str | None = None  # the run that it takes back; None: it is made from manifests
    remembers: bool = True  # there is a state between runs, be it empty; False with `state: none`
    targets: tuple[str, ...] = ()  # globs that it is limited to; none: everything
    excludes: tuple[str, ...] = ()  # globs of what it leaves out
    review: Review | None = None  # None: it was held against no reviewed plan
    host: str | None = None  # where the portal is, if not at HubSpot's

    @property
    def is_appliable(self) -> bool:
        """Whether apply may carry it out."""
        return self.is_sound and not self.refusals

    @property
    def is_sound(self) -> bool:
        """Whether nothing in the manifests stands in its way; a guard may."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)

    @property
    def writes(self) -> bool:
        """Whether apply would write to the portal."""
        return not all(isinstance(change, StateOnly) for change in self.changes)

    @property
    def leaves_out(self) -> bool:
        """Whether records are left out of it: something is wrong with them, or nobody knows of them."""
        return any(problem.severity is Severity.LEFT_OUT for problem in self.problems)

    @property
    def is_partial(self) -> bool:
        """Whether it is about some of what the manifests name only."""
        return bool(self.targets or self.excludes)

    @property
    def is_empty(self) -> bool:
        """Whether apply would do nothing at all, not even to state."""
        return not self.changes and not self.prune_rules

    def summary(self) -> Mapping[str, int]:
        """Counts by action, in fixed order, then ``no_op`` and ``held``."""
        counts = {str(action): 0 for action in Action}
        for change in self.changes:
            counts[change.action] += 1
        return counts | {"no_op": self.no_op, "held": len(self.held)}
