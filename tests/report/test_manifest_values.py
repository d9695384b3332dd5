"""With ``mask`` or ``manifest``, no report shows a value that is only in HubSpot."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.facts import Fact, FactKind
from reconciler.model.names import DisplayNames, Names, ObjectNames, PropertyNames
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import adopt_association, associate, dissociate
from reconciler.plan.change import Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.file.format import plan_as_document
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.plan import Held, Plan
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.report.mask import Masking, masked_plan
from reconciler.report.renderers import RENDERERS, Renderer
from reconciler.report.view import View
from reconciler.sentences import Value, sentence
from reconciler.source import SourceRef
from tests.support.plans import plan_of

PROPERTIES = ("email", "firstname", "lastname", "phone", "persona")
PERSONAL = tuple(ObjectProperty("contacts", name) for name in sorted(PROPERTIES))
NAMES = Names(
    "https://app.hubspot.com/contacts/7654321/record/",
    {
        "contacts": ObjectNames(
            "0-1",
            ("firstname", "lastname"),
            {
                "phone": PropertyNames("Phone number"),
                "persona": PropertyNames("Persona", {f"hubonly{n}": f"hubonly label {n}" for n in range(40)}),
            },
        )
    },
)
SAID = (Reason.MISSING, Reason.CHANGED, Reason.DRIFT, Reason.CONFLICT, Reason.ADOPT, Reason.RENAMED)
COPIED = (Reason.MIGRATED, Reason.FILLED, Reason.ROLLED_BACK)
"""Reasons of changes whose new values are copied from HubSpot, although a manifest line may request them."""

hub = st.integers(0, 39).map(lambda number: f"hubonly{number}")
written = st.integers(0, 39).map(lambda number: f"saidhere{number}")
places = st.none() | st.integers(1, 99).map(lambda line: SourceRef("contacts.yaml", line, 3))


def contact(value: str) -> RecordAddress:
    return RecordAddress("contacts", "email", f"{value}@acme.example")


@st.composite
def value_changes(draw: st.DrawFn, source: SourceRef | None) -> tuple[ValueChange, ...]:
    found = []
    for name in draw(st.lists(st.sampled_from(PROPERTIES[1:]), unique=True, max_size=3)):
        reason = draw(st.sampled_from((*SAID, *COPIED)))
        is_said = source is not None and reason in SAID
        place = source if is_said else draw(places) if reason in COPIED else None
        after = draw(st.none() | (written if is_said else hub))
        found.append(ValueChange(name, draw(st.none() | hub), after, reason, place))
    return tuple(sorted(found, key=lambda value: value.name))


@st.composite
def changes(draw: st.DrawFn) -> Change:
    source = draw(places)
    key = contact(draw(written if source else hub))
    names = DisplayNames(draw(st.none() | hub), draw(st.none() | hub))
    record_id, owned = RecordId("77"), Owned(Origin.CREATED)
    values = draw(value_changes(source))
    in_step = tuple(
        ValueChange(name, text, text, Reason.IN_STEP, source) for name, text in [("phone", draw(hub))]
    )
    kind = draw(st.sampled_from(["update", "archive", "adopt", "associate", "dissociate", "pair"]))
    if kind == "update":
        former = contact(draw(hub))
        made = update_record(
            key,
            record_id,
            values,
            Reason.CHANGED,
            operation=Operation(Call.UPDATE, None),
            source=source,
            owned=owned,
            moved_from=draw(st.none() | st.just(former)),
            rests_on=in_step,
        )
    elif kind == "archive":
        made = archive_record(key, record_id, Reason.ABSENT, source, owned_before=owned, rests_on=in_step)
    elif kind == "adopt":
        made = adopt_thing(key, record_id, Reason.ADOPT, source, owned, remembered=in_step)
    else:
        address = AssociationAddress(key, contact(draw(written if source else hub)), None)
        ids = Remote(record_id, RecordId("78"))
        if kind == "associate":
            made = associate(address, ids, Reason.MISSING, source, is_whole=True)
        elif kind == "dissociate":
            made = replace(dissociate(address, ids, Reason.PRUNED, is_whole=True), source=source)
        else:
            made = adopt_association(address, ids, Reason.ADOPT, source, Origin.ADOPTED, is_whole=True)
    return replace(made, display_names=names)


@st.composite
def held(draw: st.DrawFn) -> Held:
    source = draw(places)
    name = draw(st.sampled_from([None, "phone", "persona"]))
    desired = written if source else hub
    return Held(
        contact(draw(desired)),
        name,
        Reason.CONFLICT,
        draw(st.none() | hub) if name else None,
        draw(st.none() | desired) if name else None,
        source,
        (Fact(FactKind.MERGED, RecordId("5"), RecordId("6"), contact(draw(hub))),),
        display_names=DisplayNames(draw(st.none() | hub)),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    source = draw(places)
    address = contact(draw(written if source else hub)).text
    return Problem(
        sentence("{it} is taken", it=Value(draw(hub), "contacts", "phone")), None, source, f"{address}#phone"
    )


@st.composite
def plans_of_contacts(draw: st.DrawFn) -> Plan:
    """Return a plan in which each text says whether it is in the manifests or only in HubSpot."""
    made = plan_of(
        *draw(st.lists(changes(), max_size=5, unique_by=str)),
        held=tuple(draw(st.lists(held(), max_size=3))),
        problems=tuple(draw(st.lists(problems(), max_size=2))),
        masked_properties=PERSONAL,
    )
    return replace(made, names=NAMES)


FORMS = pytest.mark.parametrize("form", RENDERERS, ids=lambda form: form.name)


@FORMS
@settings(max_examples=30)
@given(plan=plans_of_contacts(), full=st.booleans())
def test_what_only_hubspot_holds_is_never_shown(form: Renderer, plan: Plan, full: bool) -> None:
    for masking in (Masking(b"key"), Masking(b"key", shows_manifests=True)):
        text = form.plan(plan, View(masking, full=full, width=200))
        assert re.findall(r"hubonly\d+", text) == []


@FORMS
@settings(max_examples=30)
@given(plan=plans_of_contacts())
def test_what_manifests_say_is_masked_for_all_others(form: Renderer, plan: Plan) -> None:
    assert "saidhere" not in form.plan(plan, View(Masking(b"key"), full=True, width=200))


@FORMS
@settings(max_examples=30)
@given(plan=plans_of_contacts(), is_rollback=st.booleans())
def test_manifests_that_no_commit_holds_are_masked(form: Renderer, plan: Plan, is_rollback: bool) -> None:
    """Readers cannot read uncommitted manifests, and the values of a rollback are from the journal."""
    if is_rollback:
        unread = replace(plan, rolls_back="1")
    else:
        unread = replace(plan, manifests=replace(plan.manifests, has_uncommitted=True))
    masking = Masking(b"key", shows_manifests=True)
    assert "saidhere" not in form.plan(unread, View(masking, full=True, width=200))


@settings(max_examples=30)
@given(plan=plans_of_contacts())
def test_readers_of_the_repository_see_what_its_manifests_say(plan: Plan) -> None:
    shown = plan_as_document(masked_plan(plan, Masking(b"key", shows_manifests=True)))
    for change in plan.changes:
        if change.source is not None:
            assert all(key.value in shown for key in change.address.records)
            assert all(
                value.after in shown for value in change.values if value.after and value.reason in SAID
            )


def test_a_new_contact_is_shown_to_readers_of_the_repository_as_its_manifest_has_it() -> None:
    place = SourceRef("contacts.yaml", 4, 3)
    values = (
        ValueChange("firstname", None, "Ada", Reason.MISSING, place),
        ValueChange("phone", None, "+49 561 4711", Reason.MISSING, place),
    )
    new = create_record(contact("ada"), values, Reason.MISSING, Operation(Call.UPSERT, "email"), place)
    named = replace(new, display_names=DisplayNames("Ada"))
    plan = replace(plan_of(named, masked_properties=PERSONAL), names=NAMES)
    terminal = RENDERERS[0]
    text = terminal.plan(plan, View(Masking(b"key", shows_manifests=True)))
    assert "contacts/ada@acme.example (Ada)" in text
    assert "+49 561 4711" in text
    assert "\u2039" not in text
