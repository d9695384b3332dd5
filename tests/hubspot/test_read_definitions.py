"""Definitions are read with all their values, as canonical texts, with every version of the API."""

from collections.abc import Iterator

import pytest

from reconciler.hubspot.definitions.read import read_definitions
from reconciler.hubspot.transport.api_versions import API_VERSIONS
from reconciler.model.addresses import Section
from reconciler.model.object_references import Direction
from reconciler.model.portal_definitions import LiveDefinition
from tests.support.definition_portal import SEED, DefinitionPortal, definition_portal

ALL = (Section.GROUPS, Section.PROPERTIES, Section.PIPELINES)
MACHINES = "/crm-object-schemas/v3/schemas"


@pytest.fixture
def portal() -> Iterator[DefinitionPortal]:
    with definition_portal() as opened:
        yield opened


def read(
    portal: DefinitionPortal, object_name: str, *sections: Section, labels: tuple[Direction, ...] = ()
) -> dict[str, LiveDefinition]:
    found = read_definitions(portal.reader, portal.schema, {object_name: sections}, labels)
    return {live.address.text: live for live in found[object_name]}


@pytest.mark.parametrize("version", API_VERSIONS)
def test_a_property_has_its_options_in_order_and_every_value_in_each_version(version: str) -> None:
    with definition_portal(version=version) as portal:
        found = read(portal, "companies", Section.PROPERTIES, Section.GROUPS)

    tier = found["companies:properties/tier"]
    assert (tier.id, tier.is_hubspot_defined, tier.is_archived) == ("properties/tier", False, False)
    assert (tier.can_change, tier.can_change_options, tier.can_archive) == (True, True, True)
    assert {path: text for path, text in tier.values.items() if text is not None} == {
        "label": "Tier",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "erp",
        "hidden": "false",
        "formField": "false",
        "displayOrder": "-1",
        "hasUniqueValue": "false",
        "dataSensitivity": "non_sensitive",
        "externalOptions": "false",
        "showCurrencySymbol": "false",
        "options": '["gold","basic"]',
        "options/gold/label": "Gold",
        "options/gold/description": "best",
        "options/gold/hidden": "false",
        "options/basic/label": "Basic",
        "options/basic/hidden": "true",
    }
    assert found["companies:groups/erp"].values == {"label": "ERP", "displayOrder": "-1"}


def test_archived_properties_and_those_of_hubspot_are_told(portal: DefinitionPortal) -> None:
    portal.ask("DELETE", "/properties/companies/tier")

    found = read(portal, "companies", Section.PROPERTIES)

    assert found["companies:properties/tier"].is_archived
    name = found["companies:properties/name"]
    assert (name.is_hubspot_defined, name.can_archive) == (True, False)
    assert not found["companies:properties/createdate"].can_change


def test_properties_with_sensitive_data_are_read_as_far_as_the_token_may() -> None:
    secret = {"name": "ssn", "label": "SSN", "type": "string", "fieldType": "text", "groupName": "erp"}
    properties = [*SEED["properties"]["companies"], secret | {"dataSensitivity": "sensitive"}]
    seed = {**SEED, "sensitive_data": True, "properties": {"companies": properties}}
    with definition_portal(seed) as portal:
        found = read(portal, "companies", Section.PROPERTIES)

    assert found["companies:properties/ssn"].values["dataSensitivity"] == "sensitive"


def test_pipelines_are_read_with_their_stages_in_order(portal: DefinitionPortal) -> None:
    stages = [
        {"label": "Won", "displayOrder": 1, "metadata": {"probability": "1.0"}, "stageId": "won_1"},
        {"label": "Open / new", "displayOrder": 0, "metadata": {"probability": "0.20"}, "stageId": "open_1"},
    ]
    body = {"label": "Renewals", "displayOrder": 3, "pipelineId": "renewals_1", "stages": stages}
    portal.ask("POST", "/pipelines/deals", body)

    found = read(portal, "deals", Section.PIPELINES)

    renewals = found["deals:pipelines/Renewals"]
    assert (renewals.id, renewals.is_hubspot_defined) == ("pipelines/renewals_1", False)
    assert renewals.values == {"label": "Renewals", "displayOrder": "3", "stages": '["Open / new","Won"]'}
    first = found["deals:pipelines/Renewals/stages/Open %2F new"]
    assert (first.id, first.parent_id, first.can_archive) == ("stages/open_1", "renewals_1", True)
    assert {path: text for path, text in first.values.items() if text is not None} == {
        "label": "Open / new",
        "displayOrder": "0",
        "probability": "0.2",
    }
    own = [live for live in found.values() if live.is_hubspot_defined]
    assert [(live.address.section, live.can_archive) for live in own] == [(Section.PIPELINES, False)]


def test_lifecycle_stages_are_read_and_cannot_be_changed(portal: DefinitionPortal) -> None:
    found = read(portal, "contacts", Section.PIPELINES)

    assert len(found) > 5
    assert not any(live.can_change or live.can_archive for live in found.values())


def test_schemas_are_read_with_the_types_they_were_associated_with(portal: DefinitionPortal) -> None:
    body = {
        "name": "machines",
        "labels": {"singular": "Machine", "plural": "Machines"},
        "primaryDisplayProperty": "serial",
        "secondaryDisplayProperties": ["serial"],
        "requiredProperties": ["serial"],
        "properties": [{"name": "serial", "label": "Serial"}],
        "associatedObjects": ["companies", "deals"],
    }
    portal.ask("POST", MACHINES, body)
    portal.names = ("companies", "deals", "machines")

    (schema,) = read(portal, "machines", Section.SCHEMA).values()

    assert (schema.address.text, schema.id) == ("machines:schema", "schema")
    assert schema.values == {
        "labels/singular": "Machine",
        "labels/plural": "Machines",
        "description": None,
        "primaryDisplayProperty": "serial",
        "secondaryDisplayProperties": '["serial"]',
        "requiredProperties": '["serial"]',
        "searchableProperties": '["hs_object_id"]',
        "associatedObjects": '["companies","deals"]',
        "allowsSensitiveProperties": "true",
    }
    assert {"machines:groups/machines_information", "machines:properties/serial"} <= set(
        read(portal, "machines", Section.GROUPS, Section.PROPERTIES)
    )


LABELS = "/crm/v4/associations"


@pytest.mark.parametrize("version", API_VERSIONS)
@pytest.mark.parametrize("are_names_late", [False, True])
def test_both_ends_of_a_label_are_found(version: str, are_names_late: bool) -> None:
    seed = {**SEED, "settling": {"names_ms": 300_000 if are_names_late else 0}}
    with definition_portal(seed, version) as portal:
        for name, texts in {
            "billing": {"label": "Billing contact", "inverseLabel": "Bills to"},
            "plain_one": {"label": "Advisor"},
        }.items():
            portal.ask("POST", f"{LABELS}/contacts/companies/labels", {"name": name, **texts})
        there = read(portal, "contacts", labels=(Direction("contacts", "companies"),))
        back = read(portal, "companies", labels=(Direction("companies", "contacts"),))

    key = "Billing contact" if are_names_late else "billing"
    live = there[f"contacts:association_labels/companies/{key}"]
    assert live.values == {
        "label": "Billing contact",
        "inverseLabel": "Bills to",
        "name": None if are_names_late else "billing",
    }
    section, category, *ids = live.id.split("/")
    assert (section, category) == ("association_labels", "USER_DEFINED")
    ours = {
        each.id.removeprefix("association_labels/USER_DEFINED/") for each in back.values() if each.can_change
    }
    assert "/".join(reversed(ids)) in ours
    primary = [each for each in there.values() if each.is_hubspot_defined]
    assert primary
    assert not any(each.can_change for each in primary)


def test_labels_between_records_of_one_type_have_one_end_or_two(portal: DefinitionPortal) -> None:
    for body in (
        {"name": "partner", "label": "Partner"},
        {"name": "boss", "label": "Boss", "inverseLabel": "Report"},
    ):
        portal.ask("POST", f"{LABELS}/contacts/contacts/labels", body)

    direction = Direction("contacts", "contacts")
    found = read_definitions(portal.reader, portal.schema, {}, (direction,))["contacts"]

    ends = {str(live.values["label"]): live.id.split("/")[2:] for live in found if live.can_change}
    assert ends["Partner"][0] == ends["Partner"][1]
    assert ends["Boss"] == list(reversed(ends["Report"]))


def test_a_type_that_the_portal_does_not_have_has_no_definitions(portal: DefinitionPortal) -> None:
    assert read(portal, "machines", *ALL, Section.SCHEMA) == {}
