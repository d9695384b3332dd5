"""State of a record after a change."""

import gc
from dataclasses import replace

import pytest

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.associations import (
    Association,
    AssociationsAfter,
    OwnedAssociation,
    RecordRef,
    identity_of,
)
from reconciler.model.calls import Call, Operation
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.changes import adopt_association, associate, dissociate
from reconciler.plan.change import (
    Action,
    Change,
    Owned,
    Reason,
    RecordDetails,
    Remote,
    ValueChange,
    carried_out,
)
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.source import SourceRef
from reconciler.state.associations.updates import pairs_after
from reconciler.state.records.updates import disowned_by, owned_after
from reconciler.state.rival_names import in_the_way
from tests.support.changes import release, release_pair
from tests.support.many_changes import ManyChanges
from tests.support.nouns import owned

HERE = SourceRef("companies.yaml", 1, 1)
KEY = RecordAddress("companies", "external_id", "acme")
ID = RecordId("9001")


def created(*values: ValueChange) -> Change:
    return create_record(KEY, values, Reason.MISSING, Operation(Call.UPSERT, "external_id"), HERE)


def test_sent_values_are_remembered_with_hubspots_spelling() -> None:
    change = created(
        ValueChange("name", None, "Acme", Reason.MISSING), ValueChange("phone", None, "030 1", Reason.MISSING)
    )
    after = owned_after(change, Applied(ID, {"name": "Acme", "phone": "+49301"}, is_new=True), None)
    assert after.sent == {"name": "Acme", "phone": "030 1"}
    assert after.answered == {"phone": "+49301"}
    assert (after.record_id, after.origin) == (ID, Origin.CREATED)


def test_a_create_that_found_a_record_owns_it_as_adopted() -> None:
    after = owned_after(created(), Applied(ID, {}, is_new=False), None)
    assert after.origin is Origin.ADOPTED


def test_values_in_step_are_learned_with_lives_spelling() -> None:
    in_step = ValueChange("revenue", "12.1", "12.10", Reason.IN_STEP)
    change = adopt_thing(KEY, ID, Reason.ADOPT, HERE, Owned(Origin.ADOPTED), remembered=(in_step,))
    after = owned_after(change, Applied(ID, {}), None)
    assert after.sent == {"revenue": "12.10"}
    assert after.answered == {"revenue": "12.1"}


def test_values_that_a_change_does_not_mention_stay() -> None:
    before = owned("acme", "9001", {"name": "Acme", "tier": "gold"}, {"tier": "GOLD"})
    change = update_record(
        KEY,
        ID,
        (ValueChange("name", "Acme", "Acme AG", Reason.CHANGED),),
        Reason.CHANGED,
        operation=Operation(Call.UPDATE, None),
        source=HERE,
        owned=Owned(Origin.CREATED),
    )
    after = owned_after(change, Applied(ID, {"name": "Acme AG"}), before)
    assert after.sent == {"name": "Acme AG", "tier": "gold"}
    assert after.answered == {"tier": "GOLD"}


def test_an_old_spelling_does_not_outlive_its_value() -> None:
    before = owned("acme", "9001", {"phone": "030 1"}, {"phone": "+49301"})
    change = created(ValueChange("phone", None, "+49302", Reason.MISSING))
    after = owned_after(change, Applied(ID, {"phone": "+49302"}), before)
    assert after.answered == {}


def test_values_of_another_record_under_the_same_key_are_not_ours() -> None:
    before = owned("acme", "9000", {"name": "Acme", "tier": "gold"}, {"tier": "GOLD"})
    change = update_record(
        KEY,
        ID,
        (ValueChange("name", "Other", "Acme AG", Reason.ADOPT),),
        Reason.ADOPT,
        operation=Operation(Call.UPDATE, None),
        source=HERE,
        owned=Owned(Origin.ADOPTED),
    )
    after = owned_after(change, Applied(ID, {"name": "Acme AG"}), before)
    assert after.sent == {"name": "Acme AG"}
    assert after.answered == {}


def test_a_change_that_was_carried_out_in_part_is_remembered_in_part() -> None:
    values = (
        ValueChange("external_id", "old", "acme", Reason.RENAMED),
        ValueChange("lifecyclestage", "customer", "lead", Reason.CHANGED),
        ValueChange("name", "Acme", "Acme AG", Reason.CHANGED),
    )
    route, former = Operation(Call.UPDATE, None), replace(KEY, value="old")
    change = update_record(
        KEY,
        ID,
        values,
        Reason.RENAMED,
        operation=route,
        source=HERE,
        owned=Owned(Origin.CREATED),
        moved_from=former,
    )
    before = owned("old", "9001", {"lifecyclestage": "customer", "name": "Acme"})

    emptied = carried_out(change, {"lifecyclestage": None})

    assert isinstance(emptied, Change)
    assert emptied.action is Action.UPDATE
    assert (emptied.record, emptied.moved_from) == (former, None)
    assert owned_after(emptied, Applied(ID, {}), before).sent == {"lifecyclestage": None, "name": "Acme"}
    renamed = carried_out(change, {"external_id": "acme", "name": "Acme AG"})
    assert isinstance(renamed, Change)
    assert renamed.action is Action.UPDATE
    assert (renamed.record, renamed.moved_from) == (KEY, former)
    assert carried_out(change, None) == change


TICKET = RecordAddress("tickets", "external_id", "t")
TICKET_ID = RecordId("800")
PAYING = Label("USER_DEFINED", 3, "Paying")
ENDS = (RecordRef(KEY, ID), RecordRef(TICKET, TICKET_ID))
IDS = Remote(ID, TICKET_ID)
OF_PAYING = AssociationAddress(KEY, TICKET, PAYING)


@pytest.mark.parametrize("label", [None, PAYING])
@pytest.mark.parametrize("is_whole", [True, False])
def test_associations_that_are_made_are_ours_as_created(label: Label | None, is_whole: bool) -> None:
    after = pairs_after(
        [associate(AssociationAddress(KEY, TICKET, label), IDS, Reason.MISSING, HERE, is_whole=is_whole)]
    )
    assert after == AssociationsAfter(
        [OwnedAssociation(Association(*ENDS, label), Origin.CREATED, is_whole)], [], []
    )


@pytest.mark.parametrize("origin", Origin)
def test_associations_that_are_adopted_are_ours_as_the_change_says(origin: Origin) -> None:
    after = pairs_after([adopt_association(OF_PAYING, IDS, Reason.ADOPT, HERE, origin, is_whole=False)])
    assert after == AssociationsAfter(
        [OwnedAssociation(Association(*ENDS, PAYING), origin, is_whole=False)], [], []
    )


@pytest.mark.parametrize(
    "change",
    [
        dissociate(OF_PAYING, IDS, Reason.PRUNED, is_whole=True),
        dissociate(OF_PAYING, IDS, Reason.PRUNED, is_whole=False),
        release_pair(OF_PAYING, IDS, Reason.GONE),
    ],
)
def test_associations_that_are_removed_or_released_are_forgotten(change: Change) -> None:
    assert pairs_after([change]) == AssociationsAfter([], [identity_of(OF_PAYING, ID, TICKET_ID)], [])


@pytest.mark.parametrize(
    "change",
    [
        archive_record(KEY, ID, Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)),
        release(KEY, ID, Reason.GONE, None, Origin.CREATED),
        release(KEY, ID, Reason.ABSENT, None, Origin.CREATED),
    ],
)
def test_a_removed_record_has_no_associations(change: Change) -> None:
    assert pairs_after([change]) == AssociationsAfter([], [], [RecordIdentity("companies", ID)])


@pytest.mark.parametrize(
    "change",
    [
        *(
            release(KEY, ID, reason, None, Origin.CREATED)
            for reason in (Reason.PRUNED, Reason.NARROWED, Reason.ROLLED_BACK)
        ),
        created(),
        adopt_thing(KEY, ID, Reason.ADOPT, HERE, Owned(Origin.ADOPTED)),
    ],
)
def test_a_remaining_record_keeps_its_associations(change: Change) -> None:
    assert pairs_after([change]) == AssociationsAfter([], [], [])


def test_an_association_without_both_ids_cannot_be_ours() -> None:
    with pytest.raises(ValueError, match="before both records have ids"):
        pairs_after(
            [
                associate(
                    AssociationAddress(KEY, TICKET),
                    Remote(None, TICKET_ID),
                    Reason.MISSING,
                    HERE,
                    is_whole=True,
                )
            ]
        )


def moving(old: str | None, new: str, record_id: str, *, is_update: bool = True) -> Change:
    name, former = replace(KEY, value=new), replace(KEY, value=old) if old else None
    id_, why = RecordId(record_id), Reason.RENAMED
    if is_update:
        value = ValueChange("external_id", old, new, why)
        route = Operation(Call.UPDATE, None)
        return update_record(
            name,
            id_,
            (value,),
            why,
            operation=route,
            source=HERE,
            owned=Owned(Origin.CREATED),
            moved_from=former,
        )
    return adopt_thing(name, id_, why, HERE, Owned(Origin.CREATED), moved_from=former)


@pytest.mark.parametrize("is_update", [True, False])
def test_a_record_whose_key_another_gets_is_set_aside(is_update: bool) -> None:
    leaves = moving("acme", "other", "9001", is_update=is_update)
    for taker in (created(), moving(None, "acme", "9002"), moving("old", "acme", "9002", is_update=False)):
        expected = {("companies", "9001"): (KEY, leaves.record)}
        assert in_the_way([taker, leaves]) == in_the_way([leaves, taker]) == expected


def test_two_that_exchange_their_keys_are_in_each_others_way() -> None:
    one, other = moving("a", "b", "9001"), moving("b", "a", "9002", is_update=False)
    assert in_the_way([one, other]) == {
        ("companies", "9001"): (other.record, one.record),
        ("companies", "9002"): (one.record, other.record),
    }


@pytest.mark.parametrize(
    "other",
    [
        archive_record(KEY, RecordId("9002"), Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)),
        release(KEY, RecordId("9002"), Reason.GONE, None, Origin.CREATED),
        moving("x", "y", "9002"),
        replace(created(), address=replace(KEY, by="erp_no")),
    ],
)
def test_a_key_that_nobody_else_gets_is_left_without_ado(other: Change) -> None:
    assert in_the_way([moving("acme", "other", "9001"), other]) == {}
    assert in_the_way([created(), other]) == {}


def alive() -> int:
    return sum(isinstance(each, Change) for each in gc.get_objects())


def test_no_change_of_a_large_plan_is_kept_to_look_for_those_in_the_way() -> None:
    gc.collect()
    before, seen = alive(), list[int]()

    def make(number: int) -> Change:
        if number % 500 == 499:
            seen.append(alive())
        return moving(None, f"k{number}", str(number))

    assert in_the_way(ManyChanges(3_000, make)) == {}
    assert len(seen) >= 6
    assert max(seen) < before + 100


LOST = RecordId("9000")


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (archive_record(KEY, ID, Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)), ID),
        (release(KEY, ID, Reason.NARROWED, None, Origin.CREATED), ID),
        (replace(created(), details=RecordDetails(LOST)), LOST),
        (created(), None),
        (moving("old", "acme", "9001"), None),
        (moving("old", "acme", "9001", is_update=False), None),
        (dissociate(OF_PAYING, IDS, Reason.PRUNED, is_whole=True), None),
    ],
)
def test_records_that_go_or_are_replaced_are_ours_no_longer(change: Change, gone: RecordId | None) -> None:
    assert disowned_by(change) == (("companies", gone) if gone else None)


def test_a_record_that_is_made_again_has_none_of_the_lost_ones_associations() -> None:
    assert pairs_after([replace(created(), details=RecordDetails(LOST))]) == AssociationsAfter(
        [], [], [RecordIdentity("companies", LOST)]
    )


def test_a_value_that_no_line_enforces_is_forgotten_with_its_spelling() -> None:
    before = owned("acme", "9001", {"phone": "030 1", "name": "Acme"}, {"phone": "+49301"})
    forgotten = ValueChange("phone", "+49301", "030 1", Reason.UNMANAGED)
    again = owned_after(
        adopt_thing(KEY, ID, Reason.UNMANAGED, HERE, Owned(Origin.CREATED), forgotten=(forgotten,)),
        Applied(ID, {}),
        before,
    )
    assert (again.sent, again.answered) == ({"name": "Acme"}, {})
    never_known = ValueChange("city", None, None, Reason.UNMANAGED)
    learned = ValueChange("zip", "1", "1", Reason.IN_STEP)
    change = adopt_thing(
        KEY,
        ID,
        Reason.UNMANAGED,
        HERE,
        Owned(Origin.CREATED),
        remembered=(learned,),
        forgotten=(never_known,),
    )
    assert owned_after(change, Applied(ID, {}), before).sent == {**before.sent, "zip": "1"}


def test_a_record_is_adopted_by_what_its_change_says_and_created_unless_somebody_was_quicker() -> None:
    unknown = Applied(ID, {}, is_new=None)
    assert owned_after(created(), unknown, None).origin is Origin.CREATED
    for origin in Origin:
        change = adopt_thing(KEY, ID, Reason.ADOPT, HERE, Owned(origin, True))
        after = owned_after(change, Applied(ID, {}, is_new=False), None)
        assert (after.origin, after.is_protected) == (origin, True)


def test_the_key_is_kept_as_such_and_initial_values_are_peoples() -> None:
    before = owned("acme", "9001", {"external_id": "acme", "name": "A"}, {"external_id": "ACME"})
    values = (
        ValueChange("external_id", "old", "acme", Reason.RENAMED),
        ValueChange("tier", None, "gold", Reason.INITIAL),
        ValueChange("zip", None, "1", Reason.MISSING),
    )
    after = owned_after(created(*values), Applied(ID, {"external_id": "ACME", "tier": "GOLD"}), before)
    assert (after.sent, after.answered) == ({"name": "A", "zip": "1"}, {})
