"""Records are compared; each change is assigned to a call of HubSpot's API, and the changes are sorted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Severity
from reconciler.model.addresses import RECORD_ID
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired import DesiredGroup, ListedRecords, Records
from reconciler.model.desired_records import DesiredRecord, Drift, Ownership, Write
from reconciler.model.live import LiveRecord
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.plan.change import Action, Change, Owned, Reason
from reconciler.plan.drift.provenance import NOBODY_KNOWS
from reconciler.plan.guards import DEFAULT_LIMITS, Guards
from reconciler.plan.plan import Plan
from reconciler.plan.records.decisions import explain_gone
from reconciler.plan.records.planner import RecordPlanner
from reconciler.plan.records.policy import Policy
from reconciler.plan.values.resolve import Resolver
from tests.support.nouns import COMPANIES, FILES, PORTAL, at, definition, desired, document, live, owned
from tests.support.plans import assembled

GUARDS = Guards(DEFAULT_LIMITS, {})


def plan(
    records: Sequence[DesiredRecord],
    found: Mapping[str, LiveRecord] | None = None,
    ours: Mapping[str, OwnedRecord] | None = None,
    drift: Drift = Drift.REVERT,
    schema: ObjectSchema = COMPANIES,
    *,
    skips_invalid: bool = False,
    named: Records | None = None,
) -> Plan:
    planner = RecordPlanner(Policy(drift))
    planner.add_chunk(Resolver(schema, FILES, {}), records, found or {}, ours or {}, named)
    planner.decide_edited(NOBODY_KNOWS)
    planner.decide_lost()
    explain_gone(planner.findings, {})
    portal = replace(PORTAL, objects={schema.name: schema})
    return assembled(planner.findings, portal, len(records), skips_invalid=skips_invalid)


def test_a_record_the_portal_lacks_is_created_with_its_key() -> None:
    made = plan([desired("acme", {"name": "Acme", "phone": None})])
    (change,) = made.changes
    assert isinstance(change, Change)
    assert change.action is Action.CREATE
    assert change.record.text == "companies/acme"
    assert [(value.name, value.before, value.after) for value in change.values] == [("name", None, "Acme")]
    assert change.operation == Operation(Call.UPSERT, "external_id")
    assert made.writes


def test_only_what_differs_is_updated_and_only_by_record_id() -> None:
    made = plan(
        [desired("acme", {"name": "Acme", "tier": "gold"})],
        {"acme": live("9001", {"name": "Acme", "tier": "silver"})},
        {"acme": owned("acme", "9001", {"name": "Acme", "tier": "silver"})},
    )
    (change,) = made.changes
    assert isinstance(change, Change)
    assert change.action is Action.UPDATE
    assert [(value.name, value.before, value.after) for value in change.values] == [
        ("tier", "silver", "gold")
    ]
    assert change.reason is Reason.CHANGED
    assert change.operation == Operation(Call.UPDATE, None)
    assert str(change.values[0].source) == "companies.yaml:12:7"


def test_unmentioned_properties_are_left_alone() -> None:
    made = plan(
        [desired("acme", {"name": "Acme"})],
        {"acme": live("9001", {"name": "Acme", "tier": "silver"})},
        {"acme": owned("acme", "9001", {"name": "Acme"})},
    )
    assert made.changes == ()
    assert made.no_op == 1


def test_a_record_in_step_that_is_not_ours_yet_is_adopted_without_a_write() -> None:
    made = plan([desired("acme", {"name": "Acme"})], {"acme": live("9001", {"name": "Acme"})})
    (change,) = made.changes
    assert isinstance(change, Change)
    assert change.action is Action.ADOPT
    assert (change.remote.id, change.owned, change.reason) == ("9001", Owned(Origin.ADOPTED), Reason.ADOPT)
    assert [value.name for value in change.remembered] == ["name"]
    assert not made.writes


def test_a_record_that_differs_and_is_not_ours_is_one_update_with_reason_adopt() -> None:
    made = plan(
        [desired("acme", {"name": "Acme", "tier": "gold"})],
        {"acme": live("9001", {"name": "Acme", "tier": "silver"})},
    )
    (change,) = made.changes
    assert isinstance(change, Change)
    assert change.action is Action.UPDATE
    assert (change.reason, change.owned) == (Reason.ADOPT, Owned(Origin.ADOPTED))
    assert [value.name for value in change.remembered] == ["name"]


def test_hold_leaves_what_people_changed_and_says_so() -> None:
    made = plan(
        [desired("acme", {"name": "Acme"})],
        {"acme": live("9001", {"name": "ACME!"})},
        {"acme": owned("acme", "9001", {"name": "Acme"})},
        Drift.HOLD,
    )
    assert made.changes == ()
    (held,) = made.held
    assert (held.address, held.reason, held.live, held.desired) == (
        "companies/acme#name",
        Reason.DRIFT,
        "ACME!",
        "Acme",
    )
    assert made.no_op == 0


def test_a_lost_record_is_never_created_again() -> None:
    made = plan([desired("acme", {"name": "Acme"})], {}, {"acme": owned("acme", "9001", {"name": "Acme"})})
    assert made.changes == ()
    assert made.held[0].reason is Reason.GONE
    assert made.held[0].facts[0].record_id == "9001"


def test_initial_values_are_written_at_creation_only() -> None:
    rules = document(ownership={"tier": Ownership.INITIAL})
    record = desired("acme", {"name": "Acme", "tier": "gold"}, rules)
    (created,) = plan([record]).changes
    assert isinstance(created, Change)
    assert created.action is Action.CREATE
    assert [value.name for value in created.values] == ["name", "tier"]
    there = {"acme": live("9001", {"name": "Acme", "tier": "silver"})}
    assert plan([record], there, {"acme": owned("acme", "9001", {"name": "Acme"})}).no_op == 1


def test_observed_values_are_reported_and_never_written() -> None:
    rules = document(ownership={"tier": Ownership.OBSERVE})
    record = desired("acme", {"name": "Acme", "tier": "gold"}, rules)
    (created,) = plan([record]).changes
    assert isinstance(created, Change)
    assert created.action is Action.CREATE
    assert [value.name for value in created.values] == ["name"]
    made = plan([record], {"acme": live("9001", {"name": "Acme", "tier": "silver"})})
    assert [held.reason for held in made.held] == [Reason.OBSERVED]
    assert not made.writes


@pytest.mark.parametrize(
    ("object_name", "key", "write", "route"),
    [
        ("companies", "external_id", Write.AUTO, Operation(Call.UPDATE, None)),
        ("companies", "external_id", Write.UPDATE, Operation(Call.UPDATE, "external_id")),
        ("companies", "external_id", Write.UPSERT, Operation(Call.UPSERT, "external_id")),
        ("companies", RECORD_ID, Write.UPDATE, Operation(Call.UPDATE, None)),
        ("contacts", "email", Write.UPSERT, Operation(Call.UPDATE, None)),
    ],
)
def test_existing_records_travel_by_the_call_that_the_document_asks_for(
    object_name: str, key: str, write: Write, route: Operation
) -> None:
    schema = ObjectSchema(object_name, object_name, COMPANIES.properties)
    record = desired("acme", {"tier": "gold"}, document(object_name, key, write))
    (change,) = plan([record], {"acme": live("9001", {"tier": "silver"})}, schema=schema).changes
    assert isinstance(change, Change)
    assert change.action is Action.UPDATE
    assert change.operation == route


def test_types_without_upsert_are_created_with_their_key() -> None:
    schema = ObjectSchema("companies", "companies", COMPANIES.properties, has_upsert=False)
    (change,) = plan([desired("acme", {"name": "A"})], schema=schema).changes
    assert isinstance(change, Change)
    assert change.action is Action.CREATE
    assert change.operation == Operation(Call.CREATE, "external_id")


@pytest.mark.parametrize(("key", "write"), [("external_id", Write.UPDATE), (RECORD_ID, Write.AUTO)])
def test_a_missing_record_that_must_exist_is_a_problem(key: str, write: Write) -> None:
    made = plan([desired("77", {"name": "A"}, document(key=key, write=write))])
    (problem,) = made.problems
    assert problem.message == f"the portal has no record of companies whose {key} is 77"
    assert str(problem.source) == "companies.yaml:10:3"
    assert not made.is_appliable


def test_two_addresses_of_one_live_record_are_a_problem() -> None:
    same = live("9001", {"name": "Acme"})
    made = plan([desired("a", {"name": "Acme"}), desired("b", {"name": "Acme"})], {"a": same, "b": same})
    (problem,) = made.problems
    assert problem.message == "companies/b and companies/a are the same record in the portal (9001)"


@pytest.mark.parametrize("order", [("Acme", "acme"), ("acme", "zebra")])
def test_a_record_found_by_its_own_key_is_recognised_without_being_collected(order: tuple[str, str]) -> None:
    same = live("9001", {"name": "Acme", "external_id": "acme"})
    records = [desired(key, {"name": "Acme"}) for key in order]
    made = plan(records, dict.fromkeys(order, same), named=ListedRecords(records))
    (problem,) = (problem for problem in made.problems if problem.severity is Severity.ERROR)
    assert (
        problem.message
        == f"companies/{order[1]} and companies/{order[0]} are the same record in the portal (9001)"
    )


def test_a_record_with_a_problem_is_not_half_planned() -> None:
    made = plan([desired("acme", {"name": "Acme", "tier": "lead"})], {"acme": live("1", {"name": "B"})})
    assert made.changes == ()
    assert len(made.problems) == 1


def test_invalid_records_can_be_left_out_and_the_others_go_on() -> None:
    records = [desired("acme", {"name": "A", "tier": "lead"}), desired("globex", {"name": "G"})]
    made = plan(records, skips_invalid=True)
    assert [change.record.value for change in made.changes] == ["globex"]
    assert [problem.severity for problem in made.problems] == [Severity.LEFT_OUT]
    assert made.is_appliable
    assert not plan(records).is_appliable


def test_a_warning_does_not_hold_up_its_record() -> None:
    record = desired("acme", {"name": "New", "hubspot_owner_id": "99"})
    made = plan([record], {"acme": live("1", {"name": "Old", "hubspot_owner_id": "99"})})
    assert len(made.problems) == 1
    assert len(made.changes) == 1
    assert made.is_appliable


def test_the_budget_counts_calls_of_a_hundred() -> None:
    made = plan([desired(f"c{number:03}", {"name": "A"}) for number in range(201)])
    assert made.budget.write_calls == 3
    assert made.budget.reread_calls == 3 + 3  # account, properties and pipelines first
    assert made.budget.seconds == 9 / 19


@given(st.permutations(["b", "a", "d", "c"]))
def test_the_order_of_records_does_not_matter(order: list[str]) -> None:
    records = [desired(key, {"name": "New", "tier": "gold"}) for key in order]
    found = {"a": live("1", {"name": "Old"}), "c": live("2", {"name": "New", "tier": "gold"})}
    actions = [(change.action, change.record.value) for change in plan(records, found).changes]
    assert actions == [("adopt", "c"), ("create", "b"), ("create", "d"), ("update", "a")]


@pytest.mark.parametrize(
    ("key", "message", "advice"),
    [
        ("external_idd", 'companies has no property "external_idd" to recognise records by', '"external_id"'),
        ("name", "name of companies is not unique: it cannot tell records apart", "by external_id, or"),
    ],
)
def test_a_key_that_cannot_tell_records_apart_is_a_problem(key: str, message: str, advice: str) -> None:
    planner = RecordPlanner(Policy(Drift.REVERT))
    said = document(key=key)
    group = DesiredGroup("companies", key, ListedRecords([desired("acme", {}, said)]), (said,))
    resolver = Resolver(COMPANIES, FILES, {})
    assert not planner.can_identify(resolver, group, lambda: resolver)
    (problem,) = planner.findings.problems
    assert problem.message == message
    assert advice in (problem.advice or "")
    assert str(problem.source) == "companies.yaml:1:1"


def test_a_column_that_is_no_property_is_told_once() -> None:
    planner = RecordPlanner(Policy(Drift.REVERT))
    said = replace(document(), columns={"name": at(1, 2), "teir": at(1, 3)})
    rows = ListedRecords([desired(key, {"name": "A", "teir": "gold"}, said) for key in "abc"])
    group = DesiredGroup("companies", "external_id", rows, (said,))
    resolver = Resolver(COMPANIES, FILES, {})
    assert planner.can_identify(resolver, group, lambda: resolver)
    assert planner.unknown_columns(resolver, group) == {"teir"}
    (problem,) = planner.findings.problems
    assert str(problem) == (
        'companies.yaml:1:3: companies has no property "teir"\n'
        '    did you mean "tier"? or leave the column out: `columns: {teir: null}`'
    )


def test_two_spellings_of_one_key_are_a_problem() -> None:
    contacts = ObjectSchema(
        "contacts", "contacts", {"email": definition("email", Kind.EMAIL)}, default_key="email"
    )
    by_email = document("contacts", "email")
    made = plan(
        [desired("Ada@x.example", {}, by_email), desired("ada@x.example", {}, by_email)], schema=contacts
    )
    (problem,) = made.problems
    assert problem.message == "ada@x.example and Ada@x.example are the same e-mail to HubSpot"
    assert len(made.changes) == 1
