"""Owned definitions are in the table of owned records, but are never returned as records."""

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.errors import StateError
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedDefinition, OwnedRecord
from reconciler.model.portal_definitions import definition_id
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import (
    BY_ARCHIVE,
    BY_CREATE,
    archive_definition,
    create_definition,
    update_definition,
)
from reconciler.plan.owned_changes import release_thing
from reconciler.state.definitions.updates import DefinitionsAfter
from reconciler.state.erase import named
from reconciler.state.export_reader import parse_export
from reconciler.state.kinds import OwnershipAfter, ownership_after
from reconciler.state.records.updates import RecordsAfter
from reconciler.state.store import Store
from tests.support.journals import BOB, Clock, applied, owned, start, writer
from tests.support.states import open_state

PORTAL = 7654321
CREATED = Owned(Origin.CREATED)


def ours(
    section: Section,
    *names: str,
    known_by: str = "",
    object_name: str = "companies",
    **sent: str | None,
) -> OwnedDefinition:
    address = definition_address(object_name, section, *names)
    ids = () if section is Section.SCHEMA else (known_by or names[-1],)
    return OwnedDefinition(address, definition_id(section, *ids), Origin.CREATED, sent, {})


TIER = ours(Section.PROPERTIES, "tier", label="Tier", options='["gold","basic"]')
ERP = ours(Section.GROUPS, "erp", label="ERP")
RENEWALS = ours(Section.PIPELINES, "Renewals", known_by="renewals_1", object_name="deals", label="Renewals")
OPEN = ours(Section.STAGES, "Renewals", "Open", known_by="open_1", object_name="deals", probability="0.2")


def own(store: Store, *things: OwnedRecord | OwnedDefinition) -> None:
    records = [each for each in things if isinstance(each, OwnedRecord)]
    definitions = [each for each in things if isinstance(each, OwnedDefinition)]
    with writer(store) as pen:
        after = OwnershipAfter(RecordsAfter(records), definitions=DefinitionsAfter(definitions))
        pen.record_uncalled(pen.begin_run(start(0)), [], after)


def apply(store: Store, *changes: tuple[Change, Applied]) -> None:
    entries = [(number, change) for number, (change, _) in enumerate(changes)]
    outcomes = {number: outcome for number, (_, outcome) in enumerate(changes)}
    with writer(store, actor=BOB) as pen:
        pen.record_uncalled(
            pen.begin_run(start(len(changes))),
            [(number, change, outcomes[number]) for number, change in entries],
            ownership_after(entries, outcomes, store),
        )


def done(change: Change, **answered: str | None) -> tuple[Change, Applied]:
    return change, Applied(change.known_id, answered)


def value(name: str, before: str | None, after: str | None) -> ValueChange:
    return ValueChange(name, before, after, Reason.CHANGED)


def test_definitions_are_found_by_type_address_and_id_and_are_no_records(store: Store) -> None:
    tier = replace(owned("tier", "9001"), key=replace(owned("tier").key, value="tier"))
    own(store, TIER, ERP, RENEWALS, OPEN, tier)

    assert store.owned_definitions("companies") == (ERP, TIER)
    assert store.all_definitions() == (ERP, TIER, RENEWALS, OPEN)
    assert store.find_definition(TIER.key) == (TIER,)
    assert store.definitions_by_id("deals", [OPEN.record_id]) == {OPEN.record_id: OPEN}
    assert store.owned_groups() == (("companies", "external_id", 1),)
    assert store.count() == 1
    assert store.find("companies", by_record_id=False, value="tier") == (tier,)
    assert store.find("companies", by_record_id=True, value="properties/tier") == ()


def test_values_are_remembered_as_sent_and_as_hubspot_keeps_them(store: Store) -> None:
    margin = definition_address("companies", Section.PROPERTIES, "margin")
    made = create_definition(
        margin,
        definition_id(Section.PROPERTIES, "margin"),
        (value("calculationFormula", None, "A-B"), value("label", None, "Margin")),
        None,
        CREATED,
    )
    apply(store, done(made, calculationFormula="a - b", label="Margin"))
    (known,) = store.owned_definitions("companies")
    assert (known.sent["calculationFormula"], known.expected_live("calculationFormula")) == ("A-B", "a - b")

    changed = update_definition(
        margin, known.record_id, (value("label", "Margin", "M"),), Reason.CHANGED, source=None, owned=CREATED
    )
    apply(store, done(changed))
    (known,) = store.owned_definitions("companies")
    assert known.sent == {"calculationFormula": "A-B", "label": "M"}
    assert known.answered == {"calculationFormula": "a - b"}

    apply(store, done(release_thing(known, Reason.PRUNED)))
    assert store.owned_definitions("companies") == ()


def test_an_option_that_is_removed_leaves_the_other_values_of_its_property(store: Store) -> None:
    sent = {
        "label": "Tier",
        "options": '["gold","a/b"]',
        "options/gold/label": "G",
        "options/a%2Fb/label": "B",
    }
    own(store, replace(TIER, sent=sent))
    option = definition_address("companies", Section.OPTIONS, "tier", "a/b")

    removal = archive_definition(option, TIER.record_id, Reason.ABSENT, None, owned_before=None)
    apply(store, done(removal))

    (known,) = store.owned_definitions("companies")
    assert known.sent == {"label": "Tier", "options": '["gold"]', "options/gold/label": "G"}


def test_stages_end_with_their_pipeline_and_everything_with_a_custom_type(store: Store) -> None:
    other = ours(Section.STAGES, "Renewals 2", "Open", known_by="open_2", object_name="deals")
    schema = ours(Section.SCHEMA, object_name="machines")
    serial = ours(Section.PROPERTIES, "serial", object_name="machines")
    label = ours(Section.LABELS, "machines", "runs", known_by="USER_DEFINED/1/2")
    own(store, RENEWALS, OPEN, other, schema, serial, label, TIER)

    apply(
        store,
        done(archive_definition(RENEWALS.key, RENEWALS.record_id, Reason.ABSENT, None, owned_before=CREATED)),
        done(archive_definition(schema.key, schema.record_id, Reason.ABSENT, None, owned_before=CREATED)),
    )

    assert store.all_definitions() == (TIER, other)


def test_a_stage_that_is_removed_leaves_the_order_of_its_pipeline(store: Store) -> None:
    own(store, replace(RENEWALS, sent={"stages": '["Open","Won"]'}), OPEN)

    details = DefinitionDetails("renewals_1")
    apply(
        store,
        done(
            archive_definition(
                OPEN.key, OPEN.record_id, Reason.ABSENT, None, owned_before=CREATED, details=details
            )
        ),
    )

    (pipeline,) = store.owned_definitions("deals")
    assert pipeline.sent == {"stages": '["Won"]'}


def test_what_settling_finds_removed_is_gone_with_all_that_is_within(store: Store) -> None:
    own(store, RENEWALS, OPEN, TIER)
    change = archive_definition(RENEWALS.key, RENEWALS.record_id, Reason.ABSENT, None, owned_before=CREATED)
    with writer(store, actor=BOB) as pen:
        pen.intend(pen.begin_run(start(1)), 0, "deals", BY_ARCHIVE, [(0, change)])

    (batch,) = store.unfinished()
    recovered = RecoveredState(store, [(batch, {0: applied(RENEWALS.record_id)})])

    assert recovered.owned_definitions("deals") == ()
    assert recovered.owned_definitions("companies") == (TIER,)
    assert RecoveredState(store, []).owned_definitions("deals") == (RENEWALS, OPEN)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_pipelines_that_exchange_their_labels_are_both_there(store: Store, order: tuple[int, int]) -> None:
    other = ours(Section.PIPELINES, "Sales", known_by="sales_1", object_name="deals", label="Sales")
    own(store, RENEWALS, other)
    swapped = (replace(RENEWALS, key=other.key), replace(other, key=RENEWALS.key))

    with writer(store, actor=BOB) as pen:
        run_id = pen.begin_run(start(0))
        keys = {
            RecordIdentity("deals", one.record_id): (one.key, then.key)
            for one, then in zip((RENEWALS, other), swapped, strict=True)
        }
        pen.set_aside(keys)
        assert len(store.owned_definitions("deals")) == 2
        for index in order:
            after = OwnershipAfter(definitions=DefinitionsAfter((swapped[index],)))
            pen.record_uncalled(run_id, [], after)
        pen.put_back(keys)

    assert {each.key: each.record_id for each in store.owned_definitions("deals")} == {
        each.key: each.record_id for each in swapped
    }


def test_a_pipeline_that_was_set_aside_in_vain_is_put_back(store: Store) -> None:
    own(store, RENEWALS, OPEN)
    to = definition_address("deals", Section.PIPELINES, "Sales")

    with writer(store, actor=BOB) as pen:
        pen.begin_run(start(0))
        keys = {RecordIdentity("deals", RENEWALS.record_id): (RENEWALS.key, to)}
        pen.set_aside(keys)
        pen.put_back(keys)

    assert store.owned_definitions("deals") == (RENEWALS, OPEN)


def test_a_definition_is_removed_and_erased_by_its_address(store: Store) -> None:
    own(store, TIER, ERP, owned("tier", "9001"))
    label = definition_address("companies", Section.PROPERTIES, "tier")
    change = update_definition(
        label, TIER.record_id, (value("label", "a", "b"),), Reason.CHANGED, source=None, owned=CREATED
    )
    apply(store, done(change))

    with writer(store, actor=BOB) as pen:
        assert pen.forget(named(TIER.key)) == 2  # state, and the journal
        pen.remove([ERP.key])

    assert store.all_definitions() == ()
    assert store.count() == 1
    assert [row.address for row in store.run(store.runs()[0].id).rows] == ["companies:properties/(forgotten)"]


def test_the_journal_keeps_the_details_of_a_stage_until_it_is_settled(
    store: Store, reopened: Callable[[], Store]
) -> None:
    details = DefinitionDetails("renewals_1", is_carried=True)
    change = create_definition(
        OPEN.key, OPEN.record_id, (value("label", None, "Open"),), None, CREATED, details=details
    )
    with writer(store) as pen:
        pen.intend(pen.begin_run(start(1)), 0, "deals", BY_CREATE, [(0, change)])

    (batch,) = reopened().unfinished()
    assert batch.entries == ((0, change),)


def test_our_latest_write_of_a_definition_is_told_with_its_time(store: Store) -> None:
    clock = Clock()
    writes: Mapping[DefinitionAddress, tuple[Change, object]]
    with writer(store, clock) as pen:
        run_id = pen.begin_run(start(2))
        for number, label in enumerate(("One", "Two")):
            change = update_definition(
                TIER.key,
                TIER.record_id,
                (value("label", "Tier", label),),
                Reason.CHANGED,
                source=None,
                owned=None,
            )
            pen.intend(run_id, number, "companies", BY_CREATE, [(number, change)])
            pen.record_sending(run_id, [(1, [number], clock.now())])
            pen.record(run_id, number, {number: applied(TIER.record_id)})
            clock.sleep(10)

    writes = store.definition_writes(clock.now() - timedelta(minutes=5))
    (change, sent_at) = writes[TIER.key]
    assert (change.values[0].after, sent_at) == ("Two", clock.now() - timedelta(seconds=10))
    assert store.definition_writes(clock.now()) == {}


names = st.text(min_size=1, max_size=8)
sections = st.sampled_from(
    [Section.GROUPS, Section.PROPERTIES, Section.PIPELINES, Section.STAGES, Section.LABELS]
)
texts = st.dictionaries(names, st.none() | st.text(max_size=5), max_size=3)


@st.composite
def definitions(draw: st.DrawFn) -> OwnedDefinition:
    section = draw(sections)
    inner = 2 if section in {Section.STAGES, Section.LABELS} else 1
    address = definition_address(
        draw(st.sampled_from(["companies", "deals"])), section, *(draw(names) for _ in range(inner))
    )
    known = definition_id(section, address.value)
    origin, sent = draw(st.sampled_from(list(Origin))), draw(texts)
    answered = {name: text for name, text in draw(texts).items() if name in sent}
    return OwnedDefinition(address, known, origin, sent, answered, draw(st.booleans()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(definitions(), max_size=5, unique_by=lambda each: each.key), st.booleans())
def test_an_export_keeps_every_definition_beside_the_records(
    tmp_path_factory: pytest.TempPathFactory, found: list[OwnedDefinition], has_records: bool
) -> None:
    folder: Path = tmp_path_factory.mktemp("export")
    records = [owned("acme", "9001", {"name": "A"})] if has_records else []
    with closing(open_state("sqlite:///one.db", folder, PORTAL)) as one:
        own(one, *found, *records)
        text = "".join(one.export())
        with closing(open_state("sqlite:///two.db", folder, PORTAL)) as two:
            with writer(two) as pen:
                pen.import_state(parse_export(text))
            assert (
                two.all_definitions() == one.all_definitions() == tuple(sorted(found, key=lambda of: of.key))
            )
            assert "".join(two.export()) == text


def test_an_export_of_a_section_that_does_not_exist_is_refused(store: Store) -> None:
    own(store, TIER)
    document = json.loads("".join(store.export()))
    document["owned"][0]["by"] = ":flavours"
    with pytest.raises(StateError, match=r"owned\[0\]: is not the key of a definition"):
        parse_export(json.dumps(document))
