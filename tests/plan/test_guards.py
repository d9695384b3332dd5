"""Each guard at its limit: the last plan that passes, and the first that is refused."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.errors import PlanRefused
from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import dissociate
from reconciler.plan.change import Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.guards import (
    DEFAULT_LIMITS,
    Divergence,
    Guards,
    Limit,
    Population,
    limits_from,
    refuse_now,
)
from reconciler.plan.plan import Budget, Guard, GuardBase, GuardRefusal
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.source import SourceRef
from tests.support.changes import release
from tests.support.nouns import desired
from tests.support.plans import plan_of

HERE = SourceRef("companies.yaml", 1, 1)
UPDATES = [(3, 10, False), (4, 10, True), (9, 9, False), (30, 100, False), (31, 100, True)]
ARCHIVES = [
    (1, 10, False),
    (2, 10, True),
    (10, 100, False),
    (11, 100, True),
    (5, 5, False),
    (100, 5000, False),
    (101, 5000, True),
]
PLENTY = Budget(1, 1, 0.0, None)


def key(number: int) -> RecordAddress:
    return RecordAddress("companies", "external_id", f"c{number:05}")


def update(number: int, *values: ValueChange) -> Change:
    named = values or (ValueChange("name", "a", "b", Reason.CHANGED),)
    route = Operation(Call.UPDATE, None)
    return update_record(
        key(number),
        RecordId("1"),
        named,
        Reason.CHANGED,
        operation=route,
        source=HERE,
        owned=Owned(Origin.CREATED),
    )


def create(number: int) -> Change:
    return create_record(key(number), (), Reason.MISSING, Operation(Call.UPSERT, "external_id"), HERE)


def archive(number: int, origin: Origin | None = Origin.CREATED, reason: Reason = Reason.PRUNED) -> Change:
    was_owned = Owned(origin) if origin else None
    return archive_record(key(number), RecordId("1"), reason, None, owned_before=was_owned)


def refused(
    changes: Sequence[Change],
    population: Population,
    allowances: dict[Guard, int] | None = None,
    budget: Budget = PLENTY,
) -> list[Guard]:
    return [refusal.guard for refusal in refusals(changes, population, allowances, budget)]


def refusals(
    changes: Sequence[Change],
    population: Population,
    allowances: dict[Guard, int] | None = None,
    budget: Budget = PLENTY,
) -> tuple[GuardRefusal, ...]:
    return Guards(DEFAULT_LIMITS, allowances or {}).check(changes, (population.base("companies"),), budget)


def updates(count: int) -> list[Change]:
    return [update(number) for number in range(count)]


def archives(count: int) -> list[Change]:
    return [archive(number) for number in range(count)]


@pytest.mark.parametrize(("count", "base", "is_refused"), UPDATES)
def test_updates_pass_up_to_thirty_percent(count: int, base: int, is_refused: bool) -> None:
    assert (Guard.UPDATE in refused(updates(count), Population(named=base, found=base))) is is_refused


@pytest.mark.parametrize(
    ("count", "base", "is_refused"),
    ARCHIVES,
)
def test_archives_pass_up_to_ten_percent_and_a_hundred(count: int, base: int, is_refused: bool) -> None:
    population = Population(named=base, found=base)
    assert (Guard.ARCHIVE in refused(archives(count), population)) is is_refused


def test_the_base_is_what_is_named_or_owned() -> None:
    population = Population(named=4, found=4, owned=12, owned_named=4)
    assert population.base("companies").records == 12
    assert refused(archives(1), population) == []
    assert refused(archives(2), population) == [Guard.ARCHIVE]


def test_many_creates_are_refused_only_where_none_of_many_others_was_found() -> None:
    many: list[Change] = [create(number) for number in range(101)]
    assert refused(many, Population(named=101, has_records=True)) == [Guard.CREATE]
    assert refused(many[:100], Population(named=100, has_records=True)) == []
    assert refused(many, Population(named=101, has_records=False)) == []
    assert refused(many, Population(named=102, found=1, has_records=True)) == []


def test_archiving_what_is_not_ours_needs_a_word() -> None:
    stranger: list[Change] = [archive(1, None, Reason.ABSENT)]
    assert refused(stranger, Population(named=1, found=1)) == [Guard.ABSENT]
    assert refused(stranger, Population(named=1, found=1), {Guard.ABSENT: 1}) == []


def test_clearing_counts_values_of_a_type() -> None:
    emptied = ValueChange("phone", "1", None, Reason.CHANGED)
    clears: list[Change] = [update(number, emptied) for number in range(11)]
    assert Guard.CLEAR in refused(clears, Population(named=100, found=100, values=100))
    assert Guard.CLEAR not in refused(clears[:10], Population(named=100, found=100, values=100))
    assert Guard.CLEAR not in refused(clears, Population(named=100, found=100, values=99))


def test_ten_thousand_changes_in_all() -> None:
    population = Population(named=100_000, found=100_000)
    assert refused(updates(10_000), population) == []
    assert refused(updates(10_001), population) == [Guard.TOTAL]


def test_no_records_where_there_used_to_be_some() -> None:
    assert refused(archives(2), Population(named=0, owned=2)) == [Guard.EMPTY]
    assert refused(archives(2), Population(named=0, owned=2), {Guard.EMPTY: 2}) == []


@pytest.mark.parametrize(("left", "is_refused"), [(120, False), (119, True), (None, False)])
def test_a_fifth_of_the_calls_needed_is_kept_in_reserve(left: int | None, is_refused: bool) -> None:
    budget = Budget(1, 60, 0.0, left, reread_calls=40)
    assert (refused([], Population(), budget=budget) == [Guard.BUDGET]) is is_refused


def test_an_allowance_lifts_one_guard_to_its_number_and_no_further() -> None:
    population = Population(named=100, found=100)
    assert refused(updates(40), population, {Guard.UPDATE: 40}) == []
    assert refused(updates(41), population, {Guard.UPDATE: 40}) == [Guard.UPDATE]
    assert refused(archives(40), population, {Guard.UPDATE: 40}) == [Guard.ARCHIVE]


def test_a_refusal_tells_the_numbers_and_the_first_records() -> None:
    (refusal,) = refusals(updates(41), Population(named=120, found=120))
    assert refusal.message == "41 of 120 companies would be updated (34 %, limit 30 %)"
    assert [entry.text for entry in refusal.first] == [
        "companies/c00000",
        "companies/c00001",
        "companies/c00002",
    ]
    assert refusal.count == 41


def test_limits_can_be_set_as_shares_and_numbers() -> None:
    limits = limits_from({Guard.ARCHIVE: "25%", Guard.TOTAL: "50000"})
    assert limits[Guard.ARCHIVE] == Limit(percent=25, count=100)
    assert limits[Guard.TOTAL] == Limit(count=50_000)
    assert limits[Guard.UPDATE] == DEFAULT_LIMITS[Guard.UPDATE]


def released(number: int, reason: Reason = Reason.PRUNED) -> Change:
    return release(key(number), RecordId("1"), reason, None, Origin.ADOPTED)


def dissociated(number: int) -> Change:
    target = RecordAddress("contacts", "email", "ada@acme.example")
    return dissociate(
        AssociationAddress(key(number), target),
        Remote(RecordId("1"), RecordId("2")),
        Reason.PRUNED,
        is_whole=True,
    )


def test_changes_of_state_do_not_count_as_writes() -> None:
    guards = Guards({**DEFAULT_LIMITS, Guard.TOTAL: Limit(count=2)}, {})
    base = Population(named=1000, found=1000).base("companies")
    changes: list[Change] = [*updates(2), *(released(number) for number in range(9))]
    assert guards.check(changes, (base,), PLENTY) == ()
    assert [r.guard for r in guards.check([*changes, update(3)], (base,), PLENTY)] == [Guard.TOTAL]
    assert [r.count for r in guards.check([*changes, update(3)], (base,), PLENTY)] == [3]


def test_pruning_a_whole_type_needs_permission() -> None:
    population = Population(named=0, owned=100)
    assert refused([released(1)], population) == [Guard.EMPTY]
    assert refused([archive(1)], population) == [Guard.EMPTY]
    assert refused([released(1, Reason.NARROWED)], population) == []
    assert refused([dissociated(1)], population) == []
    assert refused([released(1)], Population(named=1, owned=100)) == []


def test_clearing_what_is_empty_already_is_no_clearing() -> None:
    population = Population(named=100, found=100, values=100)
    from_nothing = ValueChange("phone", None, None, Reason.CHANGED)
    to_something = ValueChange("phone", "1", "2", Reason.CHANGED)
    changes: list[Change] = [update(number, from_nothing, to_something) for number in range(11)]
    assert Guard.CLEAR not in refused(changes, population)


def test_several_values_of_one_record_are_cleared_one_by_one() -> None:
    population = Population(named=100, found=100, values=100)
    emptied = [ValueChange(f"p{number:02}", "1", None, Reason.CHANGED) for number in range(11)]
    (refusal,) = refusals([update(1, *emptied)], population)
    assert (refusal.guard, refusal.count, refusal.first) == (Guard.CLEAR, 11, (key(1),))
    assert refusal.message == "11 of 100 values of companies would be cleared (11 %, limit 10 %)"


def test_each_type_is_judged_by_its_own_base_in_order_of_name() -> None:
    deal = RecordAddress("deals", "external_id", "d1")
    strangers: list[Change] = [
        archive_record(key(1), RecordId("1"), Reason.ABSENT, None, owned_before=None),
        archive_record(deal, RecordId("2"), Reason.ABSENT, None, owned_before=None),
    ]
    bases = [Population(named=1, found=1).base(name) for name in ("deals", "companies", "tickets")]
    found = Guards(DEFAULT_LIMITS, {}).check(strangers[::-1], bases, PLENTY)
    assert [(refusal.guard, refusal.first) for refusal in found] == [
        (Guard.ABSENT, (key(1),)),
        (Guard.ABSENT, (deal,)),
    ]
    assert found[0].message == (
        "1 record of companies would be archived, although not owned by reconciler (limit 0)"
    )


def test_a_type_of_which_nothing_is_known_is_judged_all_the_same() -> None:
    found = Guards(DEFAULT_LIMITS, {}).check([archive(1, None)], (), PLENTY)
    assert [refusal.guard for refusal in found] == [Guard.ABSENT, Guard.EMPTY]


def test_a_number_is_told_where_the_share_is_small() -> None:
    (refusal,) = refusals(archives(101), Population(named=5000, found=5000))
    assert refusal.message == "101 of 5,000 companies would be archived (2 %, limit 100)"


def test_a_share_counts_from_ten_records_on() -> None:
    assert refused(updates(9), Population(named=9, found=9)) == []
    assert refused(updates(10), Population(named=10, found=10)) == [Guard.UPDATE]
    assert refused(updates(3), Population()) == []


def test_without_limits_nothing_is_refused() -> None:
    endless = {guard: Limit() for guard in Guard}
    changes: list[Change] = [*updates(500), archive(1, None)]
    short = Budget(1, 500, 0.0, 1)
    base = Population(named=0, owned=500).base("companies")
    assert Guards(endless, {}).check(changes, (base,), short) == ()


def test_a_plan_that_calls_nothing_needs_no_calls() -> None:
    assert refused([], Population(), budget=Budget(50, 0, 0.0, 0)) == []


def test_a_shortage_of_calls_tells_both_numbers() -> None:
    (refusal,) = refusals([], Population(), budget=Budget(1, 1500, 0.0, 1200))
    assert (refusal.guard, refusal.count, refusal.first) == (Guard.BUDGET, 1500, ())
    assert refusal.message == "1,500 calls are needed and 1,200 are left today (a reserve of 20 % is kept)"
    assert refusals([], Population(), {Guard.BUDGET: 1500}, Budget(1, 1500, 0.0, 1200)) == ()
    assert refusals([], Population(), {Guard.BUDGET: 1499}, Budget(1, 1500, 0.0, 1200)) == (refusal,)


COMMITS = ("a" * 40, "b" * 40)


@pytest.mark.parametrize(
    ("missing", "is_shallow", "count", "message", "advice"),
    [
        (1, False, 1, "{start} do not contain {applied}: 1 commit is missing", "merge the branch"),
        (
            1200,
            False,
            1200,
            "{start} do not contain {applied}: 1,200 commits are missing",
            "merge the branch",
        ),
        (
            None,
            False,
            1,
            "{start} do not contain {applied}: the applied commit is missing in this clone",
            "fetch the branch",
        ),
        (
            None,
            True,
            1,
            "this clone is shallow, so reconciler cannot check whether {start} contain {applied}",
            "fetch the history",
        ),
    ],
)
def test_manifests_that_lack_what_was_applied_are_refused(
    missing: int | None, is_shallow: bool, count: int, message: str, advice: str
) -> None:
    divergence = Divergence(*COMMITS, missing, is_shallow)
    refusal = divergence.refusal()
    applied = f"the last apply (commit {'b' * 12})"
    start = f"the manifests (commit {'a' * 12})"
    assert refusal.message == message.format(start=start, applied=applied)
    assert refusal.advice is not None
    assert refusal.advice.startswith(advice)
    assert (refusal.guard, refusal.count) == (Guard.DIVERGED, count)

    guards = Guards(DEFAULT_LIMITS, {}, divergence)
    base = Population(named=9, found=9).base("companies")
    assert guards.check(updates(1), (base,), PLENTY) == (refusal,)
    assert guards.check([], (base,), PLENTY) == ()
    for allowed, is_refused in ((count, False), (count - 1, True)):
        lifted = Guards(DEFAULT_LIMITS, {Guard.DIVERGED: allowed}, divergence)
        assert bool(lifted.check(updates(1), (base,), PLENTY)) is is_refused


@pytest.mark.parametrize(("most", "is_refused"), [(None, True), (2, True), (3, False)])
def test_so_many_commits_may_be_missing_as_the_limit_says(most: int | None, is_refused: bool) -> None:
    limits = {**DEFAULT_LIMITS, Guard.DIVERGED: Limit(count=most)}
    guards = Guards(limits, {}, Divergence(*COMMITS, 3, is_shallow=False))
    base = Population(named=9, found=9).base("companies")
    assert bool(guards.check(updates(1), (base,), PLENTY)) is is_refused


def test_a_type_starts_without_counts() -> None:
    assert Population().base("companies") == GuardBase("companies")
    assert (Population().asked, Population().unanswered) == (0, 0)


def test_one_that_is_counted_adds_to_its_population() -> None:
    population = Population()
    population.count(desired("a", {"city": "Ulm", "name": "A"}), is_found=True, is_owned=False)
    population.count(desired("b", {"name": "B"}), is_found=False, is_owned=True)
    assert (population.named, population.found, population.owned_named, population.values) == (2, 1, 1, 3)
    base = population.base("companies")
    assert (base.named, base.found, base.owned, base.owned_named, base.values) == (2, 1, 0, 1, 3)
    assert base.has_records is False


@pytest.mark.parametrize(
    ("rolls_back", "command"), [(None, "plan"), ("0199", "rollback 0199")], ids=["plan", "rollback"]
)
def test_right_before_the_writes_the_changes_are_counted_again(rolls_back: str | None, command: str) -> None:
    base = Population(named=20, found=20).base("companies")
    plan = replace(plan_of(*updates(8)), bases=(base,), rolls_back=rolls_back)
    with pytest.raises(PlanRefused) as refused_now:
        refuse_now(plan, PLENTY, DEFAULT_LIMITS)
    assert str(refused_now.value) == (
        "plan refused: 8 of 20 companies would be updated (40 %, limit 30 %)\n"
        "    plan again, and look at the new plan; to allow these changes: "
        f"reconciler {command} --allow update=8 --out FILE"
    )
    refuse_now(replace(plan, allowances=((Guard.UPDATE, 8),)), PLENTY, DEFAULT_LIMITS)
    refuse_now(plan, PLENTY, {**DEFAULT_LIMITS, Guard.UPDATE: Limit(percent=40)})


def test_right_before_the_writes_the_calls_of_today_count() -> None:
    base = Population(named=20, found=20).base("companies")
    plan = replace(plan_of(*updates(1)), bases=(base,))
    with pytest.raises(
        PlanRefused, match=r"apply it tomorrow; to allow these changes: .*--allow budget=100 "
    ):
        refuse_now(plan, Budget(1, 100, 0.0, 119), DEFAULT_LIMITS)
    refuse_now(plan, Budget(1, 100, 0.0, 120), DEFAULT_LIMITS)
