"""HubSpot's own Python SDK works with the emulator over HTTP, and checks all required fields of answers."""

from collections.abc import Iterator
from typing import Any

import hubspot
import pytest
from hubspot.crm import (
    companies,
    contacts,
    deals,
    objects,
    pipelines,
    products,
    properties,
    schemas,
    tickets,
)
from hubspot.crm.associations import v4
from hubspot.crm.objects import deal_splits, goals, postal_mail

from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running
from tests.emulator.conftest import KEYED

PORTAL_ID = 1234567
SEED = {
    **KEYED,
    "search_lag_ms": 0,
    "schemas": [
        {
            "name": "pet",
            "labels": {"singular": "Pet", "plural": "Pets"},
            "primaryDisplayProperty": "pet_name",
            "properties": [
                {"name": "pet_name", "label": "Name", "type": "string", "fieldType": "text"},
                {
                    "name": "chip",
                    "label": "Chip",
                    "type": "string",
                    "fieldType": "text",
                    "hasUniqueValue": True,
                },
            ],
            "associatedObjects": ["CONTACT"],
        }
    ],
}


def checking(factory_package: Any, api_name: str, config: dict[str, Any]) -> Any:
    """Return an API of the SDK with the emulator's address, and with validation by the client."""
    configuration = factory_package.Configuration()
    configuration.access_token = config["access_token"]
    configuration.host = config["host"]
    configuration.client_side_validation = True
    client = factory_package.ApiClient(configuration=configuration)
    return getattr(factory_package, api_name)(api_client=client)


@pytest.fixture(scope="module")
def sdk() -> Iterator[Any]:
    emulator = Emulator(None)
    emulator.ensure_portal(PORTAL_ID, SEED)
    with running(emulator) as url:
        yield hubspot.HubSpot(access_token=emulator.token(PORTAL_ID), host=url, api_factory=checking)
    emulator.close()


BATCHES = [
    ("tickets", tickets, lambda sdk: sdk.crm.tickets, {"subject": "S", "hs_pipeline_stage": "1"}, "subject"),
    ("deals", deals, lambda sdk: sdk.crm.deals, {"dealname": "D", "dealstage": "closedwon"}, "dealname"),
    ("companies", companies, lambda sdk: sdk.crm.companies, {"name": "C"}, "name"),
    (
        "postal_mail",
        postal_mail,
        lambda sdk: sdk.crm.objects.postal_mail,
        {"hs_timestamp": "2026-11-22T08:00:00Z", "hs_postal_mail_body": "B"},
        "hs_postal_mail_body",
    ),
    ("goal_targets", goals, lambda sdk: sdk.crm.objects.goals, {"hs_goal_name": "G"}, "hs_goal_name"),
]


@pytest.mark.parametrize(("name", "models", "api", "given", "changed"), BATCHES, ids=[b[0] for b in BATCHES])
def test_batches_go_round(
    sdk: Any, name: str, models: Any, api: Any, given: dict[str, str], changed: str
) -> None:
    batch_api = api(sdk).batch_api
    key = f"{name}-1"
    upsert = models.BatchInputSimplePublicObjectBatchInputUpsert(
        inputs=[
            models.SimplePublicObjectBatchInputUpsert(
                id=key, id_property="ext_key", properties=given, object_write_trace_id="row-1"
            )
        ]
    )
    made = batch_api.upsert(upsert)
    record = made.results[0]
    assert record.new is True
    assert record.object_write_trace_id == "row-1"

    update = models.BatchInputSimplePublicObjectBatchInput(
        inputs=[models.SimplePublicObjectBatchInput(id=record.id, properties={changed: "changed"})]
    )
    assert batch_api.update(update).results[0].properties[changed] == "changed"

    read = models.BatchReadInputSimplePublicObjectId(
        inputs=[models.SimplePublicObjectId(id=key), models.SimplePublicObjectId(id="nobody")],
        id_property="ext_key",
        properties=[changed],
        properties_with_history=[changed],
    )
    found = batch_api.read(read)
    assert found.results[0].properties[changed] == "changed"
    assert found.results[0].properties_with_history[changed][0].value == "changed"
    assert found.errors[0].context == {"ids": ["nobody"]}

    gone = models.BatchInputSimplePublicObjectId(inputs=[models.SimplePublicObjectId(id=record.id)])
    assert batch_api.archive(gone) is None
    assert batch_api.read(read).results == []


def test_creation_in_batches_and_its_errors(sdk: Any) -> None:
    inputs = companies.BatchInputSimplePublicObjectBatchInputForCreate(
        inputs=[
            companies.SimplePublicObjectBatchInputForCreate(
                properties={"name": "Good"}, associations=[], object_write_trace_id="good"
            ),
            companies.SimplePublicObjectBatchInputForCreate(
                properties={"nmae": "Bad"}, associations=[], object_write_trace_id="bad"
            ),
        ]
    )
    made = sdk.crm.companies.batch_api.create(inputs)
    assert [record.object_write_trace_id for record in made.results] == ["good"]
    assert made.num_errors == 1
    assert made.errors[0].context == {"objectWriteTraceId": ["bad"]}


def test_single_records_of_contacts(sdk: Any) -> None:
    api = sdk.crm.contacts.basic_api
    made = api.create(
        contacts.SimplePublicObjectInputForCreate(
            properties={"email": "Ada@Acme.example", "firstname": "Ada"}, associations=[]
        )
    )
    assert made.properties["email"] == "ada@acme.example"
    changed = api.update(
        "ada@acme.example",
        contacts.SimplePublicObjectInput(properties={"lastname": "L"}),
        id_property="email",
    )
    assert changed.id == made.id
    found = api.get_by_id(made.id, properties=["firstname", "lastname"], properties_with_history=["lastname"])
    assert found.properties["lastname"] == "L"
    assert sdk.crm.contacts.get_all()[0].id == made.id
    with pytest.raises(contacts.exceptions.ApiException) as refused:
        api.create(
            contacts.SimplePublicObjectInputForCreate(
                properties={"email": "ada@acme.example"}, associations=[]
            )
        )
    assert refused.value.status == 409
    api.archive(made.id)
    assert api.get_by_id(made.id, archived=True).archived is True
    with pytest.raises(contacts.exceptions.ApiException) as missing:
        api.get_by_id(made.id)
    assert missing.value.status == 404


def test_merging_and_erasing_contacts(sdk: Any) -> None:
    api = sdk.crm.contacts
    ids = [
        api.basic_api.create(
            contacts.SimplePublicObjectInputForCreate(
                properties={"email": f"{name}@merge.example"}, associations=[]
            )
        ).id
        for name in ("one", "two")
    ]
    merge = contacts.PublicMergeInput(primary_object_id=ids[0], object_id_to_merge=ids[1])
    survivor = api.basic_api.merge(merge).id
    assert survivor not in ids
    assert api.basic_api.get_by_id(ids[1]).id == survivor
    api.basic_api.purge(contacts.PublicGdprDeleteInput(object_id=survivor))
    with pytest.raises(contacts.exceptions.ApiException) as missing:
        api.basic_api.get_by_id(survivor)
    assert missing.value.status == 404


def test_deal_splits(sdk: Any) -> None:
    deal = sdk.crm.deals.basic_api.create(
        deals.SimplePublicObjectInputForCreate(
            properties={"dealname": "Split", "dealstage": "closedwon"}, associations=[]
        )
    )
    api = sdk.crm.objects.deal_splits.batch_api
    given = deal_splits.PublicDealSplitInput(owner_id=1, percentage=100.0)
    made = api.upsert(
        deal_splits.PublicDealSplitsBatchCreateRequest(
            inputs=[deal_splits.PublicDealSplitsCreateRequest(id=int(deal.id), splits=[given])]
        )
    )
    assert made.results[0].splits[0].properties["hubspot_owner_id"] == "1"
    asked = deal_splits.BatchInputPublicObjectId(inputs=[deal_splits.PublicObjectId(id=deal.id)])
    assert len(api.read(asked).results[0].splits) == 1


def test_products_page_by_page(sdk: Any) -> None:
    for number in range(3):
        sdk.crm.products.basic_api.create(
            products.SimplePublicObjectInputForCreate(
                properties={"name": f"P{number}", "price": "12.50"}, associations=[]
            )
        )
    page = sdk.crm.products.basic_api.get_page(limit=2, properties=["name", "price"], archived=False)
    assert [record.properties["name"] for record in page.results] == ["P0", "P1"]
    rest = sdk.crm.products.basic_api.get_page(limit=2, after=page.paging.next.after)
    assert [record.properties["name"] for record in rest.results] == ["P2"]
    assert rest.paging is None


def test_custom_objects(sdk: Any) -> None:
    schema = sdk.crm.schemas.core_api.get_all(archived=False).results[0]
    assert schema.fully_qualified_name == f"p{PORTAL_ID}_pet"
    made = sdk.crm.objects.batch_api.upsert(
        schema.object_type_id,
        objects.BatchInputSimplePublicObjectBatchInputUpsert(
            inputs=[
                objects.SimplePublicObjectBatchInputUpsert(
                    id="c-1", id_property="chip", properties={"pet_name": "Rex"}
                )
            ]
        ),
    )
    assert made.results[0].new is True
    found = sdk.crm.objects.basic_api.get_by_id(schema.fully_qualified_name, "c-1", id_property="chip")
    assert found.properties["hs_object_id"] == made.results[0].id
    with pytest.raises(objects.exceptions.ApiException) as refused:
        sdk.crm.objects.basic_api.get_page("pet")
    assert "Unable to infer object type from: pet" in refused.value.body


def test_schemas(sdk: Any) -> None:
    api = sdk.crm.schemas.core_api
    made = api.create(
        schemas.ObjectSchemaEgg(
            name="boat",
            labels=schemas.ObjectTypeDefinitionLabels(singular="Boat", plural="Boats"),
            primary_display_property="boat_name",
            required_properties=["boat_name"],
            searchable_properties=["boat_name"],
            secondary_display_properties=[],
            properties=[
                schemas.ObjectTypePropertyCreate(
                    name="boat_name", label="Name", type="string", field_type="text"
                )
            ],
            associated_objects=["CONTACT"],
        )
    )
    assert {item.name for item in made.associations} >= {"boat_to_contact"}
    changed = api.update(
        made.object_type_id,
        schemas.ObjectTypeDefinitionPatch(
            labels=schemas.ObjectTypeDefinitionLabels(singular="Ship", plural="Ships")
        ),
    )
    assert changed.labels.singular == "Ship"
    assert api.get_by_id(made.object_type_id).labels.plural == "Ships"
    association = api.create_association(
        made.object_type_id,
        schemas.AssociationDefinitionEgg(
            from_object_type_id=made.object_type_id, to_object_type_id="0-2", name="boat_to_company"
        ),
    )
    assert association.to_object_type_id == "0-2"
    api.archive(made.object_type_id)
    assert made.object_type_id not in {schema.object_type_id for schema in api.get_all().results}


def test_properties_and_groups(sdk: Any) -> None:
    core, batch_api, groups = (
        sdk.crm.properties.core_api,
        sdk.crm.properties.batch_api,
        sdk.crm.properties.groups_api,
    )
    groups.create("companies", properties.PropertyGroupCreate(name="ours", label="Ours", display_order=-1))
    assert groups.get_by_name("companies", "ours").label == "Ours"
    changed = groups.update("companies", "ours", properties.PropertyGroupUpdate(label="All ours"))
    assert (changed.name, changed.label, changed.archived) == ("ours", "All ours", False)
    assert "ours" in {group.name for group in groups.get_all("companies").results}
    made = core.create(
        "companies",
        properties.PropertyCreate(
            name="tier",
            label="Tier",
            type="enumeration",
            field_type="select",
            group_name="ours",
            options=[properties.OptionInput(label="Gold", value="gold", hidden=False, display_order=0)],
        ),
    )
    assert made.modification_metadata.archivable is True
    assert core.update("companies", "tier", properties.PropertyUpdate(label="Level")).label == "Level"
    assert core.get_by_name("companies", "name").hubspot_defined is True
    assert len(core.get_all("companies").results) > 20
    read = properties.BatchReadInputPropertyName(
        archived=False, inputs=[properties.PropertyName(name="tier"), properties.PropertyName(name="nope")]
    )
    found = batch_api.read("companies", read)
    assert [item.name for item in found.results] == ["tier"]
    assert found.num_errors == 1
    batch_api.archive(
        "companies", properties.BatchInputPropertyName(inputs=[properties.PropertyName(name="tier")])
    )
    assert core.get_by_name("companies", "tier", archived=True).archived is True
    assert [item.name for item in core.get_all("companies", archived=True).results] == ["tier"]
    groups.archive("companies", "ours")
    with pytest.raises(properties.exceptions.ApiException) as missing:
        groups.get_by_name("companies", "ours")
    assert missing.value.status == 404


def test_calculated_properties(sdk: Any) -> None:
    core = sdk.crm.properties.core_api
    made = core.create(
        "companies",
        properties.PropertyCreate(
            name="staff_twice",
            label="Twice the staff",
            type="number",
            field_type="calculation_equation",
            group_name="companyinformation",
            calculation_formula="(numberofemployees)*2.0",
        ),
    )
    assert made.calculated is True
    stored = core.get_by_name("companies", "staff_twice")
    assert (stored.calculation_formula, stored.field_type) == (
        "numberofemployees * 2",
        "calculation_equation",
    )
    core.archive("companies", "staff_twice")


def test_association_definitions(sdk: Any) -> None:
    api = sdk.crm.associations.v4.schema.definitions_api
    given = v4.schema.PublicAssociationDefinitionCreateRequest(
        name="supplier", label="Supplies", inverse_label="Supplied by"
    )
    there, back = api.create("companies", "deals", given).results
    assert (there.label, back.label) == ("Supplies", "Supplied by")
    renamed = v4.schema.PublicAssociationDefinitionUpdateRequest(
        association_type_id=there.type_id, label="Delivers", inverse_label="Delivered by"
    )
    api.update("companies", "deals", renamed)
    assert "Delivers" in {item.label for item in api.get_all("companies", "deals").results}
    assert "Delivered by" in {item.label for item in api.get_all("deals", "companies").results}
    schema = sdk.crm.schemas.core_api.get_by_id("companies")
    assert {str(there.type_id), str(back.type_id)} <= {
        item.id for item in schema.associations if item.name == "supplier"
    }
    api.remove("companies", "deals", there.type_id)
    assert "Delivers" not in {item.label for item in api.get_all("companies", "deals").results}


def test_pipelines_and_stages(sdk: Any) -> None:
    api, stages = sdk.crm.pipelines.pipelines_api, sdk.crm.pipelines.pipeline_stages_api
    assert [pipeline.id for pipeline in api.get_all("deals").results] == ["default"]
    stage = pipelines.PipelineStageInput(label="Open", display_order=0, metadata={"probability": "0.50"})
    made = api.create("deals", pipelines.PipelineInput(label="Renewals", display_order=1, stages=[stage]))
    assert made.stages[0].metadata == {"isClosed": "false", "probability": "0.50"}
    assert api.get_by_id("deals", made.id).stages[0].metadata == {"isClosed": "false", "probability": "0.5"}
    second = stages.create(
        "deals",
        made.id,
        pipelines.PipelineStageInput(label="Won", display_order=1, metadata={"probability": "1"}),
    )
    assert second.metadata["isClosed"] == "true"
    renamed = api.update("deals", made.id, pipelines.PipelinePatchInput(label="Renewed"))
    assert renamed.label == "Renewed"
    changed = stages.update(
        "deals", made.id, second.id, pipelines.PipelineStagePatchInput(label="Signed", metadata={})
    )
    assert (changed.label, changed.metadata["probability"]) == ("Signed", "1.0")
    assert stages.get_by_id("deals", made.id, second.id).display_order == 1
    stages.archive("deals", made.id, second.id)
    assert len(stages.get_all("deals", made.id).results) == 1
    audits = sdk.crm.pipelines.pipeline_audits_api.get_audit("deals", made.id)
    assert audits.results[-1].action == "CREATE"
    api.archive("deals", made.id)
    with pytest.raises(pipelines.exceptions.ApiException) as missing:
        api.get_by_id("deals", made.id)
    assert missing.value.status == 404


def test_associations(sdk: Any) -> None:
    contact = sdk.crm.contacts.basic_api.create(
        contacts.SimplePublicObjectInputForCreate(properties={"email": "bob@assoc.example"}, associations=[])
    )
    company = sdk.crm.companies.basic_api.create(
        companies.SimplePublicObjectInputForCreate(
            properties={"name": "Acme"},
            associations=[
                companies.PublicAssociationsForObject(
                    to=companies.PublicObjectId(id=contact.id),
                    types=[
                        companies.AssociationSpec(
                            association_category="HUBSPOT_DEFINED", association_type_id=280
                        )
                    ],
                )
            ],
        )
    )
    api = sdk.crm.associations.v4
    label = api.schema.definitions_api.create(
        "contacts",
        "companies",
        v4.schema.PublicAssociationDefinitionCreateRequest(name="billing", label="Billing"),
    ).results[0]
    labelled = api.batch_api.create(
        "contacts",
        "companies",
        v4.BatchInputPublicAssociationMultiPost(
            inputs=[
                v4.PublicAssociationMultiPost(
                    _from=v4.PublicObjectId(id=contact.id),
                    to=v4.PublicObjectId(id=company.id),
                    types=[
                        v4.AssociationSpec(
                            association_category=label.category, association_type_id=label.type_id
                        )
                    ],
                )
            ]
        ),
    )
    assert labelled.results[0].labels == ["Billing"]
    page = api.basic_api.get_page("contacts", contact.id, "companies")
    assert page.results[0].to_object_id == company.id
    read = v4.BatchInputPublicFetchAssociationsBatchRequest(
        inputs=[
            v4.PublicFetchAssociationsBatchRequest(id=contact.id),
            v4.PublicFetchAssociationsBatchRequest(id="9"),
        ]
    )
    found = api.batch_api.get_page("contacts", "companies", read)
    assert {item.label for item in found.results[0].to[0].association_types} == {None, "Billing"}
    assert found.num_errors == 1
    assert api.basic_api.create_default("contacts", contact.id, "companies", company.id).status == "COMPLETE"
    api.basic_api.archive("contacts", contact.id, "companies", company.id)
    assert api.basic_api.get_page("contacts", contact.id, "companies").results == []


def test_owners(sdk: Any) -> None:
    found = sdk.crm.owners.owners_api.get_page(email="owner@example.com", limit=10, archived=False)
    assert [owner.id for owner in found.results] == ["1"]
    assert sdk.crm.owners.owners_api.get_by_id(1, id_property="userId").email == "owner@example.com"


def test_search(sdk: Any) -> None:
    for number in range(3):
        sdk.crm.companies.basic_api.create(
            companies.SimplePublicObjectInputForCreate(
                properties={"name": f"Find {number}", "city": "Nowhere"}, associations=[]
            )
        )
    found = sdk.crm.companies.search_api.do_search(
        companies.PublicObjectSearchRequest(
            filter_groups=[
                companies.FilterGroup(
                    filters=[companies.Filter(property_name="city", operator="EQ", value="nowhere")]
                )
            ],
            sorts=["-name"],
            properties=["name"],
            limit=2,
            after="0",
        )
    )
    assert found.total == 3
    assert [record.properties["name"] for record in found.results] == ["Find 2", "Find 1"]
    assert found.paging.next.after == "2"
