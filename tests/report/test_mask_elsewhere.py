"""Drift, explanations, accepted drift and state mask personal values, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.errors import Problem
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.model.addresses import RecordAddress, RecordId, Section, definition_address
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired_records import Ownership, Prune
from reconciler.model.drift import (
    DriftedValue,
    DriftFound,
    DriftHistory,
    HistoryStart,
    MissingOwnedRecord,
    RemovedAssociation,
)
from reconciler.model.explanation import (
    Explanation,
    LastApplied,
    ManifestLine,
    NextAction,
    PairExplained,
    PropertyExplained,
)
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason
from reconciler.model.names import DisplayNames
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import Origin, OwnedDefinition, OwnedRecord, StateVersion
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.plan.change import Reason
from reconciler.plan.plan import Held
from reconciler.report.mask import (
    SHOW,
    Masking,
    masked_acceptance,
    masked_drift,
    masked_explanation,
    masked_owned,
    masked_plan,
    masked_text,
)
from tests.support.plans import at, plan_of

MASKED = Masking(b"secret and random")
PERSONAL = (ObjectProperty("contacts", "nickname"), ObjectProperty("contacts", "phone"))
SECRET = "hush"
ADA = RecordAddress("contacts", "nickname", f"{SECRET}-ada")
BOB = replace(ADA, value=f"{SECRET}-bob")
ACME = RecordAddress("companies", "external_id", "acme")
ID = RecordId("501")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EDITED = ValueVersion(ChangeSource.PERSON, "Grace Hopper <grace@acme.example>", NOW, f"{SECRET}-3")
REKEYED = Fact(FactKind.REKEYED, record_id=ID, key=BOB, value=f"{SECRET}-bob")
STEP = NextAction("write", "drift", f"{SECRET}-1", (Fact(FactKind.NO_SUCH_CHOICE, value=f"{SECRET}-1"),))
ASSOCIATED = RecordAddress("deals", "email", "eve@acme.example")
"""A record of an object type without masked properties."""

DRIFT = DriftFound(
    *("0.1.0", NOW, "production", 1, StateVersion(None, 0), 2),
    values=(
        DriftedValue(
            ADA, ID, "phone", f"{SECRET}-1", f"{SECRET}-3", DriftHistory((EDITED,), HistoryStart.APPLIED)
        ),
        DriftedValue(ACME, ID, "name", "Acme", "ACME", DriftHistory((replace(EDITED, by="", value="ACME"),))),
    ),
    lost=(MissingOwnedRecord(ADA, ID, MissingReason.REKEYED, (REKEYED,), f"{SECRET}-name"),),
    read_calls=1,
    masked_properties=PERSONAL,
    pairs=(
        RemovedAssociation(
            ADA, ID, BOB, "associated", None, DisplayNames(f"{SECRET}-name", f"{SECRET}-other")
        ),
    ),
)
PHONE = PropertyExplained(
    name="phone",
    statements=(ManifestLine(f"{SECRET}-1", at(3)), ManifestLine((f"{SECRET}-1", f"{SECRET}-2"), at(4))),
    unmanaged_at=None,
    ownership=Ownership.ENFORCE,
    last=LastApplied(f"{SECRET}-1", f"{SECRET}-kept", None),
    live=f"{SECRET}-3",
    versions=(EDITED,),
    step=STEP,
)
OWNER = PropertyExplained(
    "hubspot_owner_id",
    (ManifestLine("grace@acme.example", at(5)),),
    None,
    None,
    None,
    "77",
    (),
    NextAction("nothing"),
)
EXPLANATION = Explanation(
    *(ADA, None, "production", 1, ID, True, Origin.CREATED, False, (at(2),), Prune.OFF),
    step=NextAction("update", "drift", None, (REKEYED,)),
    properties=(OWNER, PHONE),
    pairs=(
        PairExplained(BOB, None, None, NextAction("nothing")),
        PairExplained(ASSOCIATED, None, None, STEP),
    ),
    problems=(Problem("ask grace@acme.example", None, at(3), ADA.text),),
    moves_from=BOB,
    masked_properties=PERSONAL,
)
EDIT = Edit(ADA, "phone", f"{SECRET}-1", (f"{SECRET}-3",), at(3), display_name=f"{SECRET}-name")
COMPANY = Edit(ACME, "name", "Acme", None, at(4))


def hides(shown: object) -> bool:
    """Return whether no personal value is shown; editors may be shown: they are users of the portal."""
    text = repr(shown).replace(EDITED.by, "an editor")
    return SECRET not in text and "@" not in text


def test_drift_names_people_and_says_nothing_that_is_personal() -> None:
    found = masked_drift(DRIFT, MASKED)
    assert hides(found)
    assert found.values[1] == DRIFT.values[1]
    ada, edited = found.values[0], found.values[0].trail.versions[0]
    assert edited.by == EDITED.by
    assert ada.live == edited.value != ada.last_applied
    assert ada.key == found.lost[0].key == found.pairs[0].key
    assert found.lost[0].new_key == found.pairs[0].target.value
    assert masked_drift(DRIFT, SHOW) is DRIFT


def test_an_explanation_says_nothing_that_is_personal_and_equal_values_look_equal() -> None:
    explained = masked_explanation(EXPLANATION, MASKED)
    pairs = (PairExplained(ADA, None, None, NextAction("nothing")),)
    assert hides(replace(explained, pairs=()))
    assert hides([pair.target for pair in explained.pairs])
    owner, phone = explained.properties
    (said, said_two), last = phone.statements, phone.last
    assert last is not None
    assert said.value == last.sent == phone.step.after == phone.step.facts[0].value
    assert isinstance(said_two.value, tuple)
    assert said_two.value[0] == said.value != said_two.value[1]
    assert phone.live == phone.versions[0].value != last.kept
    assert owner.live == "77"
    assert explained.moves_from == explained.pairs[0].target != explained.key
    assert masked_explanation(replace(EXPLANATION, moves_from=None, pairs=pairs), MASKED).moves_from is None
    assert masked_explanation(EXPLANATION, SHOW) is EXPLANATION


def test_accepted_drift_shows_nothing_personal() -> None:
    problem = Problem("ask grace@acme.example", None, at(3), ADA.text)
    acceptance = Acceptance((EDIT, COMPANY), (EDIT, COMPANY), (problem,), PERSONAL)
    shown = masked_acceptance(acceptance, MASKED)
    assert hides(shown)
    assert shown.edits == shown.agreed
    assert shown.edits[1] == COMPANY
    assert masked_acceptance(acceptance, SHOW) is acceptance


def test_state_shows_nothing_personal() -> None:
    sent, answered = {"phone": f"{SECRET}-1", "city": "Ulm"}, {"phone": f"{SECRET}-kept", "city": "ULM"}
    record = OwnedRecord(ADA, ID, Origin.CREATED, sent, answered)
    association = Association(RecordRef(ADA, ID), RecordRef(BOB, RecordId("502")))
    pair = OwnedAssociation(association, Origin.CREATED, is_whole=True)
    shown, pairs = masked_owned(record, (pair,), MASKED, PERSONAL)
    assert hides((shown, pairs))
    assert (shown.sent["city"], shown.answered["city"]) == ("Ulm", "ULM")
    other = OwnedRecord(BOB, ID, Origin.CREATED, {}, {})
    assert (pairs[0].source.address, pairs[0].target.address) == (
        shown.key,
        masked_owned(other, (), MASKED, PERSONAL)[0].key,
    )
    assert masked_owned(record, (pair,), SHOW, PERSONAL) == (record, (pair,))


def test_facts_beside_a_property_are_as_personal_as_the_property() -> None:
    lacks = (Fact(FactKind.NO_SUCH_CHOICE, value=f"{SECRET}-1", word="option"),)
    phone = Held(ADA, "phone", Reason.FINAL, None, None, at(3), lacks)
    city = Held(ADA, "city", Reason.FINAL, None, None, at(4), (replace(lacks[0], value="Ulm"),))
    masked = masked_plan(plan_of(held=(phone, city), masked_properties=PERSONAL), MASKED)
    assert hides(masked.held)
    assert masked.held[1].facts == city.facts


def test_an_owned_definition_is_shown_as_it_is() -> None:
    tier = definition_address("contacts", Section.PROPERTIES, "phone")
    owned = OwnedDefinition(tier, ID, Origin.CREATED, {"label": "Phone", "phone": SECRET}, {})
    assert masked_owned(owned, (), MASKED, PERSONAL) == (owned, ())


def test_a_text_alone_is_masked_likewise() -> None:
    assert masked_text("ask grace@acme.example", MASKED).startswith("ask \u2039")
    assert masked_text("ask grace@acme.example", SHOW) == "ask grace@acme.example"
