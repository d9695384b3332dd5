"""Rolling back a change: every kind of change, and every reason to leave it alone."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

import pytest

from reconciler.errors import UsageError
from reconciler.model.addresses import RECORD_ID, AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Kind
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.selection import EVERYTHING, Selection, glob_of
from reconciler.plan.associations.changes import associate
from reconciler.plan.change import Action, Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.owned_changes import adopt_thing, release_thing
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.plan.records.compare import RecordDecision
from reconciler.plan.records.rollback import (
    AppliedChange,
    applied_changes,
    forgotten,
    ids_and_names,
    roll_back,
)
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.report.fact_sentences import note_of
from reconciler.source import SourceRef
from tests.support.changes import release
from tests.support.nouns import COMPANIES, definition, live, owned

ACME = RecordAddress("companies", "external_id", "acme")
OLD = replace(ACME, value="old")
ID = RecordId("9001")
LINE = SourceRef("companies.yaml", 10, 3)
UPSERT = Operation(Call.UPSERT, "external_id")


def written(name: str, before: str | None, after: str | None) -> ValueChange:
    return ValueChange(name, before, after, Reason.CHANGED, LINE)


def update(*values: ValueChange, moved_from: RecordAddress | None = None) -> Change:
    return update_record(
        ACME,
        ID,
        values,
        Reason.CHANGED,
        operation=UPSERT,
        source=LINE,
        owned=Owned(Origin.CREATED),
        moved_from=moved_from,
    )


def kept(name: str, text: str | None) -> ValueChange:
    return ValueChange(name, text, text, Reason.IN_STEP)


RESTS_ON = (kept("external_id", "acme"), kept("name", "Acme"))


def create(**values: str) -> Change:
    made = tuple(ValueChange(name, None, text, Reason.MISSING) for name, text in sorted(values.items()))
    return create_record(ACME, made, Reason.MISSING, UPSERT, LINE)


def adopt(*in_step: ValueChange, reason: Reason = Reason.ADOPT) -> Change:
    return adopt_thing(ACME, ID, reason, LINE, Owned(Origin.ADOPTED), remembered=in_step)


def rolled_back(
    change: Change,
    now: LiveRecord | None,
    known: OwnedRecord | None,
    answered: Mapping[str, str | None] | None = None,
    is_new: bool | None = None,
) -> RecordDecision:
    return roll_back(COMPANIES, AppliedChange(change, Applied(ID, answered or {}, is_new)), now, known)


def of_acme(**values: str | None) -> LiveRecord:
    return live(ID, {"external_id": "acme"} | values)


def known_as(**sent: str | None) -> OwnedRecord:
    return owned("acme", ID, sent)


def only_held(decision: RecordDecision) -> tuple[Reason, str]:
    assert decision.change is None
    (held,) = decision.held
    return held.reason, note_of(held)


def test_a_value_goes_back_to_what_it_was() -> None:
    decision = rolled_back(update(written("phone", "1", "2")), of_acme(phone="2"), known_as(phone="2"))

    assert decision == RecordDecision(
        update_record(
            ACME,
            ID,
            (ValueChange("phone", "2", "1", Reason.ROLLED_BACK),),
            Reason.ROLLED_BACK,
            operation=BY_RECORD_ID,
            source=None,
            owned=Owned(Origin.CREATED),
            rests_on=(kept("external_id", "acme"),),
        )
    )


@pytest.mark.parametrize(("before", "after"), [("1", None), (None, "2")])
def test_cleared_values_are_filled_and_filled_ones_cleared(before: str | None, after: str | None) -> None:
    decision = rolled_back(
        update(written("phone", before, after)), of_acme(phone=after), known_as(phone=after)
    )

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert [(value.before, value.after) for value in decision.change.values] == [(after, before)]


def test_hubspots_own_spelling_of_what_was_written_is_no_edit() -> None:
    decision = rolled_back(
        update(written("name", "Acme", " Acme GmbH")),
        of_acme(name="Acme GmbH"),
        known_as(name=" Acme GmbH"),
        answered={"name": "Acme GmbH"},
    )

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE


def test_another_spelling_of_the_same_number_is_no_edit() -> None:
    change = update(written("annualrevenue", "1", "2"))
    decision = rolled_back(change, of_acme(annualrevenue="2.0"), known_as(annualrevenue="2"))
    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE


def test_a_value_that_people_changed_since_is_left_and_shown_beside_what_it_was() -> None:
    change = update(written("name", "A", "B"), written("phone", "1", "2"))

    decision = rolled_back(change, of_acme(name="B", phone="3"), known_as(name="B", phone="2"))

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert [value.name for value in decision.change.values] == ["name"]
    (held,) = decision.held
    assert (held.name, held.reason, held.live, held.desired) == ("phone", Reason.SUPERSEDED, "3", "1")
    assert note_of(held) == "changed in HubSpot"


def test_a_value_that_a_later_run_wrote_is_left_and_said_to_be_ours() -> None:
    change = update(written("phone", "1", "2"))

    assert only_held(rolled_back(change, of_acme(phone="3"), known_as(phone="3"))) == (
        Reason.SUPERSEDED,
        "a later apply wrote it",
    )


def test_a_value_that_is_back_already_is_learned() -> None:
    decision = rolled_back(update(written("phone", "1", "2")), of_acme(phone="1"), known_as(phone="2"))

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.ADOPT
    assert decision.change.remembered == (ValueChange("phone", "1", "1", Reason.ROLLED_BACK),)
    assert (
        rolled_back(update(written("phone", "1", "2")), of_acme(phone="1"), known_as(phone="1"))
        == RecordDecision()
    )


def test_a_key_goes_back_with_the_other_values() -> None:
    change = update(written("external_id", "old", "acme"), written("name", "Old", "Acme"), moved_from=OLD)

    decision = rolled_back(change, of_acme(name="Acme"), known_as(name="Acme"))

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert decision.change.record == replace(ACME, value="old")
    assert decision.change.moved_from == ACME
    assert decision.change.operation == BY_RECORD_ID
    assert decision.change.rests_on == ()  # the change writes the key itself


def test_a_key_that_is_back_already_is_the_one_that_state_knows_it_by() -> None:
    change = update(written("external_id", "old", "acme"), moved_from=OLD)

    decision = rolled_back(change, live(ID, {"external_id": "old"}), known_as(name="Acme"))

    assert decision == RecordDecision(
        adopt_thing(
            OLD,
            ID,
            Reason.RENAMED,
            None,
            Owned(Origin.CREATED),
            rests_on=(kept("external_id", "old"),),
            moved_from=ACME,
        )
    )


def test_a_key_that_changed_again_stays_and_the_other_values_go_back() -> None:
    change = update(written("external_id", "old", "acme"), written("name", "Old", "Acme"), moved_from=OLD)

    decision = rolled_back(change, live(ID, {"external_id": "third", "name": "Acme"}), known_as(name="Acme"))

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert (decision.change.record, decision.change.moved_from) == (ACME, None)
    assert [held.name for held in decision.held] == ["external_id"]


def test_a_record_that_was_created_is_archived_as_ours() -> None:
    decision = rolled_back(create(name="Acme"), of_acme(name="Acme"), known_as(name="Acme"))

    assert decision == RecordDecision(
        archive_record(
            ACME, ID, Reason.ROLLED_BACK, None, owned_before=Owned(Origin.CREATED), rests_on=RESTS_ON
        )
    )


def test_a_created_record_that_state_no_longer_knows_is_archived_as_a_strangers() -> None:
    decision = rolled_back(create(name="Acme"), of_acme(name="Acme"), None)

    assert decision == RecordDecision(
        archive_record(ACME, ID, Reason.ROLLED_BACK, None, owned_before=None, rests_on=RESTS_ON)
    )


@pytest.mark.parametrize(
    ("now", "known", "is_new", "reason", "note"),
    [
        (
            of_acme(name="Other", phone="1"),
            known_as(name="Acme", phone="1"),
            True,
            Reason.SUPERSEDED,
            "name changed since",
        ),
        (
            live(ID, {"external_id": "acme-2", "name": "Acme", "phone": "1"}),
            known_as(),
            True,
            Reason.SUPERSEDED,
            "external_id",
        ),
        (
            of_acme(name="Acme", phone="1"),
            replace(known_as(), is_protected=True),
            True,
            Reason.FINAL,
            "`$protect: false`",
        ),
        (
            of_acme(name="Acme", phone="1"),
            known_as(),
            False,
            Reason.FINAL,
            "it existed in HubSpot before the run",
        ),
        (
            of_acme(name="Acme", phone="1"),
            owned("acme", "9002", {}),
            True,
            Reason.SUPERSEDED,
            "this is now record 9002",
        ),
        (None, None, True, Reason.GONE, "record 9001 is no longer there"),
    ],
)
def test_a_created_record_stays_where_archiving_it_would_lose_something(
    now: LiveRecord | None, known: OwnedRecord | None, is_new: bool, reason: Reason, note: str
) -> None:
    found, reported = only_held(rolled_back(create(name="Acme", phone="1"), now, known, is_new=is_new))

    assert found is reason
    assert note in reported


def test_an_adopted_record_is_released_with_what_state_knew_of_it() -> None:
    known = replace(owned("acme", ID, {"phone": "1"}, {"phone": "+1"}), origin=Origin.ADOPTED)

    decision = rolled_back(adopt(), None, known)

    in_step = (ValueChange("phone", "+1", "1", Reason.IN_STEP),)
    assert decision == RecordDecision(release(ACME, ID, Reason.ROLLED_BACK, None, Origin.ADOPTED, in_step))
    assert rolled_back(adopt(), None, None) == RecordDecision()


def test_values_that_state_only_learned_stay_known() -> None:
    assert rolled_back(adopt(reason=Reason.IN_STEP), of_acme(), known_as(phone="1")) == RecordDecision()


def test_a_released_record_is_ours_again_with_the_values_that_hubspot_still_holds() -> None:
    known = owned("acme", ID, {"name": "Acme", "phone": "1"}, origin=Origin.ADOPTED)

    decision = rolled_back(release_thing(known, Reason.PRUNED), of_acme(name="Acme", phone="3"), None)

    in_step = (ValueChange("name", "Acme", "Acme", Reason.IN_STEP),)
    assert decision.change == adopt_thing(
        ACME,
        ID,
        Reason.ROLLED_BACK,
        None,
        Owned(Origin.ADOPTED),
        remembered=in_step,
        rests_on=(kept("external_id", "acme"),),
    )
    assert [(held.name, held.live, held.desired) for held in decision.held] == [("phone", "3", "1")]


def test_the_two_take_each_other_back() -> None:
    known = owned("acme", ID, {"name": "Acme"}, origin=Origin.ADOPTED)
    now = of_acme(name="Acme")
    adopted = rolled_back(release_thing(known, Reason.PRUNED), now, None).change
    assert isinstance(adopted, Change)
    assert adopted.action is Action.ADOPT

    released = rolled_back(adopted, now, known).change
    assert isinstance(released, Change)
    assert released.action is Action.RELEASE
    assert released == release_thing(known, Reason.ROLLED_BACK)
    assert rolled_back(released, now, None).change == adopted


def test_an_archived_record_stays_archived_unless_somebody_restored_it() -> None:
    change = archive_record(ACME, ID, Reason.PRUNED, None, owned_before=Owned(Origin.CREATED))

    reason, note = only_held(rolled_back(change, None, None))

    assert reason is Reason.FINAL
    assert "within 90 days" in note
    assert rolled_back(change, of_acme(), None) == RecordDecision()


def test_a_record_that_is_gone_is_explained_by_what_state_knows_of_it() -> None:
    known = known_as(phone="2")

    decision = rolled_back(update(written("phone", "1", "2")), None, known)

    assert decision.gone == known
    assert decision.held[0].reason is Reason.GONE


def test_a_record_that_is_no_longer_ours_is_nothing_to_prune_afterwards() -> None:
    decision = rolled_back(update(written("phone", "1", "2")), of_acme(phone="2"), None)

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert decision.change.owned == Owned(Origin.ADOPTED)


def test_protection_is_kept() -> None:
    known = replace(known_as(phone="2"), is_protected=True)

    decision = rolled_back(update(written("phone", "1", "2")), of_acme(phone="2"), known)

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert decision.change.is_protected


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (written("left", "1", "2"), "HubSpot has no such property any more"),
        (written("createdate", "2026-11-22", "2026-11-23"), "it is read-only in HubSpot now"),
        (written("industry", "TIMBER", "SENSORS"), 'HubSpot has no option "TIMBER" any more'),
        (written("product_lines", "EDGE;STEAM", "EDGE"), 'HubSpot has no option "STEAM" any more'),
        (written("product_lines", "STEAM;COAL;EDGE;WIND", "EDGE"), 'HubSpot has no option "COAL" any more'),
    ],
)
def test_values_that_hubspot_would_refuse_are_reported(value: ValueChange, note: str) -> None:
    decision = rolled_back(
        update(value), of_acme(**{value.name: value.after}), known_as(**{value.name: value.after})
    )

    assert only_held(decision) == (Reason.FINAL, note)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("industry", "PRINTING", "SENSORS"),
        ("product_lines", "EDGE;CLOUD", "EDGE"),
        ("industry", None, "SENSORS"),
        ("stage", "s2", "s1"),
        ("pipeline", None, "p1"),
    ],
)
def test_a_choice_that_hubspot_still_has_goes_back(name: str, before: str | None, after: str) -> None:
    decision = rolled_back(
        update(written(name, before, after)), of_acme(**{name: after}), known_as(**{name: after})
    )

    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert decision.change.values == (ValueChange(name, after, before, Reason.ROLLED_BACK),)
    assert decision.held == ()


def test_a_stage_is_looked_for_in_the_pipelines_whatever_options_its_property_lists() -> None:
    stage = definition("stage", Kind.STAGE, "s1")
    schema = replace(COMPANIES, properties={**COMPANIES.properties, "stage": stage})
    applied_change = AppliedChange(update(written("stage", "s2", "s1")), Applied(ID, {}))

    change = roll_back(schema, applied_change, of_acme(stage="s1"), known_as(stage="s1")).change
    assert change is not None
    assert change.action is Action.UPDATE


def test_records_named_by_record_id_have_no_key_to_look_at() -> None:
    key = RecordAddress("companies", RECORD_ID, ID)
    change = replace(update(written("phone", "1", "2")), address=key)

    ids, names = ids_and_names(COMPANIES, [AppliedChange(change, Applied(ID, {}))])
    decision = rolled_back(change, live(ID, {"phone": "2"}), None)

    assert (ids, names) == ([ID], ["name", "phone"])
    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert decision.change.record == key


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        ((), {"acme": ["name", "phone"], "globex": ["name"]}),
        (("companies/a*",), {"acme": ["name", "phone"]}),
        (("companies/*#phone",), {"acme": ["phone"]}),
        (("companies/globex", "companies/acme#name"), {"acme": ["name"], "globex": ["name"]}),
        (("deals/*",), {}),
    ],
)
def test_targets_mean_records_or_properties(
    targets: Sequence[str], meant: Mapping[str, Sequence[str]]
) -> None:
    acme = update(written("name", "A", "B"), written("phone", "1", "2"))
    globex = replace(update(written("name", "A", "B")), address=replace(ACME, value="globex"))

    globs = tuple(map(glob_of, targets))
    applied = [(acme, Applied(ID, {})), (globex, Applied(RecordId("9002"), {}))]
    groups = applied_changes(applied, Selection(target=globs), UnmatchedGlobs({}))

    found = [applied_change.change for group in groups.values() for applied_change in group]
    assert {
        change.record.value: [value.name for value in change.values]
        for change in found
        if change.action is Action.UPDATE
    } == meant


@pytest.mark.parametrize(
    ("target", "is_meant"), [("companies/acme", True), ("companies/a*", True), ("companies/globex", False)]
)
@pytest.mark.parametrize(
    "change", [create(name="A"), adopt(), archive_record(ACME, ID, Reason.PRUNED, None, owned_before=None)]
)
def test_other_changes_than_updates_are_rolled_back_as_a_whole_or_not_at_all(
    change: Change, target: str, is_meant: bool
) -> None:
    applied_change = AppliedChange(change, Applied(ID, {}))
    groups = applied_changes([applied_change], Selection(target=(glob_of(target),)), UnmatchedGlobs({}))
    assert groups == ({("companies", "external_id"): [applied_change]} if is_meant else {})


def test_associations_are_taken_back_elsewhere_and_records_after_them_here() -> None:
    pair = associate(
        AssociationAddress(ACME, OLD), Remote(ID, RecordId("9002")), Reason.MISSING, LINE, is_whole=True
    )
    acme = update(written("name", "A", "B"))
    groups = applied_changes(
        [(pair, Applied(ID, {})), (acme, Applied(ID, {}))], EVERYTHING, UnmatchedGlobs({})
    )

    assert groups == {("companies", "external_id"): [AppliedChange(acme, Applied(ID, {}))]}


def test_a_target_that_the_run_did_not_change_is_an_error() -> None:
    for target, is_met in (("companies/acme#name", True), ("companies/acme", True), ("companies/b*", False)):
        globs = (glob_of(target),)
        unmatched = UnmatchedGlobs({"--target": globs})
        applied_changes(
            [(update(written("name", "A", "B")), Applied(ID, {}))], Selection(target=globs), unmatched
        )
        with nullcontext() if is_met else pytest.raises(UsageError):
            unmatched.refuse("this run changed")


def test_erased_values_are_reported_and_stop_nothing() -> None:
    (problem,) = forgotten(3)

    assert problem.message.startswith("3 changes of this run cannot be rolled back")
    assert str(problem.severity) == "warning"
    assert [each.message for each in forgotten(1)] == [
        "1 change of this run cannot be rolled back: its values were forgotten"
    ]
    assert forgotten(0) == []


def test_a_pipeline_goes_back_with_its_stage() -> None:
    change = update(written("pipeline", "p1", "p2"), written("stage", "s1", "s3"))
    decision = rolled_back(change, of_acme(pipeline="p2", stage="s3"), known_as(pipeline="p2", stage="s3"))
    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert {value.name: value.after for value in decision.change.values} == {"pipeline": "p1", "stage": "s1"}


def test_a_pipeline_does_not_go_back_without_a_stage_that_people_changed_since() -> None:
    change = update(written("pipeline", "p1", "p2"), written("stage", "s1", "s3"))
    decision = rolled_back(change, of_acme(pipeline="p2", stage="s4"), known_as(pipeline="p2", stage="s3"))
    assert decision.change is None
    assert {held.name: held.reason for held in decision.held} == {
        "stage": Reason.SUPERSEDED,
        "pipeline": Reason.FINAL,
    }


def test_a_stage_does_not_go_back_into_a_pipeline_that_people_chose_since() -> None:
    decision = rolled_back(
        update(written("stage", "s1", "s2")), of_acme(pipeline="p2", stage="s2"), known_as(stage="s2")
    )
    reason, note = only_held(decision)
    assert reason is Reason.FINAL
    assert note == "it would not fit pipeline: a stage belongs to one pipeline"


@pytest.mark.parametrize(("name", "kind"), [("pipeline", "pipeline"), ("stage", "stage")])
def test_a_missing_pipeline_or_stage_is_not_restored(name: str, kind: str) -> None:
    decision = rolled_back(
        update(written(name, "gone", "p1")), of_acme(**{name: "p1"}), known_as(**{name: "p1"})
    )
    assert only_held(decision) == (Reason.FINAL, f'HubSpot has no {kind} "gone" any more')


def test_required_values_are_not_cleared_again() -> None:
    decision = rolled_back(update(written("name", None, "Acme")), of_acme(name="Acme"), known_as(name="Acme"))
    assert only_held(decision) == (
        Reason.FINAL,
        "rolling back would empty the property, and companies require a value",
    )


def test_both_of_pipeline_and_stage_are_read_to_take_one_of_them_back() -> None:
    _, names = ids_and_names(
        COMPANIES, [AppliedChange(update(written("stage", "s1", "s2")), Applied(ID, {}))]
    )
    assert names == ["external_id", "name", "pipeline", "stage"]


def test_a_choice_whose_options_the_portal_does_not_list_goes_back() -> None:
    """Some options are not in the definition, so the value cannot be checked, and is restored."""
    schema = replace(COMPANIES, properties={**COMPANIES.properties, "tier": definition("tier", Kind.CHOICE)})
    applied_change = AppliedChange(update(written("tier", "gold", "silver")), Applied(ID, {}))
    decision = roll_back(schema, applied_change, of_acme(tier="silver"), known_as(tier="silver"))
    assert decision.held == ()
    assert isinstance(decision.change, Change)
    assert decision.change.action is Action.UPDATE
    assert decision.change.values == (ValueChange("tier", "silver", "gold", Reason.ROLLED_BACK),)
