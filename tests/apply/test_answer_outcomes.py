"""The outcome of a change whose answer differs from what was sent.

HubSpot's answer may contain another record, another value, or only another spelling of the same value.
"""

from collections.abc import Mapping

import pytest

from reconciler.apply.records.answer_outcomes import checked_outcome, only_emptied
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Kind, ObjectSchema, Option, PropertyDef
from reconciler.model.outcomes import Applied, Rejected, Unknown
from reconciler.model.owned import Origin
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.records.changes import create_record, update_record
from reconciler.plan.values.equality import REWRITTEN
from reconciler.source import SourceRef

KEY = RecordAddress("companies", "external_id", "acme")
ID = RecordId("9001")
STAGES = tuple(Option(value, value.title()) for value in ("subscriber", "lead", "customer"))


def schema(kind: Kind) -> ObjectSchema:
    known = (
        PropertyDef("value", "Value", kind),
        PropertyDef("name", "Name", Kind.TEXT),
        PropertyDef("lifecyclestage", "Stage", Kind.CHOICE, STAGES),
    )
    return ObjectSchema("companies", "companies", {definition.name: definition for definition in known})


def update(**values: tuple[str | None, str | None]) -> Change:
    written = (ValueChange(name, *texts, Reason.CHANGED) for name, texts in sorted(values.items()))
    route = Operation(Call.UPDATE, None)
    return update_record(
        KEY, ID, tuple(written), Reason.CHANGED, operation=route, source=None, owned=Owned(Origin.CREATED)
    )


def create(**values: str) -> Change:
    written = (ValueChange(name, None, text, Reason.MISSING) for name, text in sorted(values.items()))
    route = Operation(Call.UPSERT, "external_id")
    return create_record(KEY, tuple(written), Reason.MISSING, route, SourceRef("c.yaml", 1, 1))


def answered(is_new: bool | None = None, **values: str | None) -> Applied:
    return Applied(ID, values, is_new)


EQUAL: Mapping[Kind, tuple[str, str]] = {
    Kind.NUMBER: ("12.10", "12.1"),
    Kind.BOOLEAN: ("true", "True"),
    Kind.CHOICES: ("b;a", "a;b"),
    Kind.DATE: ("2026-11-22", "2026-11-22T00:00:00Z"),
    Kind.DATETIME: ("2026-11-22T10:00:00.123456+01:00", "2026-11-22T09:00:00.123Z"),
    Kind.FILES: ("11;12", "12;11"),
    Kind.OWNERS: ("77;78", "78;77"),
    Kind.JSON: ('{"a": 1, "b": 2}', '{"b":2,"a":1.0}'),
}
OTHER: Mapping[Kind, tuple[str, str | None]] = {
    Kind.NUMBER: ("12.1", "12"),
    Kind.BOOLEAN: ("true", "false"),
    Kind.CHOICE: ("gold", "silver"),
    Kind.CHOICES: ("a;b", "a"),
    Kind.DATE: ("2026-11-22", "2026-11-21"),
    Kind.DATETIME: ("2026-11-22T10:00:00.001Z", "2026-11-22T10:00:00.002Z"),
    Kind.OWNER: ("77", "78"),
    Kind.PIPELINE: ("default", "other"),
    Kind.STAGE: ("1", None),
    Kind.FILES: ("11", "12"),
    Kind.OWNERS: ("77;78", "77"),
    Kind.JSON: ('{"a": 1}', '{"a": true}'),
}


@pytest.mark.parametrize("kind", EQUAL)
def test_another_spelling_of_the_same_value_is_that_value(kind: Kind) -> None:
    sent, kept = EQUAL[kind]
    outcome = answered(value=kept)
    assert checked_outcome(schema(kind), update(value=(None, sent)), outcome) == outcome


@pytest.mark.parametrize("kind", sorted(REWRITTEN))
def test_another_value_of_a_rewritten_kind_is_only_a_spelling(kind: Kind) -> None:
    outcome = answered(value="what HubSpot made of it")
    assert checked_outcome(schema(kind), update(value=("x", "y")), outcome) == outcome


@pytest.mark.parametrize("kind", OTHER)
def test_elsewhere_the_value_was_not_taken(kind: Kind) -> None:
    sent, kept = OTHER[kind]
    outcome = checked_outcome(
        schema(kind), update(value=("x", sent), name=("A", "B")), answered(value=kept, name="B")
    )
    assert isinstance(outcome, Rejected)
    assert (
        "did not store what reconciler sent for value; it stored the values of the other properties:"
        in outcome.message
    )
    assert outcome.done == Applied(ID, {"value": kept, "name": "B"}, None, {"value": kept, "name": "B"})


@pytest.mark.parametrize(("kind", "before"), [(Kind.NUMBER, "12.0"), (Kind.CHOICE, "silver")])
def test_a_value_that_is_as_before_was_not_written_at_all(kind: Kind, before: str) -> None:
    sent, kept = OTHER[kind]
    change = update(value=(before, sent), name=("A", "B"))
    outcome = checked_outcome(schema(kind), change, answered(value=kept, name="B"))
    assert isinstance(outcome, Rejected)
    assert outcome.done is not None
    assert outcome.done.written == {"name": "B"}


def test_every_kind_is_one_of_those_that_are_rewritten_or_not() -> None:
    assert {*OTHER, *REWRITTEN} == set(Kind)


def test_a_value_that_was_not_cleared_was_not_accepted() -> None:
    outcome = checked_outcome(schema(Kind.CHOICE), update(value=("gold", None)), answered(value="gold"))
    assert isinstance(outcome, Rejected)
    assert outcome.done is None
    assert "stored the other values" not in outcome.message


def test_a_property_that_the_answer_leaves_out_is_as_sent() -> None:
    outcome = answered(name="B")
    assert (
        checked_outcome(schema(Kind.CHOICE), update(value=(None, "gold"), name=("A", "B")), outcome)
        == outcome
    )


def test_a_new_record_is_ours_though_a_value_was_not_taken() -> None:
    answer = answered(is_new=True, value="silver")
    outcome = checked_outcome(schema(Kind.CHOICE), create(value="gold"), answer)
    assert isinstance(outcome, Rejected)
    assert outcome.done == Applied(ID, {"value": "silver"}, is_new=True, written={"value": "silver"})


@pytest.mark.parametrize(
    ("is_new", "reported"),
    [
        (True, "HubSpot created record 9002 instead of updating 9001: the key of the old record has changed"),
        (False, "HubSpot wrote to record 9002 instead of 9001, because record 9002 has the key now"),
        (None, "HubSpot wrote to record 9002 instead of 9001, because record 9002 has the key now"),
    ],
)
def test_an_answer_of_another_record_is_never_applied(is_new: bool | None, reported: str) -> None:
    elsewhere = Applied(RecordId("9002"), {"name": "B"}, is_new)
    outcome = checked_outcome(schema(Kind.TEXT), update(name=("A", "B")), elsewhere)
    assert isinstance(outcome, Rejected)
    assert outcome.message.startswith(reported)
    assert (outcome.record_id, outcome.done) == ("9002", None)


def test_an_outcome_without_an_answer_is_unchanged() -> None:
    for outcome in (Rejected("no"), Unknown("lost")):
        assert checked_outcome(schema(Kind.TEXT), update(name=("A", "B")), outcome) == outcome


def test_only_the_written_part_is_checked_and_cleared_values_are_empty() -> None:
    change = update(value=("x", "gold"), lifecyclestage=("customer", "lead"), name=("A", "B"))
    sent = {"value": "gold", "lifecyclestage": ""}
    answer = answered(value="silver", lifecyclestage=None, name="A")
    outcome = checked_outcome(schema(Kind.CHOICE), change, answer, sent)
    assert isinstance(outcome, Rejected)
    assert (
        "did not store what reconciler sent for value; it stored the values of the other properties:"
        in outcome.message
    )
    assert outcome.done is not None
    assert outcome.done.written == {"lifecyclestage": None, "value": "silver"}


BACK = update(lifecyclestage=("customer", "lead"), name=("A", "B"))


def test_a_stage_that_was_emptied_and_not_set_is_empty_for_state_too() -> None:
    outcome = only_emptied(schema(Kind.TEXT), BACK, Rejected("the portal has a rule", "VALIDATION_ERROR"))
    assert outcome.message.startswith("the portal has a rule. lifecyclestage was emptied first")
    assert outcome.category == "VALIDATION_ERROR"
    assert outcome.done == Applied(ID, {}, written={"lifecyclestage": None})


def test_a_stage_that_was_passed_over_leaves_the_other_values_written() -> None:
    answer = answered(lifecyclestage=None, name="B")
    second = checked_outcome(schema(Kind.TEXT), BACK, answer, is_emptied=True)
    assert isinstance(second, Rejected)
    outcome = only_emptied(schema(Kind.TEXT), BACK, second)
    assert outcome.done == Applied(ID, {"name": "B"}, written={"lifecyclestage": None, "name": "B"})


def test_a_stage_that_was_set_is_not_told_as_empty_where_another_value_was_not_taken() -> None:
    change = update(lifecyclestage=("customer", "lead"), value=("x", "gold"))
    second = checked_outcome(schema(Kind.CHOICE), change, answered(lifecyclestage="lead", value="silver"))
    assert isinstance(second, Rejected)
    assert only_emptied(schema(Kind.CHOICE), change, second) == second


@pytest.mark.parametrize("change", [create(name="A"), update(name=("A", "B"))])
def test_a_single_call_emptied_nothing(change: Change) -> None:
    assert only_emptied(schema(Kind.TEXT), change, Rejected("no")) == Rejected("no")


def test_the_first_of_two_calls_is_checked_by_its_own_values() -> None:
    """The answer may also contain a value that only the second call writes."""
    change = update(lifecyclestage=("customer", "lead"), value=("x", "gold"))
    emptied = answered(lifecyclestage=None, value="x")
    assert checked_outcome(schema(Kind.CHOICE), change, emptied, {"lifecyclestage": ""}) == emptied
    assert checked_outcome(
        schema(Kind.CHOICE), change, answered(value="gold"), {"value": "gold"}
    ) == answered(value="gold")
    left = checked_outcome(
        schema(Kind.CHOICE), change, answered(lifecyclestage="customer"), {"lifecyclestage": ""}
    )
    assert isinstance(left, Rejected)
    assert left.done is None


def test_every_value_that_was_not_accepted_is_named() -> None:
    sent = {"value": "gold", "lifecyclestage": "lead"}
    change = update(lifecyclestage=("customer", "lead"), value=("x", "gold"))
    outcome = checked_outcome(
        schema(Kind.CHOICE), change, answered(lifecyclestage="customer", value="x"), sent
    )
    assert isinstance(outcome, Rejected)
    assert outcome.message.startswith("HubSpot did not store what reconciler sent for lifecyclestage, value:")


def test_a_property_that_the_portal_lacks_by_now_is_looked_at_as_text() -> None:
    change = update(gone=("1", "1.0"))

    assert checked_outcome(schema(Kind.TEXT), change, answered(gone="one")) == answered(gone="one")
