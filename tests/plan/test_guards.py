"""Each guard at its edge: the last plan it lets pass, and the first it refuses."""

from collections.abc import Sequence

import pytest

from reconciler.model.objects import RecordKey
from reconciler.model.owned import Origin
from reconciler.model.records import RecordId
from reconciler.model.writes import Call, Route
from reconciler.plan.changes import (
    Archive,
    Budget,
    Change,
    Create,
    Guard,
    GuardRefusal,
    Reason,
    Update,
    ValueChange,
)
from reconciler.plan.guards import DEFAULT_LIMITS, Guards, Limit, Population, limits_from
from reconciler.source import SourceRef

HERE = SourceRef("companies.yaml", 1, 1)
UPDATES = [(3, 10, False), (4, 10, True), (9, 9, False), (30, 100, False), (31, 100, True)]
ARCHIVES = [(1, 10, False), (2, 10, True), (5, 5, False), (100, 5000, False), (101, 5000, True)]
PLENTY = Budget(1, 1, 0.0, None)


def key(number: int) -> RecordKey:
    return RecordKey("companies", "external_id", f"c{number:05}")


def update(number: int, *values: ValueChange) -> Update:
    named = values or (ValueChange("name", "a", "b", Reason.CHANGED),)
    route = Route(Call.UPDATE, None)
    return Update(key(number), RecordId("1"), named, (), Reason.CHANGED, route, HERE, Origin.CREATED)


def create(number: int) -> Create:
    return Create(key(number), (), Reason.MISSING, Route(Call.UPSERT, "external_id"), HERE)


def archive(number: int, origin: Origin | None = Origin.CREATED, reason: Reason = Reason.PRUNED) -> Archive:
    return Archive(key(number), RecordId("1"), reason, None, origin)


def refused(
    changes: Sequence[Change],
    population: Population,
    allowances: dict[Guard, int] | None = None,
    budget: Budget = PLENTY,
) -> list[Guard]:
    return [refusal.guard for refusal in judged(changes, population, allowances, budget)]


def judged(
    changes: Sequence[Change],
    population: Population,
    allowances: dict[Guard, int] | None = None,
    budget: Budget = PLENTY,
) -> tuple[GuardRefusal, ...]:
    return Guards(DEFAULT_LIMITS, allowances or {}).judge(changes, (population.base("companies"),), budget)


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
    (refusal,) = judged(updates(41), Population(named=120, found=120))
    assert refusal.message == "41 of 120 companies would be updated (34 %, limit 30 %)"
    assert [entry.address for entry in refusal.first] == [
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
