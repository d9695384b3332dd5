"""Comparing one record: absent, renamed, protected, gone, pruned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.errors import Severity
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired import ListedRecords
from reconciler.model.desired_records import DesiredRecord, Drift, Ownership, Prune, RecordDirectives, Write
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord, MissingReason, MissingRecord
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.property_history import ChangeSource, PropertyHistory, ValueVersion
from reconciler.model.references import PropertyRef
from reconciler.model.selection import Glob, glob_of
from reconciler.plan.change import Action, Change, Owned, Reason
from reconciler.plan.drift.provenance import Edits, OurRuns
from reconciler.plan.plan import Held
from reconciler.plan.records.changes import replaced_by
from reconciler.plan.records.compare import RecordDecision, compare_record
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.prune import decide_prune, facts_of_gone, not_in_manifests
from reconciler.plan.records.sides import RecordSides
from reconciler.plan.values.resolve import Resolver
from reconciler.report.fact_sentences import facts_text
from tests.support.nouns import COMPANIES, FILES, definition, desired, document, live, owned

ACME = desired("acme", {"name": "Acme"})
OLD = RecordAddress("companies", "external_id", "acme-old")
RENAMED = replace(ACME, special=RecordDirectives(renamed_from="acme-old"))
REVERT = Policy(Drift.REVERT)
UNWANTED = replace(desired("acme", {}), special=RecordDirectives(is_absent=True))
THERE = live("9001", {"name": "Acme"})
OTHER = live("9002", {"name": "Acme"})
OURS = owned("acme", "9001", {"name": "Acme"})


def meant(glob: str) -> tuple[Glob, ...]:
    return (glob_of(glob),)


def decision(
    record: DesiredRecord,
    found: LiveRecord | None = None,
    known: OwnedRecord | None = None,
    old: LiveRecord | None = None,
    policy: Policy = REVERT,
) -> RecordDecision:
    resolver = Resolver(COMPANIES, FILES, {})
    return compare_record(resolver, RecordSides(record, found, known, old), policy)


def test_only_the_old_key_is_there_and_the_record_is_renamed_by_its_id() -> None:
    change = decision(RENAMED, None, None, live("9001", {"name": "Acme", "external_id": "acme-old"})).change
    assert isinstance(change, Change)
    assert change.action is Action.UPDATE
    assert (change.remote.id, change.reason, change.moved_from) == ("9001", Reason.RENAMED, OLD)
    assert [(value.name, value.before, value.after) for value in change.values] == [
        ("external_id", "acme-old", "acme")
    ]
    assert change.sent_by.id_property is None


def test_only_the_new_key_is_there_and_nothing_is_renamed() -> None:
    assert decision(RENAMED, THERE, OURS) == RecordDecision()


def test_both_keys_lead_to_one_record_and_nothing_is_renamed() -> None:
    assert decision(RENAMED, THERE, OURS, replace(THERE)) == RecordDecision()


def test_both_keys_are_two_records_and_a_problem() -> None:
    (problem,) = decision(RENAMED, THERE, OURS, OTHER).problems
    assert problem.message == (
        "the portal has a record with this key and another one with the key in `$renamed_from`, so no record "
        "was renamed"
    )


def test_neither_key_is_there_and_the_record_is_created() -> None:
    created = decision(RENAMED).change
    assert created is not None
    assert created.action is Action.CREATE


def test_empty_values_of_a_new_record_are_remembered() -> None:
    change = decision(desired("acme", {"name": "Acme", "phone": None}), None, None).change
    assert isinstance(change, Change)
    assert change.action is Action.CREATE
    assert [value.name for value in change.values] == ["name"]
    assert [(value.name, value.after, value.reason) for value in change.remembered] == [
        ("phone", None, Reason.IN_STEP)
    ]


def test_an_unwanted_record_is_archived_whoever_made_it() -> None:
    mine, strange = decision(UNWANTED, THERE, OURS).change, decision(UNWANTED, THERE).change
    assert isinstance(mine, Change)
    assert mine.action is Action.ARCHIVE
    assert isinstance(strange, Change)
    assert strange.action is Action.ARCHIVE
    assert (mine.owned_before, strange.owned_before) == (Owned(Origin.CREATED), None)
    assert mine.reason is Reason.ABSENT


def test_an_unwanted_record_that_is_gone_is_forgotten() -> None:
    released = decision(UNWANTED, None, OURS).change
    assert released is not None
    assert released.action is Action.RELEASE
    assert decision(UNWANTED) == RecordDecision()


def test_a_protected_record_is_not_archived() -> None:
    (problem,) = decision(UNWANTED, THERE, replace(OURS, is_protected=True)).problems
    assert problem.message == "companies/acme is protected and cannot be archived"


def test_protection_outlives_its_line_and_is_lifted_by_a_word_of_its_own() -> None:
    protected = replace(OURS, is_protected=True)
    assert decision(ACME, THERE, protected) == RecordDecision()
    lifted = decision(replace(ACME, special=RecordDirectives(protect=False)), THERE, protected).change
    assert isinstance(lifted, Change)
    assert lifted.action is Action.ADOPT
    assert not lifted.is_protected
    set_ = decision(replace(ACME, special=RecordDirectives(protect=True)), THERE, OURS).change
    assert isinstance(set_, Change)
    assert set_.action is Action.ADOPT
    assert set_.is_protected


def test_a_gone_record_is_held_until_it_is_requested() -> None:
    gone = decision(ACME, None, OURS)
    assert gone.change is None
    assert gone.held[0].reason is Reason.GONE
    again = decision(ACME, None, OURS, policy=Policy(Drift.REVERT, recreate=meant("companies/acme"))).change
    assert isinstance(again, Change)
    assert again.action is Action.CREATE
    assert again.reason is Reason.RECREATED


@pytest.mark.parametrize("is_known_by_old_key", [True, False])
def test_a_record_created_again_replaces_the_lost_one_under_any_key(is_known_by_old_key: bool) -> None:
    ours, former = (None, OURS) if is_known_by_old_key else (OURS, None)
    again = Policy(Drift.REVERT, recreate=meant("companies/acme"))
    parts = RecordSides(RENAMED, None, ours, None, former and replace(former, key=OLD))
    found = compare_record(Resolver(COMPANIES, FILES, {}), parts, again).change
    assert isinstance(found, Change)
    assert found.action is Action.CREATE
    assert (found.reason, replaced_by(found)) == (Reason.RECREATED, "9001")
    assert {value.reason for value in found.values} == {Reason.RECREATED}


def test_a_record_that_was_never_ours_replaces_nothing() -> None:
    found = decision(ACME).change
    assert isinstance(found, Change)
    assert found.action is Action.CREATE
    assert (found.reason, replaced_by(found)) == (Reason.MISSING, None)


def test_single_properties_never_create_or_rename_their_record() -> None:
    partial = RecordDirectives(is_partial=True)
    (missing,) = decision(replace(ACME, special=partial)).held
    renamed = replace(ACME, special=replace(partial, renamed_from="acme-old"))
    old = live("9001", {"name": "Other", "external_id": "acme-old"})
    (held,) = decision(renamed, old=old).held
    for entry, reason in ((missing, Reason.MISSING), (held, Reason.RENAMED)):
        assert (entry.name, entry.reason) == (None, reason)
        assert entry.facts == (Fact(FactKind.WHOLE_RECORD_ONLY),)
    assert decision(renamed, old=old).change is None
    again = Policy(Drift.REVERT, recreate=meant("companies/acme"))
    assert decision(replace(ACME, special=partial), None, OURS, policy=again).held[0].reason is Reason.GONE


def test_a_record_is_protected_as_itself_and_not_as_another_one_that_had_its_key() -> None:
    """The record's own entry in state decides, under any key; without one, the entry under its key does."""
    other = replace(owned("acme", "9009", {}), is_protected=True)
    itself = replace(OURS, key=OLD)
    parts = RecordSides(ACME, THERE, other, moved=itself)
    moved = compare_record(Resolver(COMPANIES, FILES, {}), parts, REVERT).change
    assert isinstance(moved, Change)
    assert moved.action is Action.ADOPT
    assert (moved.is_protected, moved.moved_from) == (False, OLD)


def test_a_value_that_no_line_enforces_is_forgotten_if_all_lines_are_planned() -> None:
    known, now = owned("acme", "9001", {"name": "Acme", "phone": "1"}), live("9001", {"name": "Acme"})
    observed = replace(ACME, document=document(ownership={"name": Ownership.OBSERVE}))
    for record, names in ((ACME, ["phone"]), (observed, ["name", "phone"])):
        forgets = decision(record, now, known).change
        assert isinstance(forgets, Change)
        assert forgets.action is Action.ADOPT
        assert forgets.reason is Reason.UNMANAGED
        assert [value.name for value in forgets.forgotten] == names
        assert {value.reason for value in forgets.forgotten} == {Reason.UNMANAGED}
        assert (
            decision(record, now, known, policy=replace(REVERT, forgets_unmanaged=False)) == RecordDecision()
        )


def test_learned_and_forgotten_values_are_one_adoption() -> None:
    found = decision(ACME, THERE, owned("acme", "9001", {"phone": "1"})).change
    assert isinstance(found, Change)
    assert found.action is Action.ADOPT
    assert found.reason is Reason.IN_STEP
    assert [(value.name, value.reason) for value in found.remembered] == [("name", Reason.IN_STEP)]
    assert [(value.name, value.reason) for value in found.forgotten] == [("phone", Reason.UNMANAGED)]


@pytest.mark.parametrize("known", [None, owned("acme", "9001", {"phone": "1"})])
def test_an_observed_value_that_differs_is_reported_and_not_written(
    known: OwnedRecord | None,
) -> None:
    values = {"name": "Acme", "phone": "1"}
    observed = desired("acme", values, document(ownership={"name": Ownership.OBSERVE}))
    (held,) = decision(observed, live("9001", {"name": "Other", "phone": "1"}), known).held
    assert (held.name, held.reason, held.live, held.desired) == ("name", Reason.OBSERVED, "Other", "Acme")
    assert decision(observed, live("9001", values), known).held == ()


WORKFLOW = ChangeSource.WORKFLOW
MOMENT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def fought(rounds: int) -> Edits:
    """Build the edits of a workflow that wrote another name right after each of ``rounds`` applied writes."""
    moments = [MOMENT + timedelta(hours=number) for number in range(2 * rounds)]
    versions = tuple(
        ValueVersion(WORKFLOW, "17", at, "Theirs")
        if number % 2
        else ValueVersion(ChangeSource.INTEGRATION, "us", at, "Acme")
        for number, at in enumerate(moments)
    )
    runs = OurRuns(tuple((at, at) for at in moments[::2]))
    return Edits(
        {PropertyRef("companies", RecordId("9001"), "name"): PropertyHistory(versions, is_truncated=False)},
        runs,
    )


THEIRS = live("9001", {"name": "Theirs"})


@pytest.mark.parametrize(("rounds", "is_fight"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_value_that_an_automation_overwrites_is_held(rounds: int, is_fight: bool) -> None:
    found = compare_record(
        Resolver(COMPANIES, FILES, {}), RecordSides(ACME, THEIRS, OURS), REVERT, fought(rounds)
    )
    assert found.edited == (("companies", "9001", "name"),)
    assert (found.change is None) is is_fight
    if is_fight:
        assert [(held.reason, held.facts) for held in found.held] == [
            (Reason.CONTESTED, (Fact(FactKind.CONTESTED, count=rounds),))
        ]


@pytest.mark.parametrize(
    ("take", "is_written"),
    [("companies/acme#name", True), ("companies/acme", False), ("companies/*#name", False)],
)
def test_a_contested_value_is_written_only_by_its_exact_address(take: str, is_written: bool) -> None:
    policy = Policy(Drift.HOLD, take=meant(take))
    parts = RecordSides(ACME, THEIRS, OURS)
    found = compare_record(Resolver(COMPANIES, FILES, {}), parts, policy, fought(2))
    assert bool(found.change and found.change.is_remote) is is_written


def test_a_manifest_that_changed_as_well_is_a_conflict_and_no_fight() -> None:
    parts = RecordSides(desired("acme", {"name": "New"}), THEIRS, OURS)
    found = compare_record(Resolver(COMPANIES, FILES, {}), parts, REVERT, fought(2))
    assert isinstance(found.change, Change)
    assert found.change.action is Action.UPDATE
    assert found.change.reason is Reason.CONFLICT
    assert found.edited == (("companies", "9001", "name"),)


def test_take_decides_for_git_by_address_and_by_property() -> None:
    edited = live("9001", {"name": "Edited"})
    assert decision(ACME, edited, OURS, policy=Policy(Drift.HOLD)).change is None
    for glob in ("companies/a*", "companies/acme#name", "companies/acme"):
        taken = decision(ACME, edited, OURS, policy=Policy(Drift.HOLD, take=meant(glob)))
        assert isinstance(taken.change, Change)
        assert taken.change.action is Action.UPDATE
    assert decision(ACME, edited, OURS, policy=Policy(Drift.HOLD, take=meant("companies/b*"))).change is None


def test_a_record_that_took_over_the_key_of_ours_is_one_that_was_there_before_us() -> None:
    stranger = live("9002", {"name": "Edited"})
    written = decision(ACME, stranger, OURS).change
    assert isinstance(written, Change)
    assert written.action is Action.UPDATE
    assert (written.remote.id, written.reason, written.owned) == ("9002", Reason.ADOPT, Owned(Origin.ADOPTED))
    assert decision(ACME, stranger, OURS, policy=Policy(Drift.HOLD)).held[0].reason is Reason.ADOPT
    taken = decision(ACME, OTHER, replace(OURS, is_protected=True)).change
    assert isinstance(taken, Change)
    assert taken.action is Action.ADOPT
    assert taken.owned == Owned(Origin.ADOPTED, is_protected=True)


def test_an_alias_is_warned_of_and_written_by_record_id() -> None:
    by_key = replace(ACME, document=replace(ACME.document, write=Write.UPSERT))
    there = live("9001", {"name": "Old", "external_id": "ACME"})
    found = decision(by_key, there, OURS)
    assert isinstance(found.change, Change)
    assert found.change.action is Action.UPDATE
    assert found.change.sent_by.id_property is None
    (warning,) = found.problems
    assert (warning.message, warning.severity) == (
        "the key of companies/acme is spelled ACME in the portal",
        Severity.WARNING,
    )
    assert decision(ACME, live("9001", {"name": "Acme", "external_id": "ACME"}), OURS).is_no_op


def test_equal_spellings_of_a_key_are_no_alias() -> None:
    contacts = ObjectSchema("contacts", "contacts", {"email": definition("email", Kind.EMAIL)})
    record = desired("Ada@Acme.example", {}, document("contacts", "email"))
    resolver = Resolver(contacts, FILES, {})
    there = live("1", {"email": "ada@acme.example"})
    assert compare_record(resolver, RecordSides(record, there, None), REVERT).problems == ()
    second = compare_record(resolver, RecordSides(record, live("1", {"email": "a@x.example"}), None), REVERT)
    assert second.problems[0].message.endswith(" is a@x.example")


ADOPTED = replace(OURS, origin=Origin.ADOPTED)
PROTECTED = replace(OURS, is_protected=True)

LEFTOVERS = [
    (OURS, Prune.OFF, False, None, None),
    (OURS, Prune.OURS, False, Action.ARCHIVE, Reason.PRUNED),
    (ADOPTED, Prune.OURS, False, Action.RELEASE, Reason.PRUNED),
    (OURS, Prune.ALL, False, Action.ARCHIVE, Reason.PRUNED),
    (ADOPTED, Prune.ALL, False, Action.ARCHIVE, Reason.PRUNED),
    (PROTECTED, Prune.ALL, False, Held, Reason.PRUNED),
    (PROTECTED, Prune.OFF, False, None, None),
    (OURS, Prune.OFF, True, Action.RELEASE, Reason.NARROWED),
    (OURS, Prune.ALL, True, Action.RELEASE, Reason.NARROWED),
    (PROTECTED, Prune.OFF, True, Held, Reason.PRUNED),
    (PROTECTED, Prune.ALL, True, Held, Reason.PRUNED),
]


@pytest.mark.parametrize(("known", "prune", "elsewhere", "kind", "reason"), LEFTOVERS)
def test_pruning_of_records_that_no_manifest_names(
    known: OwnedRecord, prune: Prune, elsewhere: bool, kind: Action | type[Held] | None, reason: Reason | None
) -> None:
    decided = decide_prune(known, prune, is_live=True, is_named_elsewhere=elsewhere)
    found = decided.action if isinstance(decided, Change) else decided and type(decided)
    assert found is kind
    assert getattr(decided, "reason", None) == reason


def test_a_leftover_that_is_gone_is_forgotten() -> None:
    decided = decide_prune(OURS, Prune.ALL, is_live=False, is_named_elsewhere=False)
    assert isinstance(decided, Change)
    assert decided.action is Action.RELEASE


def test_named_and_renamed_records_are_not_pruned() -> None:
    known = [owned(key, "1", {}) for key in ("a", "acme-old", "b", "c")]
    records = [desired("a", {}), RENAMED, desired("c", {})]
    assert [entry.key.value for entry in not_in_manifests(known, ListedRecords(records))] == ["b"]
    assert [entry.key.value for entry in not_in_manifests(known, ListedRecords(()))] == [
        "a",
        "acme-old",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    ("fate", "reported"),
    [
        (MissingRecord(MissingReason.ARCHIVED, RecordId("9001"), None), "was archived in HubSpot"),
        (
            MissingRecord(MissingReason.MERGED, RecordId("9009"), "bigger"),
            "was merged into record 9009, whose external_id is",
        ),
        (MissingRecord(MissingReason.REKEYED, RecordId("9001"), "acme-2"), "its external_id is now acme-2"),
        (MissingRecord(MissingReason.ERASED, RecordId("9001"), None), "not in the portal"),
        (None, "not in the portal"),
    ],
)
def test_a_gone_record_is_explained_with_advice(fate: MissingRecord | None, reported: str) -> None:
    note = facts_text(facts_of_gone(OURS, fate), OURS.key)
    assert reported in note
    assert note.endswith("only --recreate companies/acme creates it again")


def test_records_named_by_id_are_never_created() -> None:
    by_id = replace(ACME, document=replace(ACME.document, key=RECORD_ID))
    assert (
        decision(by_id).problems[0].message == "the portal has no record of companies whose record_id is acme"
    )
