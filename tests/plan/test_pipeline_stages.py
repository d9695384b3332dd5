"""Pipeline and stage of a record fit together, whether one or both of them are written."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired_records import Drift, Ownership, RecordDirectives
from reconciler.model.selection import glob_of
from reconciler.plan.change import Action, Reason
from reconciler.plan.records.compare import RecordDecision, compare_record
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.sides import RecordSides
from reconciler.plan.values.pipeline_stages import misfit_of
from reconciler.plan.values.resolve import Resolver, keys_and_names
from reconciler.report.fact_sentences import note_of
from tests.support.nouns import COMPANIES, FILES, definition, desired, document, live, owned

SCHEMA = replace(COMPANIES, required=())
RESOLVER = Resolver(SCHEMA, FILES, {})
SALES = {"pipeline": "p1", "stage": "s1"}
REVERT = Policy(Drift.REVERT)


def decision(
    values: Mapping[str, str],
    held: Mapping[str, str | None] | None,
    known: Mapping[str, str | None] | None = None,
    policy: Policy = REVERT,
    *,
    ownership: Mapping[str, Ownership] | None = None,
    special: RecordDirectives | None = None,
) -> RecordDecision:
    record = desired("acme", dict(values), document(ownership=ownership))
    record = replace(record, special=special or record.special)
    parts = RecordSides(
        record, live("9001", held) if held else None, owned("acme", "9001", known) if known else None
    )
    return compare_record(RESOLVER, parts, policy)


def problem(found: RecordDecision) -> tuple[str, str]:
    assert found.change is None
    (only,) = found.problems
    return only.message, only.advice or ""


def written(found: RecordDecision) -> Mapping[str, str | None]:
    assert found.problems == ()
    return {value.name: value.after for value in found.change.values} if found.change else {}


def test_a_pipeline_does_not_change_without_its_stage() -> None:
    message, advice = problem(decision({"pipeline": "Renewals"}, SALES, SALES))
    assert message == 'pipeline "Renewals" has no stage "New" of "Sales", which the record would keep'
    assert advice == "set stage in the same record"


def test_a_stage_of_another_pipeline_needs_that_pipeline() -> None:
    _, advice = problem(decision({"stage": "Renewed"}, SALES, SALES))
    assert advice == 'the stage belongs to pipeline "Renewals": set the pipeline in the same record'


def test_both_change_together() -> None:
    change = decision({"pipeline": "Renewals", "stage": "New"}, SALES, SALES)
    assert written(change) == {"pipeline": "p2", "stage": "s3"}


@pytest.mark.parametrize("left", [Ownership.INITIAL, Ownership.OBSERVE])
def test_a_stage_is_checked_against_the_pipeline_that_people_decide_about(left: Ownership) -> None:
    message, advice = problem(
        decision({"pipeline": "Renewals", "stage": "Renewed"}, SALES, SALES, ownership={"pipeline": left})
    )
    assert message == '"Renewed" is no stage of pipeline "Sales"'
    assert advice == 'the stage belongs to pipeline "Renewals": `ownership` leaves pipeline as it is'


def test_a_stage_is_named_in_the_pipeline_that_people_put_the_record_into() -> None:
    moved = {"pipeline": "p2", "stage": "s4"}
    change = decision({"pipeline": "Sales", "stage": "New"}, moved, ownership={"pipeline": Ownership.INITIAL})
    assert written(change) == {"stage": "s3"}


@pytest.mark.parametrize("left", [Ownership.INITIAL, Ownership.OBSERVE])
def test_a_pipeline_does_not_change_where_the_stage_is_left_to_people(left: Ownership) -> None:
    message, advice = problem(
        decision({"pipeline": "Renewals", "stage": "Renewed"}, SALES, SALES, ownership={"stage": left})
    )
    assert "has no stage" in message
    assert advice.startswith("`ownership` leaves stage as it is")


def test_pipelines_left_to_people_are_not_checked() -> None:
    initial = {"pipeline": Ownership.INITIAL, "stage": Ownership.INITIAL}
    assert written(decision({"pipeline": "p2", "stage": "Renewed"}, SALES, SALES, ownership=initial)) == {}


@pytest.mark.parametrize(("taken", "other"), [("stage", "pipeline"), ("pipeline", "stage")])
def test_one_of_the_two_is_not_taken_without_the_other(taken: str, other: str) -> None:
    policy = Policy(Drift.HOLD, take=(glob_of(f"companies/acme#{taken}"),))
    moved = {"pipeline": "p2", "stage": "s3"}
    _, advice = problem(decision({"pipeline": "p1", "stage": "s1"}, moved, SALES, policy))
    assert advice == f"--take companies/acme#{other} writes {other} too"
    both = Policy(Drift.HOLD, take=(glob_of("companies/acme"),))
    assert written(decision({"pipeline": "p1", "stage": "s1"}, moved, SALES, both)) == SALES


def test_a_stage_is_held_along_with_a_pipeline_that_is_held() -> None:
    found = decision({"pipeline": "p1", "stage": "s1"}, {"pipeline": "p2"}, None, Policy(Drift.HOLD))
    assert written(found) == {}
    assert {held.name: (held.reason, note_of(held)) for held in found.held} == {
        "pipeline": (Reason.ADOPT, ""),
        "stage": (Reason.ADOPT, "it depends on pipeline, which is left as it is"),
    }


def test_a_targeted_stage_alone_is_refused_in_another_pipeline() -> None:
    partial = RecordDirectives(is_partial=True)
    _, advice = problem(decision({"pipeline": "Renewals"}, SALES, SALES, special=partial))
    assert advice == "--target companies/acme selects the whole record"


def test_a_new_record_without_a_pipeline_gets_the_first_one() -> None:
    message, advice = problem(decision({"stage": "Renewed"}, None))
    assert (
        message
        == 'stage "Renewed" of "Renewals" is not in pipeline "Sales", which a record without a pipeline gets'
    )
    assert advice == "set pipeline in the same record"
    created = decision({"stage": "Won"}, None).change
    assert created is not None
    assert created.action is Action.CREATE
    observed = {"pipeline": Ownership.OBSERVE}
    message, _ = problem(decision({"pipeline": "Renewals", "stage": "Renewed"}, None, ownership=observed))
    assert "which a record without a pipeline gets" in message


@pytest.mark.parametrize(
    ("live_", "written_", "why", "is_both"),
    [
        (SALES, {"stage": "s4"}, ", in which the record would stay", False),
        ({}, {"stage": "s4"}, ", which a record without a pipeline gets", False),
        (SALES, {"pipeline": None, "stage": "s4"}, ", which a record without a pipeline gets", False),
        (SALES, {"pipeline": "p1", "stage": "s4"}, "", True),
    ],
)
def test_why_a_stage_does_not_fit_is_told(
    live_: Mapping[str, str], written_: Mapping[str, str | None], why: str, is_both: bool
) -> None:
    misfit = misfit_of(COMPANIES, live_, written_)
    assert misfit is not None
    assert str(misfit.message).endswith(f'is not in pipeline "Sales"{why}')
    assert (misfit.name, misfit.other, misfit.is_both) == ("stage", "pipeline", is_both)


def test_a_type_without_pipelines_fits_whatever_is_written() -> None:
    bare = ObjectSchema("notes", "notes", {"name": definition("name")})
    assert misfit_of(bare, {}, {"name": "A"}) is None


def test_a_new_record_may_have_a_pipeline_and_no_stage() -> None:
    created = decision({"pipeline": "Renewals"}, None).change
    assert created is not None
    assert created.action is Action.CREATE


def test_naming_pipeline_or_stage_reads_both() -> None:
    for name in ("pipeline", "stage"):
        assert keys_and_names(SCHEMA, [desired("acme", {name: "x"})])[1] == ["name", "pipeline", "stage"]
    assert keys_and_names(SCHEMA, [desired("acme", {"name": "x"})])[1] == ["name"]


def test_tickets_and_deals_have_their_own_names_for_the_two() -> None:
    def schema(*names: str) -> ObjectSchema:
        kinds = {True: Kind.STAGE, False: Kind.PIPELINE}
        properties = {name: definition(name, kinds["stage" in name]) for name in names}
        return replace(SCHEMA, properties=properties)

    assert schema("hs_pipeline_stage", "hs_pipeline").pipeline_and_stage == (
        "hs_pipeline",
        "hs_pipeline_stage",
    )
    deals = schema("hs_pipeline", "hs_pipeline_stage", "pipeline", "dealstage")
    assert deals.pipeline_and_stage == ("pipeline", "dealstage")
    assert schema("hs_pipeline").pipeline_and_stage is None


pipelines = st.sampled_from(["p1", "p2"])
stages = st.sampled_from(["s1", "s2", "s3", "s4"])
OF = {stage.id: pipeline.id for pipeline in SCHEMA.pipelines for stage in pipeline.stages}


@given(
    names=st.fixed_dictionaries({}, optional={"pipeline": pipelines, "stage": stages}),
    there=st.none() | stages.map(lambda stage: {"pipeline": OF[stage], "stage": stage}),
    known=st.none() | st.fixed_dictionaries({"pipeline": pipelines, "stage": stages}),
    drift=st.sampled_from(Drift),
    take=st.sets(st.sampled_from(["pipeline", "stage"])),
    ownership=st.dictionaries(st.sampled_from(["pipeline", "stage"]), st.sampled_from(Ownership)),
)
def test_every_write_leaves_a_stage_of_its_pipeline(
    names: Mapping[str, str],
    there: Mapping[str, str] | None,
    known: Mapping[str, str] | None,
    drift: Drift,
    take: set[str],
    ownership: Mapping[str, Ownership],
) -> None:
    globs = tuple(glob_of(f"companies/acme#{name}") for name in sorted(take))
    found = decision(names, there, known, Policy(drift, globs), ownership=ownership)
    if found.change is None or not found.change.values:
        return  # nothing is written
    after = dict(there or {}) | {value.name: value.after for value in found.change.values}
    if after.get("stage"):
        assert OF[after["stage"] or ""] == after.get("pipeline", "p1")


def test_unknown_stages_are_not_checked() -> None:
    assert misfit_of(SCHEMA, {"pipeline": "gone"}, {"stage": "s1"}) is None
    assert misfit_of(SCHEMA, {"pipeline": "p1", "stage": "s3"}, {"name": "Acme"}) is None
    found = misfit_of(SCHEMA, {"pipeline": "p1", "stage": "gone"}, {"pipeline": "p2"})
    assert found is not None
    assert '"gone" (no pipeline has this stage)' in found.message
