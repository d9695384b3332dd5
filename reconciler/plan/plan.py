"""The plan, and its parts besides changes and stages."""

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
    name: str | None  # the property; None: the whole thing, or its association with ``target``
    reason: Reason
    live: str | None
    desired: str | None
    source: SourceRef | None  # manifest line of the thing; None if no line names it any more
    facts: tuple[Fact, ...] = ()  # facts and advice
    target: RecordAddress | None = None
    # the change in HubSpot that is left alone; None if there is none, or it is unknown
    changed: ValueVersion | None = None
    display_names: DisplayNames = NO_DISPLAY_NAMES  # display names of records in HubSpot at planning

    @property
    def what(self) -> str | None:
        """The property, or the address of the other record of an association; None: the whole thing."""
        return self.target.text if self.target else self.name

    @property
    def records(self) -> tuple[RecordAddress, ...]:
        """The record, or the two records of an association; none for a definition."""
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
    has_uncommitted: bool = False  # whether manifests differ from that commit
    definitions: int = 0

    @property
    def commit(self) -> str | None:
        """The commit with exactly these manifests; None if there is none."""
        return None if self.has_uncommitted else self.git


NO_MANIFESTS = ManifestInfo(digest="", files=0, records=0, git=None)
"""The value for a plan that is made from a run, not from manifests."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The costs of planning and of applying, in API calls."""

    read_calls: int  # number of calls of planning
    write_calls: int  # number of writing calls of apply, without retries
    seconds: float  # minimum time of apply's calls at the portal's limit
    daily_remaining: int | None  # calls left today when the plan was made; None: unknown
    reread_calls: int = 0  # reading calls of apply: account, definitions, records right before a write
    missing_calls: int = 0  # part of ``read_calls``: the calls about gone records

    @property
    def apply_calls(self) -> int:
        """Number of all calls of apply."""
        return self.write_calls + self.reread_calls


class Guard(StrEnum):
    """A named limit that refuses a plan as a whole."""

    UPDATE = "update"  # too large a share of a type's records is updated
    ARCHIVE = "archive"  # too many records are archived
    # many records are created, and the portal has no record that manifests name: a CRM might be duplicated
    CREATE = "create"
    ABSENT = "absent"  # records that we do not own are archived
    CLEAR = "clear"  # too large a share of a type's values is cleared
    TOTAL = "total"  # too many changes in all
    EMPTY = "empty"  # the manifests name no records of a type any more
    BUDGET = "budget"  # fewer calls are left today than needed
    DIVERGED = "diverged"  # the git history of the manifests lacks the last applied commit
    DEFINITIONS = "definitions"  # many definitions of the portal are archived
    MIGRATE = "migrate"  # records get another value, because theirs is removed
    LOSE = "lose"  # records lose a value that is removed


@dataclass(frozen=True, slots=True)
class GuardRefusal:
    """One guard that refuses a plan."""

    guard: Guard
    count: int  # the number with which ``--allow`` would lift the guard
    message: str  # one sentence with the numbers, no full stop
    first: tuple[ThingAddress, ...] = ()  # the first of the counted things
    advice: str = ""  # how to avoid the refusal; may be empty


@dataclass(frozen=True, slots=True)
class GuardBase:
    """The counts of one object type, from which guards compute percentages; planning counted them."""

    object: str
    named: int = 0  # records that the manifests name
    found: int = 0  # named records that the portal has
    owned: int = 0  # records that state has
    owned_named: int = 0  # owned records that are named
    values: int = 0  # values that the manifests manage
    has_records: bool = False  # whether the portal has any records of the type
    has_new_key: bool = False  # whether we made the key property, and no record has a value in it yet

    @property
    def records(self) -> int:
        """Number of named or owned records."""
        return self.named + self.owned - self.owned_named


class DifferenceKind(StrEnum):
    """Kinds of differences between a new change and the reviewed one."""

    NOT_REVIEWED = "not reviewed"  # the reviewed plan has no such change
    CHANGED = "changed since"  # the reviewed change does something else now
    NO_LONGER_PLANNED = "no longer planned"  # the reviewed change is not planned now, or only in part


@dataclass(frozen=True, slots=True)
class ReviewDifference:
    """One change, and how it differs from the reviewed plan; it contains no values."""

    how: DifferenceKind
    key: ThingAddress
    verb: Verb  # of the change planned now, else of the reviewed one
    facts: tuple[Fact, ...]  # what differs; if one plan lacks the change: its properties or label
    source: SourceRef | None
    target: RecordAddress | None = None  # the other record of an association
    display_names: DisplayNames = NO_DISPLAY_NAMES  # display names of records in HubSpot at planning


@dataclass(frozen=True, slots=True)
class Review:
    """The comparison of a plan with the reviewed one; the plan itself contains only reviewed changes."""

    digest: str  # digest of the reviewed plan
    content: str  # content hash of the reviewed plan; this plan has the same one if nothing differs
    git: str | None  # commit of the reviewed plan
    differences: tuple[ReviewDifference, ...]  # sorted by kind of difference, then key
    unreviewed_rules: tuple[PruneRule, ...]  # prune rules that were not reviewed: apply does not store them

    @property
    def unreviewed(self) -> int:
        """Number of changes and prune rules left out of the plan: nobody has reviewed them in this form."""
        left_out = (difference.how is not DifferenceKind.NO_LONGER_PLANNED for difference in self.differences)
        return sum(left_out) + len(self.unreviewed_rules)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: all changes that apply makes, in order, and all other differences, and problems."""

    tool_version: str
    created_at: datetime  # with time zone UTC
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
    no_op: int  # number of records and definitions that need no change
    budget: Budget
    write_scopes: tuple[str, ...] = ()  # scopes that apply needs, sorted
    refusals: tuple[GuardRefusal, ...] = ()  # the guards that refuse the plan
    bases: tuple[GuardBase, ...] = ()  # numbers to which guards' limits in percent refer; apply needs them
    # the guards whose limits the user raised with ``--allow``, each with its new limit; sorted
    allowances: tuple[tuple[Guard, int], ...] = ()
    prune_rules: tuple[PruneRule, ...] = ()  # rules that are not in state yet, sorted
    masked_properties: tuple[
        ObjectProperty, ...
    ] = ()  # (object type, property) whose values are masked when rendered, sorted
    rolls_back: str | None = None  # the run to roll back; None: a plan from manifests
    keeps_state: bool = True  # whether there is a state between runs; False with `state: none`
    targets: tuple[str, ...] = ()  # the globs of ``--target``; empty: everything
    excludes: tuple[str, ...] = ()  # the globs of ``--exclude``
    review: Review | None = None  # None: not compared with a reviewed plan
    host: str | None = None  # API host; None: HubSpot's own
    names: Names = NO_NAMES  # display names of the things in the plan
    rehearsal: Rehearsal | None = None  # result on a copy of the portal; not in the plan file

    @property
    def is_appliable(self) -> bool:
        """Whether the plan may be applied: it has no errors, and no guard refuses it."""
        return self.is_sound and not self.refusals

    @property
    def is_sound(self) -> bool:
        """Whether the plan has no errors; a guard may still refuse it."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)

    @property
    def writes(self) -> bool:
        """Whether apply would write to the portal."""
        return any(change.is_remote for change in self.changes)

    @property
    def is_partial(self) -> bool:
        """Whether the plan covers only a part of the manifests (``--target``, ``--exclude``)."""
        return bool(self.targets or self.excludes)

    @property
    def is_empty(self) -> bool:
        """Whether apply would do nothing at all, not even to state."""
        return not self.changes and not self.prune_rules

    @property
    def summary(self) -> PlanSummary:
        """The numbers of changes, held differences, problems and refusals."""
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
