"""Reasons to refuse a plan as a whole: it would do far more than anybody expects of one change.

Each guard is judged per object type, against the records of the type that are named or owned. Shares
count only where there is something to share: from 10 records, or 100 values, on. ``--allow NAME=NUMBER``
lifts one guard to that number, for one plan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.errors import PlanRefused, Refusal
from reconciler.model.addresses import RecordKey
from reconciler.model.desired import DesiredRecord
from reconciler.plan.change import Change, Reason
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import Budget, Guard, GuardBase, GuardRefusal, Plan
from reconciler.plan.records.changes import is_record_archive, is_record_change

FEWEST_RECORDS = 10
FEWEST_VALUES = 100
_DIGITS = 12  # of a commit
_SHOWN = 3
"""Records that a refusal names."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a guard lets pass: a share in percent, a number, or both; None sets no bound."""

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
    Guard.BUDGET: Limit(percent=20),  # of reserve
    Guard.DIVERGED: Limit(count=0),  # of commits
}


def limits_from(said: Mapping[Guard, str]) -> Limits:
    """The limits, with those of ``said`` in place of the default: ``50%`` is a share, ``500`` a number.

    A guard that bounds both keeps the other one.
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
    """Counts what shares of one object type are taken of."""

    named: int = 0  # records that the manifests name
    found: int = 0  # of those, how many the portal has
    owned: int = 0  # records that state knows
    owned_named: int = 0  # of those, how many are named
    values: int = 0  # that the manifests manage
    has_records: bool = False  # the portal has records of the type, named or not
    asked: int = 0  # records that HubSpot was asked for
    unanswered: int = 0  # of those, how many it said nothing of, again and again

    def count(self, record: DesiredRecord, *, is_found: bool, is_owned: bool) -> None:
        """One more record that the manifests name."""
        self.named += 1
        self.found += is_found
        self.owned_named += is_owned
        self.values += len(record.names)

    def base(self, object_name: str) -> GuardBase:
        """The same, as it stands in the plan."""
        return GuardBase(
            object_name,
            self.named,
            self.found,
            self.owned,
            self.owned_named,
            self.values,
            self.has_records,
        )


@dataclass(frozen=True, slots=True)
class Divergence:
    """Manifests that do not contain what was applied last: they would take it back without knowing of it."""

    commit: str  # that the manifests are at
    applied: str  # the commit that was applied last
    missing: int | None  # how many commits of it they lack; None where it is not known here
    is_shallow: bool  # the clone lacks history: it cannot be told whether they contain it

    def refusal(self) -> GuardRefusal:
        """The refusal of a plan that is made of these manifests."""
        start = f"the manifests (commit {self.commit[:_DIGITS]})"
        applied = f"what was applied last (commit {self.applied[:_DIGITS]})"
        if self.is_shallow:
            message = f"whether {start} contain {applied} cannot be told, because this clone is shallow"
            advice = "fetch the history: `git fetch --unshallow`, or `fetch-depth: 0` of actions/checkout"
        elif self.missing is None:
            message = f"{start} do not contain {applied}, which is not known here"
            advice = "fetch the branch that was applied, merge it or rebase onto it, and plan again"
        else:
            lacking = "1 commit is" if self.missing == 1 else f"{self.missing:,} commits are"
            message = f"{start} do not contain {applied}: {lacking} missing"
            advice = "merge the branch that was applied or rebase onto it, and plan again"
        return GuardRefusal(Guard.DIVERGED, self.missing or 1, message, advice=advice)


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits, and what the person allowed beyond them."""

    limits: Limits
    allowances: Mapping[Guard, int]
    divergence: Divergence | None = None  # of the manifests from what was applied last

    def judge(
        self, changes: Sequence[Change], bases: Iterable[GuardBase], budget: Budget
    ) -> tuple[GuardRefusal, ...]:
        """Every guard that the changes run into, by object type; without a base nothing is known of it."""
        refusals: list[GuardRefusal] = []
        by_type: dict[str, _Counted] = {}
        written = _Records()
        for change in changes:
            by_type.setdefault(change.object_type, _Counted()).add(change)
            if change.is_remote:
                written.add(change.record)
        by_name = {name: GuardBase(name) for name in by_type} | {base.object: base for base in bases}
        for name in sorted(by_name):
            refusals += self._judge_type(by_name[name], by_type.get(name, _Counted()))
        refusals += self._number(Guard.TOTAL, written, "all types", "would be written")
        refusals += self.judge_budget(budget)
        refusals += self._diverged(changes)
        return tuple(refusals)

    def _judge_type(self, of: GuardBase, counted: "_Counted") -> Iterator[GuardRefusal]:
        name, base, by_verb = of.object, of.records, counted.by_verb
        yield from self._share(Guard.UPDATE, by_verb[Verb.UPDATE], base, f"{name} would be updated")
        yield from self._share(Guard.ARCHIVE, by_verb[Verb.ARCHIVE], base, f"{name} would be archived")
        if of.has_records and not of.found:
            doubt = f"would be created although the portal has {name}, and none by these keys"
            yield from self._number(Guard.CREATE, by_verb[Verb.CREATE], name, doubt)
        yield from self._number(Guard.ABSENT, counted.strangers, name, "would be archived and are not ours")
        yield from self._share(
            Guard.CLEAR, counted.cleared, of.values, f"values of {name} would be cleared", FEWEST_VALUES
        )
        if not of.named:
            yield from self._number(
                Guard.EMPTY, counted.pruned, name, "would leave, and the manifests name none any more"
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

    def _number(self, guard: Guard, records: "_Records", name: str, what: str) -> Iterator[GuardRefusal]:
        limit = self.limits[guard].count
        if limit is not None and records.count > limit and not self._is_allowed(guard, records.count):
            message = f"{records.count:,} of {name} {what} (limit {limit:,})"
            yield GuardRefusal(guard, records.count, message, records.first)

    def judge_budget(self, budget: Budget) -> Iterator[GuardRefusal]:
        """Whether enough calls are left today; apply asks that again."""
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
    """Judge once more, right before the writes: count the changes again, whatever the plan says of them.

    The base is that of the plan; limits and calls that are left are those of today. Between a plan and its
    apply limits may become narrower, and others use calls, too.

    Raises:
        PlanRefused: a guard does not let it pass.
    """
    command = "plan" if plan.undoes is None else f"rollback {plan.undoes}"
    for refusal in Guards(limits, dict(plan.allowances)).judge(plan.changes, plan.bases, budget):
        way_out = "apply it tomorrow" if refusal.guard is Guard.BUDGET else "plan again, and look at it"
        raise PlanRefused(
            Refusal.GUARD,
            f"plan refused: {refusal.message}\n"
            f"    {way_out}; if it is intended: "
            f"reconciler {command} --allow {refusal.guard}={refusal.count} --out FILE",
        )


@dataclass(slots=True)
class _Records:
    """How many there are, and the first of them by key."""

    count: int = 0
    first: tuple[RecordKey, ...] = ()

    def add(self, key: RecordKey) -> None:
        self.count += 1
        if len(self.first) < _SHOWN or key < self.first[-1]:
            self.first = tuple(sorted({*self.first, key})[:_SHOWN])


@dataclass(slots=True)
class _Counted:
    """Changes of one object type, as guards count them."""

    by_verb: dict[Verb, _Records] = field(default_factory=lambda: {verb: _Records() for verb in Verb})
    strangers: _Records = field(default_factory=_Records)  # archived, and not ours
    cleared: _Records = field(default_factory=_Records)  # one for each value
    pruned: _Records = field(default_factory=_Records)

    def add(self, change: Change) -> None:
        self.by_verb[verb_of(change)].add(change.record)
        if is_record_archive(change) and change.owned_before is None:
            self.strangers.add(change.record)
        for value in change.values:
            if value.after is None and value.before is not None:
                self.cleared.add(change.record)
        if change.reason is Reason.PRUNED and is_record_change(change):
            self.pruned.add(change.record)
