"""The plan: its changes, and everything else that belongs to it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordAddress, ThingAddress
from reconciler.model.desired_records import PruneRule
from reconciler.model.facts import Fact
from reconciler.model.names import NO_DISPLAY_NAMES, NO_NAMES, DisplayNames, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.model.property_history import ValueVersion
from reconciler.plan.change import Change, Reason
from reconciler.plan.kinds import ASSOCIATIONS, DEFINITIONS, RECORDS, Verb, kind_of, takes_over, verb_of
from reconciler.plan.rehearsal import Rehearsal
from reconciler.plan.stages import Stage
from reconciler.plan.summary import PlanSummary, TakenOver, count_problems
from reconciler.source import SourceRef


@dataclass(frozen=True, slots=True)
class Held:
    """A difference that is shown and left alone."""

    key: ThingAddress
    name: str | None  # the property; None means the whole thing, or its association with ``target``
    reason: Reason
    live: str | None
    desired: str | None
    source: SourceRef | None  # None if no line names it any more
    facts: tuple[Fact, ...] = ()  # facts and advice
    target: RecordAddress | None = None
    # version whose edit is left alone; None if there is none, or it is unknown
    changed: ValueVersion | None = None
    display_names: DisplayNames = NO_DISPLAY_NAMES  # as HubSpot had them when the plan was made

    @property
    def what(self) -> str | None:
        """The property, or the address of the other record; None means the whole record."""
        return self.target.text if self.target else self.name

    @property
    def records(self) -> tuple[RecordAddress, ...]:
        """The record, or the two records of an association; none if it is about a definition."""
        return (*self.key.records, self.target) if self.target else self.key.records

    @property
    def address(self) -> str:
        """Address of the property, the association, or the thing."""
        return self.key.property_address(self.what) if self.what else self.key.text


@dataclass(frozen=True, slots=True)
class ManifestInfo:
    """The manifests of a plan."""

    digest: str
    files: int
    records: int
    git: str | None  # commit, if the project is a git checkout
    has_uncommitted: bool = False  # manifests differ from it
    definitions: int = 0

    @property
    def commit(self) -> str | None:
        """The commit that holds the manifests as they are; None if there is none."""
        return None if self.has_uncommitted else self.git


NO_MANIFESTS = ManifestInfo(digest="", files=0, records=0, git=None)
"""For a plan that is made from a run."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Costs of planning and applying in API calls."""

    read_calls: int  # number of calls of planning
    write_calls: int  # number of writing calls of apply, without repetitions
    seconds: float  # minimum time of apply's calls at the portal's limit
    daily_remaining: int | None  # calls left today when the plan was made
    reread_calls: int = 0  # number of reading calls of apply: account, definitions, second reads
    missing_calls: int = 0  # part of ``read_calls``: the calls about gone records

    @property
    def apply_calls(self) -> int:
        """Number of all calls of apply."""
        return self.write_calls + self.reread_calls


class Guard(StrEnum):
    """A named limit that refuses a plan as a whole."""

    UPDATE = "update"  # too large a share of a type's records is updated
    ARCHIVE = "archive"  # too many records are archived
    CREATE = "create"  # many new records, and no named one was found: a CRM might be duplicated
    ABSENT = "absent"  # records that we do not own are archived
    CLEAR = "clear"  # too large a share of a type's values is cleared
    TOTAL = "total"  # too many changes in all
    EMPTY = "empty"  # the manifests name no records of a type any more
    BUDGET = "budget"  # fewer calls are left today than needed
    DIVERGED = "diverged"  # the manifests do not contain the commit that was applied last
    DEFINITIONS = "definitions"  # many definitions of the portal are archived
    MIGRATE = "migrate"  # records move, because their value is removed
    LOSE = "lose"  # records lose their values, because these are removed


@dataclass(frozen=True, slots=True)
class GuardRefusal:
    """One guard that refuses a plan."""

    guard: Guard
    count: int  # the number to allow
    message: str  # with the numbers: one sentence, no full stop
    first: tuple[ThingAddress, ...] = ()  # some of its things
    advice: str = ""  # advice if it is not intended; may be empty


@dataclass(frozen=True, slots=True)
class GuardBase:
    """The numbers that guards take percentages of, for one object type, as counted in the plan."""

    object: str
    named: int = 0  # records that the manifests name
    found: int = 0  # named records that the portal has
    owned: int = 0  # records that state knows
    owned_named: int = 0  # owned records that are named
    values: int = 0  # values that the manifests manage
    has_records: bool = False  # whether the portal has any records of the type
    has_new_key: bool = False  # whether the key of named records is ours and no record has a value of it

    @property
    def records(self) -> int:
        """Number of named or owned records."""
        return self.named + self.owned - self.owned_named


class DifferenceKind(StrEnum):
    """Kinds of differences between a new change and the reviewed one."""

    NOT_REVIEWED = "not reviewed"  # nobody saw that this record changes
    CHANGED = "changed since"  # it was reviewed, but would do something else now
    NO_LONGER_PLANNED = "no longer planned"  # it was reviewed, but is not planned any more, or only in part


@dataclass(frozen=True, slots=True)
class ReviewDifference:
    """One change with its difference from the reviewed plan, without values."""

    how: DifferenceKind
    key: ThingAddress
    verb: Verb  # action of the change planned now, or else of the reviewed one
    facts: tuple[Fact, ...]  # the exact difference, or the properties or label; may be empty
    source: SourceRef | None
    target: RecordAddress | None = None  # the other record of an association
    display_names: DisplayNames = NO_DISPLAY_NAMES  # as HubSpot had them when the plan was made


@dataclass(frozen=True, slots=True)
class Review:
    """The comparison of a plan with the reviewed one. The plan contains only reviewed changes."""

    digest: str  # digest of the reviewed plan
    content: str  # content hash of the reviewed plan; this plan has the same if nothing differs
    git: str | None  # commit of the reviewed plan
    differences: tuple[ReviewDifference, ...]  # by kind of difference, then key
    unreviewed_rules: tuple[PruneRule, ...]  # not reviewed, so that apply does not store them

    @property
    def unreviewed(self) -> int:
        """Number of changes left out of the plan because nobody has reviewed them in this form."""
        left_out = (difference.how is not DifferenceKind.NO_LONGER_PLANNED for difference in self.differences)
        return sum(left_out) + len(self.unreviewed_rules)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that apply would do, in order, and everything that it would not do."""

    tool_version: str
    created_at: datetime  # aware, UTC
    environment: str
    portal_id: int
    portal_type: str
    api_version: str
    state: StateVersion
    manifests: ManifestInfo
    changes: Sequence[Change]  # in the order of the stages
    stages: tuple[Stage, ...]
    held: Sequence[Held]
    problems: tuple[Problem, ...]
    no_op: int  # number of records in step
    budget: Budget
    write_scopes: tuple[str, ...] = ()  # scopes that apply needs, sorted
    refusals: tuple[GuardRefusal, ...] = ()  # guards that refuse it
    bases: tuple[GuardBase, ...] = ()  # numbers that guards take percentages of; apply uses them again
    allowances: tuple[
        tuple[Guard, int], ...
    ] = ()  # guards that the user lifted, with the allowed numbers; sorted
    prune_rules: tuple[PruneRule, ...] = ()  # rules that state does not know yet, sorted
    masked_properties: tuple[
        ObjectProperty, ...
    ] = ()  # (object type, property) whose values are masked when rendered, sorted
    rolls_back: str | None = None  # the run that it rolls back; None: it is made from manifests
    keeps_state: bool = True  # there is a state between runs, perhaps an empty one; False with `state: none`
    targets: tuple[str, ...] = ()  # globs that it is limited to; empty: everything
    excludes: tuple[str, ...] = ()  # globs that it leaves out
    review: Review | None = None  # None: it was not compared with a reviewed plan
    host: str | None = None  # host of the portal, if it is not HubSpot's
    names: Names = NO_NAMES  # display names of the things that it shows
    rehearsal: Rehearsal | None = None  # its result on a copy; in no file

    @property
    def is_appliable(self) -> bool:
        """Whether apply may apply it."""
        return self.is_sound and not self.refusals

    @property
    def is_sound(self) -> bool:
        """Whether it has no errors; a guard may still refuse it."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)

    @property
    def writes(self) -> bool:
        """Whether apply would write to the portal."""
        return any(change.is_remote for change in self.changes)

    @property
    def is_partial(self) -> bool:
        """Whether it covers only a part of the manifests."""
        return bool(self.targets or self.excludes)

    @property
    def is_empty(self) -> bool:
        """Whether apply would do nothing at all, not even to state."""
        return not self.changes and not self.prune_rules

    @property
    def summary(self) -> PlanSummary:
        """The numbers of the plan."""
        counts = {str(verb): 0 for verb in Verb}
        taken: Counter[str] = Counter()
        for change in self.changes:
            counts[verb_of(change)] += 1
            if takes_over(change):
                taken[kind_of(change).name] += 1
        return PlanSummary(
            actions=counts,
            no_op=self.no_op,
            held=len(self.held),
            problems=count_problems(self.problems),
            refusals=len(self.refusals),
            unreviewed=self.review.unreviewed if self.review else 0,
            writes=self.writes,
            is_empty=self.is_empty,
            taken_over=TakenOver(taken[RECORDS.name], taken[ASSOCIATIONS.name], taken[DEFINITIONS.name]),
        )
