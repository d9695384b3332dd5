"""The plan: all that belongs to it besides its changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordKey
from reconciler.model.desired import PruneRule
from reconciler.model.facts import Fact
from reconciler.model.owned import StateVersion
from reconciler.model.property_history import ValueVersion
from reconciler.plan.change import Change, Reason
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.summary import PlanSummary, count_problems
from reconciler.source import SourceRef

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
    changed: ValueVersion | None = None  # whose edit is left alone; None where nobody's, or nobody knows

    @property
    def what(self) -> str | None:
        """The property, or the address of the other record; None concerns the whole record."""
        return self.target.address if self.target else self.name

    @property
    def address(self) -> str:
        """Of the property, of the association, or of the record."""
        return self.key.property_address(self.what) if self.what else self.key.address


@dataclass(frozen=True, slots=True)
class ManifestInfo:
    """Which manifests a plan was made from."""

    digest: str
    files: int
    records: int
    git: str | None  # commit, where the project is a git checkout
    has_uncommitted: bool = False  # manifests that differ from it


NO_MANIFESTS = ManifestInfo(digest="", files=0, records=0, git=None)
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


class DifferenceKind(StrEnum):
    """How a plan that was made again differs from the reviewed one, in one change."""

    NOT_REVIEWED = "not reviewed"  # nobody saw that this record changes
    CHANGED = "changed since"  # it was reviewed, and would do something else by now
    NO_LONGER_PLANNED = "no longer planned"  # it was reviewed, and is not wanted any more, or not in whole


@dataclass(frozen=True, slots=True)
class ReviewDifference:
    """One change, and how it differs from what was reviewed; it holds no values."""

    how: DifferenceKind
    key: RecordKey
    verb: Verb  # of the change that is planned now; of the reviewed one where there is none
    facts: tuple[Fact, ...]  # what exactly differs, or which properties or label; may be empty
    source: SourceRef | None
    target: RecordKey | None = None  # the other record of an association


@dataclass(frozen=True, slots=True)
class Review:
    """What holding a plan against the reviewed one has found. The plan holds what was reviewed alone."""

    digest: str  # of the reviewed plan
    content: str  # of the reviewed plan, which the plan has too where nothing departs from it
    git: str | None  # the commit that it was made from
    departures: tuple[ReviewDifference, ...]  # by how they differ, and key
    unreviewed_rules: tuple[PruneRule, ...]  # of pruning, which state is not told of

    @property
    def unreviewed(self) -> int:
        """How many were left out of the plan because nobody has reviewed them as they are now."""
        left_out = (departure.how is not DifferenceKind.NO_LONGER_PLANNED for departure in self.departures)
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
    manifests: ManifestInfo
    changes: Sequence[Change]  # in the order of section "order" in build.py
    held: Sequence[Held]
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
        return any(change.is_remote for change in self.changes)

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

    @property
    def summary(self) -> PlanSummary:
        """The numbers of the plan."""
        counts = {str(verb): 0 for verb in Verb}
        for change in self.changes:
            counts[verb_of(change)] += 1
        return PlanSummary(
            actions=counts,
            no_op=self.no_op,
            held=len(self.held),
            problems=count_problems(self.problems),
            refusals=len(self.refusals),
            unreviewed=self.review.unreviewed if self.review else 0,
            writes=self.writes,
            is_empty=self.is_empty,
        )
