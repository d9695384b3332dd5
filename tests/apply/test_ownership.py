"""What state holds of a record after a change."""

from dataclasses import replace

import pytest

from reconciler.apply.ownership import owned_after, pairs_after
from reconciler.model.objects import RecordKey
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin
from reconciler.model.pairs import Label, OwnedPair, PairsAfter, identity_of
from reconciler.model.records import RecordId
from reconciler.model.writes import Call, Route
from reconciler.plan.changes import (
    Adopt,
    AdoptPair,
    Archive,
    Associate,
    Change,
    Create,
    Dissociate,
    Reason,
    Release,
    ReleasePair,
    Update,
    ValueChange,
    carried_out,
)
from reconciler.source import SourceRef
from tests.support.nouns import owned

HERE = SourceRef("companies.yaml", 1, 1)
KEY = RecordKey("companies", "external_id", "acme")
ID = RecordId("9001")


def created(*values: ValueChange) -> Create:
    return Create(KEY, values, Reason.MISSING, Route(Call.UPSERT, "external_id"), HERE)


def test_what_was_sent_is_remembered_and_how_hubspot_spells_it_beside() -> None:
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
    change = Adopt(KEY, ID, (in_step,), Reason.ADOPT, HERE, Origin.ADOPTED)
    after = owned_after(change, Applied(ID, {}), None)
    assert after.sent == {"revenue": "12.10"}
    assert after.answered == {"revenue": "12.1"}


def test_values_that_a_change_does_not_mention_stay() -> None:
    before = owned("acme", "9001", {"name": "Acme", "tier": "gold"}, {"tier": "GOLD"})
    change = Update(
        KEY,
        ID,
        (ValueChange("name", "Acme", "Acme AG", Reason.CHANGED),),
        (),
        Reason.CHANGED,
        Route(Call.UPDATE, None),
        HERE,
        Origin.CREATED,
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
    change = Update(
        KEY,
        ID,
        (ValueChange("name", "Other", "Acme AG", Reason.ADOPT),),
        (),
        Reason.ADOPT,
        Route(Call.UPDATE, None),
        HERE,
        Origin.ADOPTED,
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
    route, former = Route(Call.UPDATE, None), replace(KEY, value="old")
    change = Update(KEY, ID, values, (), Reason.RENAMED, route, HERE, Origin.CREATED, moved_from=former)
    before = owned("old", "9001", {"lifecyclestage": "customer", "name": "Acme"})

    emptied = carried_out(change, {"lifecyclestage": None})

    assert isinstance(emptied, Update)
    assert (emptied.key, emptied.moved_from) == (former, None)
    assert owned_after(emptied, Applied(ID, {}), before).sent == {"lifecyclestage": None, "name": "Acme"}
    renamed = carried_out(change, {"external_id": "acme", "name": "Acme AG"})
    assert isinstance(renamed, Update)
    assert (renamed.key, renamed.moved_from) == (KEY, former)
    assert carried_out(change, None) == change


TICKET = RecordKey("tickets", "external_id", "t")
TICKET_ID = RecordId("800")
PAYING = Label("USER_DEFINED", 3, "Paying")
ENDS = (KEY, ID, TICKET, TICKET_ID)


@pytest.mark.parametrize("label", [None, PAYING])
@pytest.mark.parametrize("is_whole", [True, False])
def test_associations_that_are_made_are_ours_as_created(label: Label | None, is_whole: bool) -> None:
    after = pairs_after([Associate(*ENDS, label, Reason.MISSING, HERE, is_whole)])
    assert after == PairsAfter([OwnedPair(*ENDS, label, Origin.CREATED, is_whole)], [], [])


@pytest.mark.parametrize("origin", Origin)
def test_associations_that_are_adopted_are_ours_as_the_change_says(origin: Origin) -> None:
    after = pairs_after([AdoptPair(*ENDS, PAYING, Reason.ADOPT, HERE, origin, is_whole=False)])
    assert after == PairsAfter([OwnedPair(*ENDS, PAYING, origin, is_whole=False)], [], [])


@pytest.mark.parametrize(
    "change",
    [
        Dissociate(*ENDS, PAYING, Reason.PRUNED, None, is_whole=True),
        Dissociate(*ENDS, PAYING, Reason.PRUNED, None, is_whole=False),
        ReleasePair(*ENDS, PAYING, Reason.GONE, None),
    ],
)
def test_associations_that_are_removed_or_released_are_forgotten(change: Dissociate | ReleasePair) -> None:
    assert pairs_after([change]) == PairsAfter([], [identity_of(*ENDS, PAYING)], [])


@pytest.mark.parametrize(
    "change",
    [
        Archive(KEY, ID, Reason.PRUNED, None, Origin.CREATED),
        Release(KEY, ID, Reason.GONE, None, Origin.CREATED),
        Release(KEY, ID, Reason.ABSENT, None, Origin.CREATED),
    ],
)
def test_what_is_gone_has_no_associations(change: Archive | Release) -> None:
    assert pairs_after([change]) == PairsAfter([], [], [("companies", ID)])


@pytest.mark.parametrize(
    "change",
    [
        *(
            Release(KEY, ID, reason, None, Origin.CREATED)
            for reason in (Reason.PRUNED, Reason.NARROWED, Reason.UNDONE)
        ),
        created(),
        Adopt(KEY, ID, (), Reason.ADOPT, HERE, Origin.ADOPTED),
    ],
)
def test_what_stays_keeps_its_associations(change: Change) -> None:
    assert pairs_after([change]) == PairsAfter([], [], [])


def test_an_association_without_both_ids_cannot_be_ours() -> None:
    with pytest.raises(ValueError, match="before it has an id"):
        pairs_after([Associate(KEY, None, TICKET, TICKET_ID, None, Reason.MISSING, HERE, is_whole=True)])
