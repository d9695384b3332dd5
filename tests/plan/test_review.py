"""A new plan keeps only reviewed changes, and reports all others."""

from dataclasses import replace

import pytest
from hypothesis import given

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.labels import Label
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import adopt_association, associate
from reconciler.plan.change import Action, AssociationDetails, Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.plan import DifferenceKind, Plan
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.plan.review import Kept, _subject, keep_reviewed
from reconciler.report.fact_sentences import difference_text
from tests.support.changes import release
from tests.support.plans import at, plan_of, plans

ACME = RecordAddress("companies", "external_id", "acme")
BY_ID = Operation(Call.UPDATE, None)


def value(name: str, before: str | None, after: str | None) -> ValueChange:
    return ValueChange(name, before, after, Reason.CHANGED, at(5))


NAME, PHONE = value("name", "Acme", "Acme GmbH"), value("phone", "1", "2")
UPDATE = update_record(
    ACME,
    RecordId("9001"),
    (NAME, PHONE),
    Reason.CHANGED,
    operation=BY_ID,
    source=at(4),
    owned=Owned(Origin.CREATED),
)
ADOPT = adopt_thing(
    ACME,
    RecordId("9001"),
    Reason.ADOPT,
    at(4),
    Owned(Origin.ADOPTED),
    remembered=(value("name", "Acme", "Acme"),),
)
CREATE = create_record(
    ACME, (value("name", None, "Acme"),), Reason.MISSING, Operation(Call.UPSERT, "external_id"), at(4)
)
ARCHIVE = archive_record(ACME, RecordId("9001"), Reason.PRUNED, None, owned_before=Owned(Origin.CREATED))
ADA = RecordAddress("contacts", "email", "ada@acme.example")
BILLING = Label("USER_DEFINED", 3, "Billing")
ASSOCIATE = associate(
    AssociationAddress(ACME, ADA, BILLING),
    Remote(RecordId("9001"), RecordId("55")),
    Reason.MISSING,
    at(6),
    is_whole=True,
)
ADOPT_PAIR = adopt_association(
    AssociationAddress(ACME, ADA, BILLING),
    Remote(RecordId("9001"), RecordId("55")),
    Reason.ADOPT,
    at(6),
    Origin.ADOPTED,
    is_whole=False,
)
RULE = PruneRule("companies", "external_id", Prune.ALL)


def held_against(reviewed: Change | None, now: Change | None) -> Kept:
    plan = plan_of(*([reviewed] if reviewed else []))
    return keep_reviewed(plan, [now] if now else [], ())


def learned(change: ValueChange) -> ValueChange:
    """Return the change as it is planned if its value was applied after the review: nothing to write."""
    return replace(change, before=change.after, reason=Reason.IN_STEP)


@pytest.mark.parametrize(
    "change",
    [UPDATE, ADOPT, CREATE, ARCHIVE, release(ACME, RecordId("1"), Reason.PRUNED, None, Origin.ADOPTED)],
)
def test_reviewed_changes_are_kept(change: Change) -> None:
    kept = held_against(change, change)

    assert kept.changes == (change,)
    assert kept.review.differences == ()
    assert kept.review.unreviewed == 0


@pytest.mark.parametrize(
    "now",
    [
        replace(UPDATE, source=at(99, "moved.yaml"), reason=Reason.ADOPT, owned=Owned(Origin.ADOPTED)),
        replace(UPDATE, values=(replace(NAME, reason=Reason.DRIFT, source=None), PHONE)),
    ],
    ids=["place and reason of the record", "place and reason of a value"],
)
def test_reasons_and_places_may_differ(now: Change) -> None:
    assert held_against(UPDATE, now).changes == (now,)
    assert held_against(UPDATE, now).review.differences == ()


@pytest.mark.parametrize(
    ("reviewed", "now"),
    [
        (
            replace(ASSOCIATE, remote=Remote(None, RecordId("55"))),
            ASSOCIATE,
        ),  # the record was new when it was reviewed
        (ASSOCIATE, replace(ASSOCIATE, details=AssociationDetails(is_whole=False))),
        (ASSOCIATE, ADOPT_PAIR),  # somebody has associated the two meanwhile
    ],
)
def test_associations_are_recognised_by_both_ends_and_label(reviewed: Change, now: Change) -> None:
    assert held_against(reviewed, now).changes == (now,)
    assert held_against(reviewed, now).review.differences == ()


@pytest.mark.parametrize(
    "now",
    [
        replace(ASSOCIATE, address=AssociationAddress(ACME, ADA)),
        replace(ASSOCIATE, address=AssociationAddress(ACME, ADA, replace(BILLING, type_id=9))),
        replace(ASSOCIATE, address=AssociationAddress(ACME, replace(ADA, value="bob@acme.example"), BILLING)),
        UPDATE,
    ],
)
def test_another_association_was_not_reviewed(now: Change) -> None:
    kept = held_against(ASSOCIATE, now)

    not_reviewed, no_longer_planned = kept.review.differences
    assert kept.changes == ()
    assert (not_reviewed.how, not_reviewed.verb) == (DifferenceKind.NOT_REVIEWED, verb_of(now))
    assert difference_text(no_longer_planned) == "contacts/ada@acme.example: Billing"


def test_an_association_to_another_record_of_the_same_key_is_left_out() -> None:
    kept = held_against(ASSOCIATE, replace(ASSOCIATE, remote=Remote(RecordId("9001"), RecordId("7"))))

    (difference,) = kept.review.differences
    assert (tuple(kept.changes), difference.how) == ((), DifferenceKind.CHANGED)
    assert difference_text(difference) == "contacts/ada@acme.example: another record has this key now"


def test_unreviewed_changes_are_left_out() -> None:
    kept = held_against(None, UPDATE)

    (difference,) = kept.review.differences
    assert kept.changes == ()
    assert (difference.how, difference.key, difference.verb) == (
        DifferenceKind.NOT_REVIEWED,
        ACME,
        Verb.UPDATE,
    )
    assert difference_text(difference) == "name, phone"
    assert kept.review.unreviewed == 1


@pytest.mark.parametrize(
    ("reviewed", "now", "note"),
    [
        (
            UPDATE,
            replace(UPDATE, values=(replace(NAME, after="Acme AG"), PHONE)),
            "name gets a value that was not reviewed",
        ),
        (
            UPDATE,
            replace(UPDATE, values=(replace(NAME, before="Akme"), PHONE)),
            "name was changed in HubSpot",
        ),
        (
            UPDATE,
            replace(UPDATE, values=(*UPDATE.values, value("zip", None, "1"))),
            "zip is not written by the reviewed plan",
        ),
        (
            UPDATE,
            replace(UPDATE, remembered=(value("zip", "1", "1"),)),
            "zip gets an unreviewed value in the state",
        ),
        (
            UPDATE,
            replace(UPDATE, values=(NAME,), remembered=(value("phone", "3", "3"),)),
            "phone gets an unreviewed value in the state",
        ),
        (UPDATE, replace(UPDATE, remote=Remote(RecordId("7"))), "another record has this key now"),
        (
            UPDATE,
            replace(UPDATE, operation=Operation(Call.UPSERT, "external_id")),
            "the new plan makes this change with another call of HubSpot's API",
        ),
        (UPDATE, replace(UPDATE, owned=Owned(Origin.CREATED, is_protected=True)), "its protection differs"),
        (UPDATE, replace(UPDATE, moved_from=replace(UPDATE.record, value="akme")), "its former key differs"),
        (
            replace(UPDATE, values=(NAME,), remembered=(learned(PHONE),)),
            replace(UPDATE, values=(NAME, PHONE)),
            "phone is not written by the reviewed plan",
        ),
        (ADOPT, replace(ADOPT, remote=Remote(RecordId("7"))), "another record has this key now"),
        (ARCHIVE, replace(ARCHIVE, remote=Remote(RecordId("7"))), "another record has this key now"),
        (CREATE, replace(CREATE, values=()), "name would be missing"),
        (
            CREATE,
            replace(UPDATE, values=(value("name", "Akme", "Acme"),)),
            ("the reviewed action was create; another record has this key now; name was changed in HubSpot"),
        ),
        (UPDATE, ARCHIVE, "the reviewed action was update"),
        (
            CREATE,
            replace(ADOPT, remembered=(learned(CREATE.values[0]),)),
            "the reviewed action was create; another record has this key now",
        ),
    ],
)
def test_different_changes_are_left_out(reviewed: Change, now: Change, note: str) -> None:
    kept = held_against(reviewed, now)

    (difference,) = kept.review.differences
    assert kept.changes == ()
    assert (difference.how, difference_text(difference)) == (DifferenceKind.CHANGED, note)
    assert kept.review.unreviewed == 1


def test_a_value_that_somebody_has_typed_in_meanwhile_is_written_no_more() -> None:
    now = replace(UPDATE, values=(PHONE,), remembered=(learned(NAME),))

    kept = held_against(UPDATE, now)

    (difference,) = kept.review.differences
    assert kept.changes == (now,)
    assert (difference.how, difference_text(difference)) == (DifferenceKind.NO_LONGER_PLANNED, "name")
    assert kept.review.unreviewed == 0


def test_an_update_that_is_there_already_is_remembered() -> None:
    now = replace(ADOPT, remembered=(learned(NAME), learned(PHONE)), owned=Owned(Origin.CREATED))

    kept = held_against(UPDATE, now)

    assert kept.changes == (now,)
    assert kept.review.unreviewed == 0


def test_changes_done_meanwhile_are_listed_and_stop_nothing() -> None:
    kept = held_against(UPDATE, None)

    (difference,) = kept.review.differences
    assert (difference.how, difference.verb) == (DifferenceKind.NO_LONGER_PLANNED, Verb.UPDATE)
    assert kept.review.unreviewed == 0


def test_rules_of_pruning_are_reviewed_too() -> None:
    reviewed = replace(plan_of(), prune_rules=(RULE,))

    assert keep_reviewed(reviewed, (), (RULE,)).prune_rules == (RULE,)
    left_out = keep_reviewed(plan_of(), (), (RULE,))
    assert (left_out.prune_rules, left_out.review.unreviewed_rules) == ((), (RULE,))
    assert left_out.review.unreviewed == 1


@given(plans)
def test_a_plan_held_against_itself_is_whole(plan: Plan) -> None:
    changes = tuple({_subject(change): change for change in plan.changes}.values())

    kept = keep_reviewed(replace(plan, changes=changes), changes, plan.prune_rules)

    assert (tuple(kept.changes), kept.prune_rules) == (changes, plan.prune_rules)
    assert kept.review.differences == ()


@given(plans, plans)
def test_nothing_is_written_that_was_not_reviewed(reviewed: Plan, now: Plan) -> None:
    kept = keep_reviewed(reviewed, now.changes, now.prune_rules)

    seen = {_subject(change): change for change in reviewed.changes}
    for change in kept.changes:
        before = seen[_subject(change)]
        was = {(v.name, v.before, v.after) for v in before.values}
        remembered = {(v.name, v.after) for v in (*before.values, *(*before.remembered, *before.forgotten))}
        assert {(v.name, v.before, v.after) for v in change.values} <= was
        if change.action is not Action.RELEASE:
            assert {(v.name, v.after) for v in (*change.remembered, *change.forgotten)} <= remembered
    reported = [
        entry for entry in kept.review.differences if entry.how is not DifferenceKind.NO_LONGER_PLANNED
    ]
    assert len(kept.changes) + len(reported) == len(now.changes)


def test_a_record_gets_the_key_of_another_one_only_if_that_one_gets_its_new_key() -> None:
    leaves = replace(UPDATE, address=replace(ACME, value="acme-2"), moved_from=ACME)
    follows = replace(ADOPT, remote=Remote(RecordId("8")), moved_from=replace(ACME, value="acme-3"))
    last = replace(CREATE, address=replace(ACME, value="acme-3"))
    changes = (last, follows, leaves)
    edited = replace(leaves, values=(NAME, value("phone", "3", "2")))

    assert keep_reviewed(plan_of(*changes), changes, ()).changes == changes
    kept = keep_reviewed(plan_of(*changes), (last, follows, edited), ())

    assert kept.changes == ()
    assert {entry.key.value: difference_text(entry) for entry in kept.review.differences} == {
        "acme": "another record has this key now",
        "acme-2": "phone was changed in HubSpot",
        "acme-3": "another record has this key now",
    }


def test_an_archive_of_what_somebody_edited_since_the_review_departs() -> None:
    seen = replace(ARCHIVE, rests_on=(ValueChange("city", "Ulm", "Ulm", Reason.IN_STEP),))
    edited = replace(ARCHIVE, rests_on=(ValueChange("city", "Bonn", "Bonn", Reason.IN_STEP),))

    kept = keep_reviewed(plan_of(seen), [edited], ())

    assert kept.changes == ()
    (difference,) = kept.review.differences
    assert (difference.how, difference_text(difference)) == (
        DifferenceKind.CHANGED,
        "city was changed in HubSpot",
    )
    assert keep_reviewed(plan_of(seen), [seen], ()).changes == (seen,)
