"""Every kind of fact has one sentence, and none of them shows a masked value."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.errors import Problem, Severity
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.desired_records import Prune
from reconciler.model.drift import DriftFound, MissingOwnedRecord
from reconciler.model.explanation import Explanation, NextAction
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.model.runs import RunDetail
from reconciler.plan.change import Reason
from reconciler.plan.plan import Held
from reconciler.report.fact_sentences import SENTENCES, facts_text, note_of
from reconciler.report.github_annotations import problems_as_annotations
from reconciler.report.html.drift import render_drift_page
from reconciler.report.html.plan import render_plan_page
from reconciler.report.json_report import (
    acceptance_as_json,
    drift_as_json,
    explanation_as_json,
    plan_as_json,
    run_as_json,
)
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.mask import SHOW, Masking, masked_problems
from reconciler.report.terminal import (
    render_acceptance,
    render_drift,
    render_explanation,
    render_plan,
    render_run,
)
from reconciler.report.view import View
from reconciler.sentences import Value
from reconciler.sentences import sentence as message_of
from reconciler.source import SourceRef
from tests.support.example_run import HEADER, of_people, row
from tests.support.plans import plan_of

MASKED = Masking(b"secret and random")
OLD, NEW = "+49-561-4711", "+49-561-4712"
KEY = RecordAddress("contacts", "phone", OLD)
PERSONAL = (ObjectProperty("contacts", "phone"),)


def sentence(kind: FactKind) -> Held:
    """Build a held difference with a fact of this kind, all fields set, about a personal property."""
    fact = Fact(
        kind,
        RecordId("1"),
        RecordId("2"),
        RecordAddress("contacts", "phone", NEW),
        ("name",),
        NEW,
        "update",
        3,
    )
    return Held(KEY, "phone", Reason.GONE, OLD, NEW, None, (fact,), KEY)


def test_every_kind_has_its_sentence() -> None:
    assert set(SENTENCES) == set(FactKind)


@pytest.mark.parametrize("kind", FactKind)
def test_a_sentence_begins_small_and_has_no_full_stop(kind: FactKind) -> None:
    text = note_of(sentence(kind))

    assert text
    assert not text.endswith(".")


@pytest.mark.parametrize("kind", FactKind)
def test_no_sentence_tells_what_is_masked(kind: FactKind) -> None:
    plan = plan_of(held=(sentence(kind),), masked_properties=PERSONAL)

    shown = [
        render_plan(plan, View(MASKED, width=120, full=True)),
        render_markdown(plan, View(MASKED, full=True)),
        plan_as_json(plan, View(MASKED)),
        render_plan_page(plan, View(MASKED)),
    ]

    for text in shown:
        assert OLD not in text
        assert NEW not in text
    assert OLD in plan_as_json(plan, View(SHOW))


def test_a_rekeyed_record_is_told_with_its_new_key_where_everything_is_shown() -> None:
    key = RecordAddress("contacts", "phone", NEW)

    assert (
        facts_text((Fact(FactKind.REKEYED, RecordId("9"), key=key), Fact(FactKind.NOT_CREATED_AGAIN)), KEY)
        == f"record 9 still exists, but its phone is now {NEW}; "
        f"only --recreate contacts/{OLD} creates it again"
    )


def test_a_record_without_a_key_is_told_as_such() -> None:
    merged = Fact(FactKind.MERGED, RecordId("9"), RecordId("10"))

    assert facts_text((merged,), KEY) == "record 9 was merged into record 10, whose phone is empty"


def drifted(kind: FactKind) -> DriftFound:
    (fact,) = sentence(kind).facts
    return DriftFound(
        tool_version="0.1.0",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        environment="production",
        portal_id=1,
        state=StateVersion("5f6b1c9e", 41),
        looked_at=1,
        values=(),
        lost=(MissingOwnedRecord(KEY, RecordId("1"), MissingReason.REKEYED, (fact,)),),
        read_calls=1,
        masked_properties=PERSONAL,
    )


def explained(kind: FactKind) -> Explanation:
    (fact,) = sentence(kind).facts
    return Explanation(
        key=KEY,
        name=None,
        environment="production",
        portal_id=1,
        record_id=RecordId("1"),
        is_live=False,
        origin=None,
        is_protected=False,
        declared=(),
        prune=Prune.OFF,
        step=NextAction("leave", Reason.GONE, facts=(fact,)),
        properties=(),
        pairs=(),
        problems=(),
        masked_properties=PERSONAL,
    )


@pytest.mark.parametrize("kind", FactKind)
def test_neither_drift_nor_explain_tell_what_is_masked(kind: FactKind) -> None:
    found, of = drifted(kind), explained(kind)

    for text in (
        render_drift(found, View(MASKED, width=120)),
        render_drift_markdown(found, View(MASKED)),
        render_drift_page(found, View(MASKED)),
        drift_as_json(found, View(MASKED)),
        render_explanation(of, View(MASKED, width=120)),
        explanation_as_json(of, View(MASKED)),
    ):
        assert OLD not in text
        assert NEW not in text
    assert OLD in drift_as_json(found, View(SHOW))
    assert OLD in explanation_as_json(of, View(SHOW))


SAID = Problem(
    message_of("{record} is now {new}", record=KEY.display, new=Value(NEW, "contacts", "phone")),
    message_of("--take {property}", property=KEY.property_sentence("phone")),
    None,
    KEY.property_address("phone"),
)


@pytest.mark.parametrize("severity", Severity)
def test_no_output_tells_the_values_of_a_problem(severity: Severity) -> None:
    said = replace(SAID, severity=severity)
    plan = plan_of(problems=(said,), masked_properties=PERSONAL)
    of = replace(explained(FactKind.REKEYED), problems=(said,))
    edit = Edit(KEY, "phone", OLD, NEW, SourceRef("a.yaml", 1, 1))
    accepted = Acceptance((edit,), (edit,), (said,), PERSONAL)

    def outputs(masking: Masking) -> list[str]:
        return [
            problems_as_annotations(masked_problems((said,), masking, PERSONAL)),
            render_plan(plan, View(masking, width=120, full=True)),
            render_markdown(plan, View(masking, full=True)),  # and the summary of a job
            plan_as_json(plan, View(masking)),
            render_plan_page(plan, View(masking)),
            render_explanation(of, View(masking, width=120)),
            explanation_as_json(of, View(masking)),
            render_acceptance(accepted, View(masking, width=120)),
            acceptance_as_json(accepted, View(masking)),
        ]

    for masked, shown in zip(outputs(MASKED), outputs(SHOW), strict=True):
        assert OLD not in masked
        assert NEW not in masked
        assert OLD in shown
        assert NEW in shown


@pytest.mark.parametrize("outcome", ["applied", "rejected", "stale", "unknown", "skipped", None])
def test_no_report_of_a_run_tells_what_is_masked(outcome: str | None) -> None:
    of_key = row(0, KEY, outcome, **({"message": f"{OLD} exists, and {NEW} too"} if outcome else {}))
    detail = RunDetail(HEADER, (replace(of_key, before={"phone": OLD}, after={"phone": NEW}, target=KEY),))

    def outputs(masking: Masking) -> list[str]:
        return [
            render_run(of_people(detail, PERSONAL), View(masking, width=120, full=True)),
            run_as_json(of_people(detail, PERSONAL), View(masking)),
        ]

    for masked in outputs(MASKED):
        assert OLD not in masked
        assert NEW not in masked
    text, document = outputs(SHOW)
    assert (OLD in text) is (outcome != "applied")  # the text only counts applied changes
    assert OLD in document
    assert NEW in document
