"""Changes of definitions are sent one by one.

A change is not sent if people changed the definition after planning. Options that people added are kept. A
definition counts as removed only after HubSpot no longer shows it.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from reconciler.apply.batch_executor import BatchExecutor
from reconciler.apply.batch_run import Connections
from reconciler.apply.options import OnStale
from reconciler.emulator import faults
from reconciler.model.addresses import RecordId, ThingAddress
from reconciler.model.definitions import PortalSchema
from reconciler.model.outcomes import Applied, Outcome, Rejected, Stale, Unknown
from reconciler.model.owned import Origin
from reconciler.plan.batches import batches_of
from reconciler.plan.budget import ALWAYS_LOOKED_AT
from reconciler.plan.change import Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import archive_definition, create_definition, update_definition
from reconciler.reconcile.apply import with_new_types
from tests.support.definition_portal import SEED, DefinitionPortal, definition_portal
from tests.support.definitions import address
from tests.support.journals import Clock

OURS = Owned(Origin.CREATED)
QUICK = {**SEED, "search_lag_ms": 0}


@pytest.fixture
def portal() -> Iterator[DefinitionPortal]:
    with definition_portal(QUICK) as opened:
        yield opened


def values(named: Mapping[str, Any]) -> tuple[ValueChange, ...]:
    """Return value changes: a text is written to an empty value, a pair is the value before and after."""
    pairs = (
        (name, text if isinstance(text, tuple) else (None, text)) for name, text in sorted(named.items())
    )
    return tuple(ValueChange(name, before, after, Reason.CHANGED) for name, (before, after) in pairs)


def create(text: str, named: Mapping[str, Any], id: str | None = None, **details: Any) -> Change:  # noqa: A002 - the field of HubSpot is called so
    own = DefinitionDetails(**details) if details else None
    return create_definition(
        address(text), RecordId(id) if id else None, values(named), None, OURS, details=own
    )


def update(text: str, id: str, named: Mapping[str, Any], step: int = 1, **details: Any) -> Change:  # noqa: A002 - the field of HubSpot is called so
    own = DefinitionDetails(**details) if details else None
    return update_definition(
        address(text),
        RecordId(id),
        values(named),
        Reason.CHANGED,
        source=None,
        owned=OURS,
        details=own,
        step=step,
    )


def archive(text: str, id: str, held: int = 0, **details: Any) -> Change:  # noqa: A002 - the field of HubSpot is called so
    own = DefinitionDetails(**details) if details else None
    rests = (ValueChange("records", str(held), str(held), Reason.IN_STEP),) if held else ()
    return archive_definition(
        address(text), RecordId(id), Reason.ABSENT, None, owned_before=OURS, details=own, rests_on=rests
    )


def deliver(
    portal: DefinitionPortal,
    *changes: Change,
    written: tuple[ThingAddress, ...] = (),
    schema: PortalSchema | None = None,
    sleep: Callable[[float], None] = lambda _seconds: None,
    reported: list[str] | None = None,
) -> list[Outcome]:
    """Execute one call after the other; waiting takes no time."""
    said = reported if reported is not None else []
    to = Connections(portal.reader, portal.writer, schema or portal.schema, sleep, said.append)
    executor = BatchExecutor(to, ALWAYS_LOOKED_AT, OnStale.SKIP)
    outcomes: dict[int, Outcome] = {}
    for batch in batches_of(enumerate(changes), count()):
        outcomes |= executor.deliver(batch, lambda *_: None, written).outcomes
    return [outcomes[number] for number in sorted(outcomes)]


def applied(outcomes: list[Outcome]) -> list[Applied]:
    assert all(isinstance(each, Applied) for each in outcomes), outcomes
    return [each for each in outcomes if isinstance(each, Applied)]


def options_of(portal: DefinitionPortal) -> list[str]:
    body = portal.ask("GET", "/properties/companies/tier")
    return [each["value"] for each in sorted(body["options"], key=lambda each: each["displayOrder"])]


def test_groups_and_properties_are_created_changed_and_archived(portal: DefinitionPortal) -> None:
    group = create("companies:groups/crm", {"label": "CRM"}, "groups/crm")
    plan = {
        "label": "Plan",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "crm",
        "hidden": "true",
        "options": '["b","a/1"]',
        "options/b/label": "Bee",
        "options/a%2F1/label": "A 1",
        "options/a%2F1/description": "first",
    }
    name = "companies:properties/plan"
    applied(deliver(portal, group, create(name, plan, "properties/plan")))

    body = portal.ask("GET", "/properties/companies/plan")
    assert (body["label"], body["hidden"], body["groupName"]) == ("Plan", True, "crm")
    assert [(each["value"], each["label"], each["description"] or None) for each in body["options"]] == [
        ("b", "Bee", None),
        ("a/1", "A 1", "first"),
    ]

    relabel = update(name, "properties/plan", {"label": ("Plan", "Plan II")})
    regroup = update("companies:groups/crm", "groups/crm", {"label": ("CRM", "Sales")})
    applied(deliver(portal, relabel, regroup))
    assert portal.ask("GET", "/properties/companies/plan")["label"] == "Plan II"
    assert portal.ask("GET", "/properties/companies/groups/crm")["label"] == "Sales"

    gone = archive(name, "properties/plan"), archive("companies:groups/crm", "groups/crm")
    applied(deliver(portal, *gone))
    left = portal.ask("GET", "/properties/companies/groups")["results"]
    assert "crm" not in {each["name"] for each in left}


def test_every_write_is_announced_before_it_leaves_also_one_without_a_body(
    portal: DefinitionPortal,
) -> None:
    announced: list[str] = []
    changes = (
        create("companies:groups/x", {"label": "X"}, "groups/x"),
        archive("companies:groups/x", "groups/x"),
    )
    for change in changes:
        (batch,) = batches_of(enumerate([change]), count())
        to = Connections(portal.reader, portal.writer, portal.schema)
        executor = BatchExecutor(to, ALWAYS_LOOKED_AT, OnStale.SKIP)
        executor.deliver(batch, lambda *_: announced.append(change.action))  # noqa: B023 - called at once
    assert announced == ["create", "archive"]


def test_a_boolean_gets_both_of_its_options_and_a_formula_the_spelling_of_hubspot(
    portal: DefinitionPortal,
) -> None:
    flag = {"label": "Flag", "type": "bool", "fieldType": "booleancheckbox", "groupName": "erp"}
    named = {"options/false/label": "Nein", "options/true/label": "Ja"}
    turned = flag | named | {"options": '["false","true"]'}
    margin = {
        "label": "Margin",
        "type": "number",
        "fieldType": "calculation_equation",
        "groupName": "erp",
        "calculationFormula": "revenue * 2.50",
    }
    outcomes = applied(
        deliver(
            portal,
            create("companies:properties/flag", flag, "properties/flag"),
            create("companies:properties/turned", turned, "properties/turned"),
            create("companies:properties/margin", margin, "properties/margin"),
        )
    )
    options = portal.ask("GET", "/properties/companies/turned")["options"]
    assert [(each["value"], each["label"]) for each in options] == [("false", "Nein"), ("true", "Ja")]
    assert outcomes[2].answered["calculationFormula"] == "revenue * 2.5"


def test_what_people_changed_since_the_plan_is_stale(portal: DefinitionPortal) -> None:
    portal.ask("PATCH", "/properties/companies/tier", {"label": "Class"})
    portal.ask("POST", "/properties/companies/groups", {"name": "crm", "label": "CRM"})

    outcomes = deliver(
        portal,
        update("companies:properties/tier", "properties/tier", {"label": ("Tier", "Level")}),
        create("companies:groups/crm", {"label": "CRM"}, "groups/crm"),
        update("companies:properties/other", "properties/other", {"label": ("Other", "O")}),
    )

    assert [each.message if isinstance(each, Stale) else each for each in outcomes] == [
        "label changed in HubSpot since the plan was made",
        "it exists in HubSpot now",
        "it is no longer there",
    ]
    assert portal.ask("GET", "/properties/companies/tier")["label"] == "Class"


def added_by_people(portal: DefinitionPortal, *more: str) -> None:
    body = portal.ask("GET", "/properties/companies/tier")
    options = [*body["options"], *({"label": each, "value": each} for each in more)]
    listed = [{**each, "displayOrder": order} for order, each in enumerate(options)]
    portal.ask("PATCH", "/properties/companies/tier", {"options": listed})


def test_an_option_is_added_in_its_place_and_the_others_stay_as_they_are(portal: DefinitionPortal) -> None:
    named = {"options": ('["gold","basic"]', '["gold","silver","basic"]'), "options/silver/label": "Silver"}

    applied(deliver(portal, update("companies:properties/tier", "properties/tier", named)))

    body = portal.ask("GET", "/properties/companies/tier")
    assert [(each["value"], each["label"], each["hidden"]) for each in body["options"]] == [
        ("gold", "Gold", False),
        ("silver", "Silver", False),
        ("basic", "Basic", True),
    ]
    assert body["options"][0]["description"] == "best"


def test_an_option_that_people_added_meanwhile_makes_the_list_stale(portal: DefinitionPortal) -> None:
    added_by_people(portal, "vip")
    named = {"options": ('["gold","basic"]', '["gold","basic","silver"]')}

    (outcome,) = deliver(portal, update("companies:properties/tier", "properties/tier", named))

    assert isinstance(outcome, Stale)
    assert options_of(portal) == ["gold", "basic", "vip"]


def test_the_label_of_an_option_changes_and_one_that_people_added_stays(
    portal: DefinitionPortal,
) -> None:
    added_by_people(portal, "vip")

    change = update("companies:properties/tier", "properties/tier", {"options/gold/label": ("Gold", "Au")})
    applied(deliver(portal, change))

    assert options_of(portal) == ["gold", "basic", "vip"]


OPTION = "companies:properties/tier#options/basic"


def company(portal: DefinitionPortal, tier: str) -> str:
    return str(portal.ask("POST", "/objects/companies", {"properties": {"name": "A", "tier": tier}})["id"])


def test_an_option_that_nobody_holds_is_removed_after_two_looks(portal: DefinitionPortal) -> None:
    pauses: list[float] = []

    applied(deliver(portal, archive(OPTION, "options/tier/basic"), sleep=pauses.append))

    assert options_of(portal) == ["gold"]
    assert pauses == [15.0]


def test_an_option_that_somebody_holds_by_now_stays(portal: DefinitionPortal) -> None:
    company(portal, "basic")

    (outcome,) = deliver(portal, archive(OPTION, "options/tier/basic"))

    assert outcome == Stale("not removed: 1 record of companies has this value now")
    assert options_of(portal) == ["gold", "basic"]


def test_an_option_whose_records_may_lose_it_is_removed(portal: DefinitionPortal) -> None:
    company(portal, "basic")

    applied(deliver(portal, archive(OPTION, "options/tier/basic", held=1)))

    assert options_of(portal) == ["gold"]


RENEWALS = "deals:pipelines/Renewals"


def renewals() -> list[Change]:
    """Return the changes for a new pipeline and its stages, which one call creates."""
    stages = {"Open": "0.2", "Signed": "1", "Lost": "0"}
    carried = [
        create(
            f"{RENEWALS}/stages/{name}",
            {"label": name, "probability": text},
            f"stages/{name.lower()}_1",
            parent_id="renewals_1",
            is_carried=True,
        )
        for name, text in stages.items()
    ]
    named = {"label": "Renewals", "stages": '["Open","Signed","Lost"]'}
    return [create(RENEWALS, named, "pipelines/renewals_1"), *carried]


def stages_of(portal: DefinitionPortal) -> dict[str, Any]:
    body = portal.ask("GET", "/pipelines/deals/renewals_1")
    return {each["label"]: each for each in sorted(body["stages"], key=lambda each: each["displayOrder"])}


def test_a_pipeline_is_created_with_its_stages_under_the_planned_ids(portal: DefinitionPortal) -> None:
    outcomes = applied(deliver(portal, *renewals()))

    assert [each.record_id for each in outcomes] == [
        "pipelines/renewals_1",
        "stages/open_1",
        "stages/signed_1",
        "stages/lost_1",
    ]
    assert {label: each["id"] for label, each in stages_of(portal).items()} == {
        "Open": "open_1",
        "Signed": "signed_1",
        "Lost": "lost_1",
    }


def test_stages_are_added_changed_ordered_and_deleted(portal: DefinitionPortal) -> None:
    deliver(portal, *renewals())
    stage = f"{RENEWALS}/stages"

    applied(
        deliver(
            portal,
            create(
                f"{stage}/Offer",
                {"label": "Offer", "probability": "0.4"},
                "stages/offer_1",
                parent_id="renewals_1",
            ),
            update(f"{stage}/Open", "stages/open_1", {"probability": ("0.2", "0.1")}, parent_id="renewals_1"),
        )
    )
    order = update(RENEWALS, "pipelines/renewals_1", {"stages": ("[]", '["Offer","Lost","Open","Signed"]')})
    applied(deliver(portal, order))

    found = stages_of(portal)
    assert list(found) == ["Offer", "Lost", "Open", "Signed"]
    assert found["Open"]["metadata"]["probability"] == "0.1"

    applied(deliver(portal, archive(f"{stage}/Lost", "stages/lost_1", parent_id="renewals_1")))
    assert list(stages_of(portal)) == ["Offer", "Open", "Signed"]
    applied(deliver(portal, archive(RENEWALS, "pipelines/renewals_1")))


def test_a_stage_is_not_deleted_through_another_pipeline(portal: DefinitionPortal) -> None:
    deliver(portal, *renewals())

    gone = archive(f"{RENEWALS}/stages/Lost", "stages/lost_1", parent_id="default")
    (outcome,) = deliver(portal, gone)

    assert outcome == Rejected("HubSpot reported the removal, but the definition is still there")
    assert "Lost" in stages_of(portal)


def test_a_stage_with_records_stays(portal: DefinitionPortal) -> None:
    deliver(portal, *renewals())
    deal = {"dealname": "A", "pipeline": "renewals_1", "dealstage": "lost_1"}
    portal.ask("POST", "/objects/deals", {"properties": deal})

    gone = archive(f"{RENEWALS}/stages/Lost", "stages/lost_1", parent_id="renewals_1")
    (outcome,) = deliver(portal, gone)

    assert isinstance(outcome, Stale)


MACHINES = "machines:schema"
MACHINE = {"labels/singular": "Machine", "labels/plural": "Machines", "associatedObjects": '["companies"]'}


def test_a_custom_type_is_made_in_two_steps_with_its_properties_between(portal: DefinitionPortal) -> None:
    portal_now = with_new_types(portal.schema, ["machines"])
    serial = {"label": "Serial", "type": "string", "fieldType": "text", "groupName": "machines_information"}
    shown = {"primaryDisplayProperty": "serial", "requiredProperties": '["serial"]'}

    outcomes = applied(
        deliver(
            portal,
            create(MACHINES, MACHINE, "schema"),
            create("machines:properties/serial", serial, "properties/serial"),
            update(MACHINES, "schema", shown, step=2),
            schema=portal_now,
            written=(address(MACHINES),),
        )
    )

    assert outcomes[0].answered["objectTypeId"] == "2-40000001"
    body = portal.ask("GET", "/crm-object-schemas/v3/schemas/2-40000001")
    assert (body["primaryDisplayProperty"], body["requiredProperties"]) == ("serial", ["serial"])
    assert body["labels"] == {"singular": "Machine", "plural": "Machines"}
    portal.names = ("machines", "companies")
    applied(deliver(portal, archive(MACHINES, "schema")))


def test_a_create_that_answers_with_a_type_that_was_there_is_rejected() -> None:
    with definition_portal({**QUICK, "existing_schema": "answered"}) as portal:
        schema = with_new_types(portal.schema, ["machines"])
        deliver(portal, create(MACHINES, MACHINE, "schema"), schema=schema)
        other = with_new_types(portal.schema, ["machines"])
        object.__setattr__(other.objects["machines"], "path", "p1_other")
        (outcome,) = deliver(portal, create(MACHINES, MACHINE, "schema"), schema=other)

    assert isinstance(outcome, Rejected)
    assert "was there before" in outcome.message


BILLING = "contacts:association_labels/companies/billing"


def test_a_label_gets_its_numbers_from_hubspot(portal: DefinitionPortal) -> None:
    (made,) = applied(
        deliver(portal, create(BILLING, {"label": "Billing contact", "inverseLabel": "Bills to"}))
    )

    section, category, there, back = made.record_id.split("/")
    assert (section, category) == ("association_labels", "USER_DEFINED")
    listed = portal.ask("GET", "/crm/v4/associations/contacts/companies/labels")["results"]
    assert {str(each["typeId"]): each["label"] for each in listed}[there] == "Billing contact"
    listed = portal.ask("GET", "/crm/v4/associations/companies/contacts/labels")["results"]
    assert {str(each["typeId"]): each["label"] for each in listed}[back] == "Bills to"

    relabel = update(BILLING, made.record_id, {"label": ("Billing contact", "Invoices")})
    applied(deliver(portal, relabel))
    listed = portal.ask("GET", "/crm/v4/associations/companies/contacts/labels")["results"]
    assert {str(each["typeId"]): each["label"] for each in listed}[back] == "Bills to"
    applied(deliver(portal, archive(BILLING, made.record_id)))


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ([create("companies:groups/crm", {"label": "CRM"}, "groups/crm")], "*/groups"),
        (renewals(), "*/pipelines/deals"),
        ([create(BILLING, {"label": "Billing contact"})], "*/labels"),
        ([update("companies:properties/tier", "properties/tier", {"label": ("Tier", "T")})], "*/tier"),
        ([archive("companies:properties/revenue", "properties/revenue")], "*/revenue"),
        ([archive(OPTION, "options/tier/basic")], "*/tier"),
    ],
    ids=["group", "pipeline", "label", "property", "removal", "option"],
)
def test_a_lost_answer_is_settled_by_reading(
    portal: DefinitionPortal, changes: list[Change], path: str, kind: str
) -> None:
    schema = portal.schema
    for method in ("POST", "PATCH", "DELETE"):
        portal.emulator.add_fault(faults.parse(f"{kind}:method={method},path={path},count=1"))

    outcomes = deliver(portal, *changes, schema=schema)

    assert not [each for each in outcomes if isinstance(each, Unknown)]
    applied(outcomes)


def test_a_refusal_has_hubspots_words(portal: DefinitionPortal) -> None:
    wrong = {"label": "X", "type": "number", "fieldType": "text", "groupName": "erp"}

    (outcome,) = deliver(portal, create("companies:properties/x", wrong, "properties/x"))

    assert isinstance(outcome, Rejected)
    assert outcome.category == "VALIDATION_ERROR"
    assert outcome.correlation_id


def test_what_this_run_wrote_is_waited_for_and_said(portal: DefinitionPortal) -> None:
    reported: list[str] = []
    pauses: list[float] = []
    name = address("companies:properties/tier")
    change = update("companies:properties/tier", "properties/tier", {"label": ("Between", "T")}, step=2)

    (outcome,) = deliver(portal, change, written=(name,), sleep=pauses.append, reported=reported)

    # The live value is neither the old nor the new one, even after a minute of waiting, so people changed it.
    assert isinstance(outcome, Stale)
    assert sum(pauses) == 60.0
    assert reported[0] == "companies:properties/tier: waiting until HubSpot shows the changes of this run"


@pytest.fixture
def late() -> Iterator[tuple[DefinitionPortal, Clock]]:
    """Yield a portal that shows definitions ten seconds after they are written, and its clock."""
    clock = Clock()
    seed = {**QUICK, "settling": {"definitions_ms": 10_000}}
    with definition_portal(seed, now=clock.now) as portal:
        clock.sleep(60)
        yield portal, clock


def test_a_second_step_waits_until_hubspot_shows_the_first(late: tuple[DefinitionPortal, Clock]) -> None:
    portal, clock = late
    name = "companies:properties/tier"
    schema = portal.schema
    first = update(name, "properties/tier", {"label": ("Tier", "Between")})
    second = update(name, "properties/tier", {"label": ("Between", "Level")}, step=2)

    applied(deliver(portal, first, schema=schema, sleep=clock.sleep))
    applied(deliver(portal, second, schema=schema, sleep=clock.sleep, written=(address(name),)))

    clock.sleep(60)
    assert portal.ask("GET", "/properties/companies/tier")["label"] == "Level"


def test_a_create_whose_answer_was_lost_is_ours_even_if_hubspot_shows_it_later(
    late: tuple[DefinitionPortal, Clock],
) -> None:
    portal, clock = late
    schema = portal.schema
    portal.emulator.add_fault(faults.parse("drop_after:method=POST,path=*/properties/companies,count=1"))
    plain = {"label": "Plan", "type": "string", "fieldType": "text", "groupName": "erp"}
    change = create("companies:properties/plan", plain, "properties/plan")

    applied(deliver(portal, change, schema=schema, sleep=clock.sleep))


def test_a_removal_is_proven_once_hubspot_shows_it(late: tuple[DefinitionPortal, Clock]) -> None:
    portal, clock = late
    change = archive("companies:properties/revenue", "properties/revenue")

    applied(deliver(portal, change, schema=portal.schema, sleep=clock.sleep))
