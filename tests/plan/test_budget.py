"""The number of calls that a plan needs, for each part of the work."""

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from reconciler.model.addresses import RECORD_ID, AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.labels import Label
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import associate
from reconciler.plan.budget import (
    ALWAYS_LOOKED_AT,
    NOTHING_UNSETTLED,
    Spent,
    budget_of,
    calls_to_open,
    looked_at_again,
)
from reconciler.plan.change import Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.plan import Budget
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.plan.records.unique_values import turns_of
from reconciler.plan.stages import stages_of
from reconciler.source import SourceRef
from tests.support.nouns import definition

HERE = SourceRef("a.yaml", 1, 1)
COMPANIES = ObjectSchema("companies", "companies", {"name": definition("name")})
CONTACTS = ObjectSchema("contacts", "contacts", {"email": definition("email", is_unique=True)})
DEALS = ObjectSchema("deals", "0-3", {"pipeline": definition("pipeline", Kind.PIPELINE)})
SERVICES = ObjectSchema("services", "0-162", {"hs_pipeline": definition("hs_pipeline", Kind.PIPELINE)})
PETS = ObjectSchema("pets", "2-7", {"name": definition("name")})
OBJECTS = {schema.name: schema for schema in (COMPANIES, CONTACTS, DEALS)}
NAME = ValueChange("name", "a", "b", Reason.CHANGED)


def key(number: int, object_name: str = "companies") -> RecordAddress:
    return RecordAddress(object_name, "external_id", f"c{number:05}")


BY_ID = Operation(Call.UPDATE, None)


def update(number: int, object_name: str = "companies", route: Operation = BY_ID) -> Change:
    record_id = RecordId(str(number))
    return update_record(
        key(number, object_name),
        record_id,
        (NAME,),
        Reason.CHANGED,
        operation=route,
        source=HERE,
        owned=Owned(Origin.CREATED),
    )


def create(number: int) -> Change:
    return create_record(key(number), (), Reason.MISSING, Operation(Call.UPSERT, "external_id"), HERE)


def archive(number: int) -> Change:
    return archive_record(
        key(number), RecordId(str(number)), Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)
    )


def link(number: int, target: str = "contacts", label: Label | None = None) -> Change:
    to = RecordAddress(target, "email", f"{number}@acme.example")
    first = key(number // 2)
    return associate(
        AssociationAddress(first, to, label),
        Remote(RecordId("1"), RecordId("2")),
        Reason.MISSING,
        HERE,
        is_whole=True,
    )


def costs(
    changes: list[Change],
    *,
    looks: Collection[Verb] = ALWAYS_LOOKED_AT,
    opening: int = 0,
    least_seconds: Callable[[int], float] = float,
) -> Budget:
    return budget_of(
        changes,
        stages_of(map(verb_of, changes)),
        OBJECTS,
        Spent(5, 900, least_seconds),
        looks_again_at=looks,
        opening_calls=opening,
    )


DEFINED = {Verb.CREATE_DEFINITION, Verb.UPDATE_DEFINITION, Verb.ARCHIVE_DEFINITION}


@pytest.mark.parametrize(
    ("had_time", "overwrites", "looked_at"),
    [
        (True, False, set(Verb)),
        (False, False, {Verb.ARCHIVE, *DEFINED}),
        (True, True, set()),
        (False, True, set()),
    ],
)
def test_changes_that_are_read_again(had_time: bool, overwrites: bool, looked_at: set[Verb]) -> None:
    assert looked_at_again(had_time=had_time, overwrites=overwrites) == looked_at
    assert set(Verb) == ALWAYS_LOOKED_AT


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (100, 1), (101, 2), (200, 2), (201, 3)])
def test_a_hundred_records_go_in_one_call_and_are_read_again_by_one(count: int, calls: int) -> None:
    found = costs([update(number) for number in range(count)])
    assert (found.write_calls, found.reread_calls) == (calls, calls)
    assert (found.read_calls, found.daily_remaining, found.seconds) == (5, 900, 2.0 * calls)


def test_changes_of_other_kinds_types_and_routes_go_in_calls_of_their_own() -> None:
    by_key = Operation(Call.UPDATE, "external_id")
    changes: list[Change] = [
        update(1),
        update(2),
        update(3, route=by_key),
        update(4, "deals"),
        create(5),
        archive(6),
    ]
    found = costs(changes, looks=())
    assert (found.write_calls, found.reread_calls) == (5, 0)


def test_only_what_is_looked_at_is_read_again() -> None:
    changes: list[Change] = [update(1), create(2), archive(3)]
    found = costs(changes, looks={Verb.ARCHIVE}, opening=7)
    assert (found.write_calls, found.reread_calls) == (3, 8)
    assert (found.apply_calls, found.seconds) == (11, 11.0)


def adopt(number: int, object_name: str = "companies", *rests_on: ValueChange) -> Change:
    record_id, owned = RecordId(str(number)), Owned(Origin.ADOPTED)
    return adopt_thing(key(number, object_name), record_id, Reason.ADOPT, HERE, owned, rests_on=rests_on)


def test_changes_of_state_cost_no_call() -> None:
    found = costs([adopt(1)])
    assert (found.write_calls, found.reread_calls) == (0, 0)


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (100, 1), (101, 2), (1_000, 10), (1_050, 11)])
def test_adoptions_that_depend_on_a_key_are_read_again_a_hundred_at_a_time(count: int, calls: int) -> None:
    changes = [adopt(number, "companies", NAME) for number in range(count)]
    assert costs(changes).reread_calls == calls
    assert costs(changes, looks={Verb.UPDATE}).reread_calls == 0
    mixed = [*changes, adopt(1, "contacts", NAME), update(9_999)]
    assert costs(mixed).reread_calls == calls + 2


def test_associations_are_read_by_their_first_ends_and_the_keys_of_both() -> None:
    changes: list[Change] = [link(number) for number in range(8)]
    found = costs(changes)
    assert (found.write_calls, found.reread_calls) == (1, 3)
    apart: list[Change] = [*changes, link(1, "deals")]
    assert costs(apart).write_calls == 2


def test_a_thousand_first_ends_are_read_by_one_call_and_their_keys_by_one_for_a_hundred() -> None:
    def of_each(count: int) -> list[Change]:
        return [
            replace(link(0), address=AssociationAddress(key(number), link(0).association.target))
            for number in range(count)
        ]

    assert (costs(of_each(1000)).write_calls, costs(of_each(1000)).reread_calls) == (1, 1 + 10 + 1)
    assert (costs(of_each(1001)).write_calls, costs(of_each(1001)).reread_calls) == (1, 2 + 11 + 1)


def test_keys_of_records_that_are_yet_to_be_created_and_record_ids_are_not_read_again() -> None:
    made = replace(link(0), remote=Remote(None, RecordId("2")))
    by_id = replace(link(0), address=AssociationAddress(key(0), RecordAddress("contacts", RECORD_ID, "1")))
    assert [costs([change]).reread_calls for change in (link(0), made, by_id)] == [3, 2, 2]


def test_a_unique_value_that_is_handed_on_takes_a_call_after_the_one_that_gives_it_up() -> None:
    schema = ObjectSchema("companies", "companies", {"vat": definition("vat", is_unique=True)})

    def change(number: int, before: str, after: str) -> Change:
        value = ValueChange("vat", before, after, Reason.CHANGED)
        return replace(update(number), values=(value,))

    apart = [change(1, "a", "b"), change(2, "c", "d")]
    handed_on = [change(1, "a", "b"), change(2, "c", "a")]
    for changes, calls in ((apart, 1), (handed_on, 2)):
        stages = stages_of(map(verb_of, changes), turns_of(changes, {"companies": schema}))
        found = budget_of(changes, stages, {"companies": schema}, Spent(0, None, float), looks_again_at=())
        assert found.write_calls == calls


def test_nothing_unsettled_costs_nothing() -> None:
    assert (NOTHING_UNSETTLED.objects, NOTHING_UNSETTLED.calls) == (frozenset(), 0)


def test_a_lifecycle_stage_that_goes_back_is_emptied_by_a_call_before() -> None:
    stage = definition("lifecyclestage", Kind.CHOICE, "lead", "customer")
    schema = ObjectSchema("companies", "companies", {"lifecyclestage": stage})
    route = Operation(Call.UPDATE, None)

    def change(number: int, before: str, after: str) -> Change:
        value = ValueChange("lifecyclestage", before, after, Reason.CHANGED)
        return update_record(
            key(number),
            RecordId("1"),
            (NAME, value),
            Reason.CHANGED,
            operation=route,
            source=HERE,
            owned=Owned(Origin.CREATED),
        )

    for changes, calls in (
        ([change(1, "lead", "customer")], 1),
        ([change(1, "customer", "lead")], 2),
        ([change(1, "lead", "customer"), change(2, "customer", "lead"), change(3, "customer", "lead")], 2),
    ):
        stages = stages_of(map(verb_of, changes))
        found = budget_of(changes, stages, {"companies": schema}, Spent(0, None, float), looks_again_at=())
        assert (found.write_calls, found.reread_calls) == (calls, 0)


@pytest.mark.parametrize(
    ("types", "calls"),
    [
        ([], 1),  # the account
        ([COMPANIES], 2),
        ([COMPANIES, COMPANIES], 2),
        ([COMPANIES, DEALS], 4),  # and the pipelines
        ([SERVICES], 4),  # and whether it is switched on
        ([PETS], 3),  # and the schemas
        ([PETS, COMPANIES], 4),
    ],
)
def test_apply_reads_first_what_it_has_to_know(types: list[ObjectSchema], calls: int) -> None:
    assert calls_to_open(types) == calls
