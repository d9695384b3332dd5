"""Guards: limits that refuse a plan which would do far more than an ordinary change of manifests.

Most guards check each object type separately. Limits in percent refer to the number of records of the type
(named or owned) or of its managed values; they are checked only from 10 records or 100 values upwards.
``--allow NAME=NUMBER`` raises the limit of one guard to that number, for one plan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.errors import PlanRefused, Refusal
from reconciler.model.addresses import Section, ThingAddress
from reconciler.model.desired_records import DesiredRecord
from reconciler.plan.change import Change, Reason
from reconciler.plan.definitions.changes import losing_records
from reconciler.plan.kinds import Verb, kind_of, verb_of
from reconciler.plan.plan import Budget, Guard, GuardBase, GuardRefusal, Plan
from reconciler.sentences import counted

FEWEST_RECORDS = 10
FEWEST_VALUES = 100
_DIGITS = 12  # shown digits of a commit
_SHOWN = 3
"""Number of records that a refusal names."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a guard: a percentage, a number, or both; None sets no limit."""

    percent: float | None = None
    count: int | None = None


Limits: TypeAlias = Mapping[Guard, Limit]

DEFAULT_LIMITS: Limits = {
    Guard.UPDATE: Limit(percent=30),
    Guard.ARCHIVE: Limit(percent=10, count=100),
    Guard.CREATE: Limit(count=100),
    Guard.ABSENT: Limit(count=0),
    Guard.CLEAR: Limit(percent=10),
    Guard.TOTAL: Limit(count=10_000),
    Guard.EMPTY: Limit(count=0),
    Guard.BUDGET: Limit(percent=20),  # percentage of daily calls to keep in reserve
    Guard.DIVERGED: Limit(count=0),  # number of applied commits that the manifests lack
    Guard.DEFINITIONS: Limit(count=10),
    Guard.MIGRATE: Limit(count=0),
    Guard.LOSE: Limit(count=0),
}


def limits_from(said: Mapping[Guard, str]) -> Limits:
    """Return the default limits, replaced by those in ``said``: ``50%`` is a percentage, ``500`` a number.

    If the default has both a percentage and a number, only the given one is replaced.
    """
    limits = dict(DEFAULT_LIMITS)
    for guard, text in said.items():
        if text.endswith("%"):
            limits[guard] = replace(limits[guard], percent=float(text.removesuffix("%")))
        else:
            limits[guard] = replace(limits[guard], count=int(text))
    return limits


@dataclass(slots=True)
class Population:
    """The counts of one object type, from which guards compute percentages."""

    named: int = 0  # records that the manifests name
    found: int = 0  # named records that the portal has
    owned: int = 0  # records that state has
    owned_named: int = 0  # owned records that are named
    values: int = 0  # values that the manifests manage
    has_records: bool = False  # whether the portal has any records of the type
    has_new_key: bool = False  # whether we made the key property, and no record has a value in it yet
    asked: int = 0  # records requested from HubSpot
    unanswered: int = 0  # requested records without any answer

    def count(self, record: DesiredRecord, *, is_found: bool, is_owned: bool) -> None:
        """Count one more record that the manifests name."""
        self.named += 1
        self.found += is_found
        self.owned_named += is_owned
        self.values += len(record.names)

    def base(self, object_name: str) -> GuardBase:
        """Return the counts in the form in which the plan stores them."""
        return GuardBase(
            object_name,
            self.named,
            self.found,
            self.owned,
            self.owned_named,
            self.values,
            self.has_records,
            self.has_new_key,
        )


@dataclass(frozen=True, slots=True)
class Divergence:
    """Manifests that lack the last applied commit, so that applying them would undo changes unnoticed."""

    commit: str  # commit of the manifests
    applied: str  # commit that was applied last
    missing: int | None  # number of applied commits that the manifests lack; None if unknown
    is_shallow: bool  # whether the git clone is shallow: then it is unknown what the manifests lack

    def refusal(self) -> GuardRefusal:
        """Return the refusal of a plan from these manifests."""
        start = f"the manifests (commit {self.commit[:_DIGITS]})"
        applied = f"the last apply (commit {self.applied[:_DIGITS]})"
        if self.is_shallow:
            message = f"this clone is shallow, so reconciler cannot check whether {start} contain {applied}"
            advice = "fetch the history: `git fetch --unshallow`, or `fetch-depth: 0` of actions/checkout"
        elif self.missing is None:
            message = f"{start} do not contain {applied}: the applied commit is missing in this clone"
            advice = "fetch the branch that was applied, merge it or rebase onto it, and plan again"
        else:
            lacking = "1 commit is" if self.missing == 1 else f"{self.missing:,} commits are"
            message = f"{start} do not contain {applied}: {lacking} missing"
            advice = "merge the branch that was applied, or rebase onto this branch, and plan again"
        return GuardRefusal(Guard.DIVERGED, self.missing or 1, message, advice=advice)


@dataclass(frozen=True, slots=True)
class Guards:
    """The limits of all guards, and the numbers to which the user raised some (``--allow``)."""

    limits: Limits
    allowances: Mapping[Guard, int]
    divergence: Divergence | None = None  # None: the manifests are not older than the last apply

    def check(
        self, changes: Sequence[Change], bases: Iterable[GuardBase], budget: Budget
    ) -> tuple[GuardRefusal, ...]:
        """Return a refusal for each guard that ``changes`` exceed; ``bases``: counts for percentages."""
        refusals: list[GuardRefusal] = []
        by_type: dict[str, _Counted] = {}
        written = _Records()
        for change in changes:
            by_type.setdefault(change.object_type, _Counted()).add(change)
            if change.is_remote and change.reason is not Reason.MIGRATED:
                written.add(change.thing)
        by_name = {name: GuardBase(name) for name in by_type} | {base.object: base for base in bases}
        for name in sorted(by_name):
            refusals += self._check_type(by_name[name], by_type.get(name, _Counted()))
        refusals += self._number(Guard.TOTAL, written, "all types", "would be made", noun="change")
        refusals += self.check_budget(budget)
        refusals += self._diverged(changes)
        return tuple(refusals)

    def _check_type(self, of: GuardBase, counted: "_Counted") -> Iterator[GuardRefusal]:
        name, base, by_verb = of.object, of.records, counted.by_verb
        yield from self._share(Guard.UPDATE, by_verb[Verb.UPDATE], base, f"{name} would be updated")
        yield from self._share(Guard.ARCHIVE, by_verb[Verb.ARCHIVE], base, f"{name} would be archived")
        if of.has_records and of.has_new_key:
            yield from self._new_key(name, by_verb[Verb.CREATE])
        elif of.has_records and not of.found:
            doubt = f"would be created: the portal has {name}, but none with one of these keys"
            yield from self._number(Guard.CREATE, by_verb[Verb.CREATE], name, doubt)
        foreign = "would be archived, although not owned by reconciler"
        yield from self._number(Guard.ABSENT, counted.strangers, name, foreign)
        yield from self._share(
            Guard.CLEAR, counted.cleared, of.values, f"values of {name} would be cleared", FEWEST_VALUES
        )
        removed = by_verb[Verb.ARCHIVE_DEFINITION]
        yield from self._number(Guard.DEFINITIONS, removed, name, "would be archived", noun="definition")
        moved = "would get another value, because their present value is removed"
        yield from self._number(Guard.MIGRATE, counted.migrated, name, moved)
        lost = "would lose a value, because its property, option or stage is removed"
        advice = "name a new value for these records with `$moves_to`"
        yield from self._number(Guard.LOSE, counted.losing, name, lost, advice=advice)
        lost = "would lose the label, because it is removed"
        yield from self._number(Guard.LOSE, counted.unlabelled, name, lost, noun="association")
        if not of.named:
            yield from self._number(
                Guard.EMPTY,
                counted.pruned,
                name,
                "would be archived or released, and the manifests name no records any more",
            )

    def _share(
        self, guard: Guard, records: "_Records", base: int, what: str, fewest: int = FEWEST_RECORDS
    ) -> Iterator[GuardRefusal]:
        limit = self.limits[guard]
        percent = 100 * records.count / base if base else 0
        is_share = limit.percent is not None and base >= fewest and percent > limit.percent
        is_many = limit.count is not None and records.count > limit.count
        if (is_share or is_many) and not self._is_allowed(guard, records.count):
            bound = f"limit {limit.percent:g} %" if is_share else f"limit {limit.count:,}"
            message = f"{records.count:,} of {base:,} {what} ({percent:.0f} %, {bound})"
            yield GuardRefusal(guard, records.count, message, records.first)

    def _number(
        self,
        guard: Guard,
        records: "_Records",
        name: str,
        what: str,
        *,
        advice: str = "",
        noun: str = "record",
    ) -> Iterator[GuardRefusal]:
        """Refuse too many ``records``; ``noun`` is the word for one of the counted things."""
        limit = self.limits[guard].count
        if limit is not None and records.count > limit and not self._is_allowed(guard, records.count):
            message = f"{counted(records.count, noun)} of {name} {what} (limit {limit:,})"
            yield GuardRefusal(guard, records.count, message, records.first, advice)

    def _new_key(self, name: str, created: "_Records") -> Iterator[GuardRefusal]:
        """Refuse to create records by a new key property, because no record in HubSpot has a value in it yet.

        A look-up by this key finds nothing, so each new record may be a duplicate.
        """
        if created.count and not self._is_allowed(Guard.CREATE, created.count):
            message = (
                f"{counted(created.count, 'record')} of {name} would be created, because no record in "
                "the portal has a value in the new key property yet"
            )
            advice = f"fill the key first: `reconciler keys create {name} PROPERTY --from SOURCE`"
            yield GuardRefusal(Guard.CREATE, created.count, message, created.first, advice)

    def check_budget(self, budget: Budget) -> Iterator[GuardRefusal]:
        """Refuse if too few calls are left today; the apply step checks this again."""
        reserve = self.limits[Guard.BUDGET].percent
        if budget.daily_remaining is None or reserve is None or not budget.apply_calls:
            return
        needed = budget.apply_calls
        is_short = budget.daily_remaining < needed * (1 + reserve / 100)
        if is_short and not self._is_allowed(Guard.BUDGET, needed):
            message = (
                f"{needed:,} calls are needed and {budget.daily_remaining:,} are left today "
                f"(a reserve of {reserve:g} % is kept)"
            )
            yield GuardRefusal(Guard.BUDGET, needed, message)

    def _diverged(self, changes: Sequence[Change]) -> Iterator[GuardRefusal]:
        if self.divergence is None or not changes:
            return
        refusal = self.divergence.refusal()
        most = self.limits[Guard.DIVERGED].count or 0
        if refusal.count > most and not self._is_allowed(Guard.DIVERGED, refusal.count):
            yield refusal

    def _is_allowed(self, guard: Guard, count: int) -> bool:
        return count <= self.allowances.get(guard, -1)


def refuse_now(plan: Plan, budget: Budget, limits: Limits) -> None:
    """Check the guards again right before the writes, counting the changes anew.

    Percentages are computed from the counts of records that the plan stores. Limits and remaining calls are
    the present ones: since planning, limits may have become narrower, and other programs may have used calls.

    Raises:
        PlanRefused: a guard refuses the plan.
    """
    command = "plan" if plan.rolls_back is None else f"rollback {plan.rolls_back}"
    for refusal in Guards(limits, dict(plan.allowances)).check(plan.changes, plan.bases, budget):
        way_out = "plan again, and look at the new plan"
        if refusal.guard is Guard.BUDGET:
            way_out = "apply it tomorrow"
        raise PlanRefused(
            Refusal.GUARD,
            f"plan refused: {refusal.message}\n"
            f"    {way_out}; to allow these changes: "
            f"reconciler {command} --allow {refusal.guard}={refusal.count} --out FILE",
        )


@dataclass(slots=True)
class _Records:
    """A number of records, associations or definitions, with the addresses of the first few in key order."""

    count: int = 0
    first: tuple[ThingAddress, ...] = ()

    def add(self, key: ThingAddress, count: int = 1) -> None:
        if not count:
            return
        self.count += count
        if len(self.first) < _SHOWN or key < self.first[-1]:
            self.first = tuple(sorted({*self.first, key})[:_SHOWN])


@dataclass(slots=True)
class _Counted:
    """Counts of the changes of one object type."""

    by_verb: dict[Verb, _Records] = field(default_factory=lambda: {verb: _Records() for verb in Verb})
    strangers: _Records = field(default_factory=_Records)  # archived records that we do not own
    cleared: _Records = field(default_factory=_Records)  # one entry for each cleared value
    pruned: _Records = field(default_factory=_Records)
    migrated: _Records = field(default_factory=_Records)  # records whose removed value is replaced
    losing: _Records = field(default_factory=_Records)  # records that lose their values
    unlabelled: _Records = field(default_factory=_Records)  # associations that lose their label

    def add(self, change: Change) -> None:
        verb = verb_of(change)
        if verb is Verb.UPDATE and change.reason is Reason.MIGRATED:
            self.migrated.add(change.thing)
            return
        self.by_verb[verb].add(change.thing)
        if verb is Verb.ARCHIVE_DEFINITION:
            is_label = change.definition.section is Section.LABELS
            (self.unlabelled if is_label else self.losing).add(change.thing, losing_records(change))
            return
        if verb is Verb.ARCHIVE and change.owned_before is None:
            self.strangers.add(change.thing)
        for value in change.values if verb is Verb.UPDATE else ():
            if value.after is None and value.before is not None:
                self.cleared.add(change.thing)
        if change.reason is Reason.PRUNED and kind_of(change).is_counted_when_pruned:
            self.pruned.add(change.thing)
