"""Contents of a seed, and the messages about wrong ones."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.errors import SeedError
from reconciler.emulator.inprocess import EmulatorTransport
from tests.emulator.portal import KEY, Portal, opened

EXAMPLE = Path(__file__).parents[2] / "manifests" / "portal.json"
PET = {
    "name": "pet",
    "objectTypeId": "2-77",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "pet_name",
    "properties": [{"name": "pet_name", "label": "Name"}],
}


def test_every_part_of_a_seed_is_there_afterwards() -> None:
    seed: dict[str, Any] = {
        "version": 1,
        "account": {"accountType": "STANDARD"},
        "tier": "starter",
        "owners": [
            {"id": "9", "email": "ada@acme.example", "firstName": "Ada", "lastName": "L", "userId": 7}
        ],
        "schemas": [PET],
        "groups": {"company": [{"name": "ours", "label": "Ours"}]},
        "properties": {
            "0-2": [
                {**KEY, "groupName": "ours"},
                {"name": "industry", "label": "Branch", "modificationMetadata": {"readOnlyValue": True}},
            ],
            "2-77": [
                {
                    "name": "age",
                    "label": "Age",
                    "type": "number",
                    "fieldType": "number",
                    "groupName": "pet_information",
                }
            ],
        },
        "validations": {"companies": {"city": [{"ruleType": "MAX_LENGTH", "ruleArguments": ["9"]}]}},
        "pipelines": {
            "deals": [
                {
                    "id": "default",
                    "label": "New business",
                    "stages": [{"id": "won", "label": "Won", "metadata": {"probability": "1"}}],
                },
                {
                    "id": "two",
                    "label": "Two",
                    "displayOrder": 1,
                    "stages": [{"id": "t-1", "label": "One", "metadata": {"probability": "0.1"}}],
                },
            ]
        },
        "records": {
            "companies": [
                {"id": "501", "properties": {"name": "Acme", "ext_key": "acme", "hubspot_owner_id": "9"}},
                {"properties": {"name": "Old"}, "archived": True, "createdAt": "2024-01-01T00:00:00Z"},
            ],
            "deal": [{"properties": {"dealname": "D", "dealstage": "won"}}],
            "2-77": [{"id": "601", "properties": {"pet_name": "Rex", "age": "3"}}],
        },
        "association_labels": [{"from": "2-77", "to": "companies", "name": "vet", "label": "Vet"}],
        "associations": [
            {
                "from": {"type": "companies", "id": "501"},
                "to": {"type": "2-77", "id": "601"},
                "types": [],
            }
        ],
        "enablement": {"0-162": False},
        "search_lag_ms": 0,
    }
    seed["schemas"][0] = {**PET, "associatedObjects": ["COMPANY"]}
    with opened(seed) as portal:
        client = portal.client
        assert client.get("/account-info/v3/details").json()["accountType"] == "STANDARD"
        assert [owner["id"] for owner in client.get("/crm/v3/owners").json()["results"]] == ["9"]
        assert client.get("/crm/v3/properties/companies/industry").json()["label"] == "Branch"
        refused = portal.post("/crm/v3/objects/companies", {"properties": {"name": "N", "industry": "x"}})
        assert refused.json()["errors"][0]["code"] == "READ_ONLY_VALUE"
        pipelines = client.get("/crm/v3/pipelines/deals").json()["results"]
        assert [(p["id"], p["label"], len(p["stages"])) for p in pipelines] == [
            ("default", "New business", 1),
            ("two", "Two", 1),
        ]
        found = portal.batch("companies", "read", [{"id": "acme"}], idProperty="ext_key").json()["results"]
        assert [record["id"] for record in found] == ["501"]
        (archived,) = client.get("/crm/v3/objects/companies", params={"archived": "true"}).json()["results"]
        assert archived["createdAt"] == "2024-01-01T00:00:00.000Z"
        (pet,) = client.get("/crm/v4/objects/companies/501/associations/2-77").json()["results"]
        assert pet["toObjectId"] == 601
        labels = client.get("/crm/v4/associations/2-77/companies/labels").json()["results"]
        assert {item["label"] for item in labels} == {None, "Vet"}
        assert int(portal.create("companies", name="Next")) > 501


def test_seeded_values_take_their_normal_form_and_computed_ones_are_computed() -> None:
    records = {
        "contacts": [{"properties": {"email": "Ada@Acme.example"}}],
        "deals": [{"properties": {"dealname": "D", "dealstage": "closedlost"}}],
    }
    with opened({"records": records}) as portal:
        (contact,) = portal.client.get("/crm/v3/objects/contacts").json()["results"]
        assert contact["properties"]["email"] == "ada@acme.example"
        (deal,) = portal.client.get("/crm/v3/objects/deals?properties=hs_is_closed,pipeline").json()[
            "results"
        ]
        assert (deal["properties"]["hs_is_closed"], deal["properties"]["pipeline"]) == ("true", "default")


def test_history_can_be_seeded() -> None:
    versions = [
        {
            "value": "Acme GmbH",
            "timestamp": "2026-11-20T10:00:00Z",
            "sourceType": "CRM_UI",
            "updatedByUserId": 7,
        },
        {"value": "Acme", "timestamp": "2026-11-01T10:00:00Z", "sourceType": "IMPORT", "sourceId": "3"},
    ]
    record = {
        "id": "1",
        "createdAt": "2026-11-01T09:00:00Z",
        "properties": {"name": "Acme GmbH", "city": "Berlin"},
        "history": {"name": versions},
    }
    with opened({"records": {"companies": [record]}}) as portal:
        body = portal.client.get("/crm/v3/objects/companies/1?propertiesWithHistory=name,city").json()
    assert [v["value"] for v in body["propertiesWithHistory"]["name"]] == ["Acme GmbH", "Acme"]
    assert body["propertiesWithHistory"]["name"][1]["sourceId"] == "3"
    assert len(body["propertiesWithHistory"]["city"]) == 1
    assert body["updatedAt"] == "2026-11-20T10:00:00.000Z"


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        ({"record": {}}, "record: a seed has no such key"),
        ({"version": 2}, "version must be 1, not 2"),
        ({"tier": "gold"}, "tier must be one of free, starter"),
        ({"limits": {"hourly": 1}}, "limits.hourly: no such limit"),
        ({"settling": {"soon": 1}}, "settling.soon: no such lag; there are definitions_ms"),
        ({"numbers_by_portal": 1}, "numbers_by_portal must be true or false, not 1"),
        ({"existing_schema": "merged"}, 'existing_schema must be "conflict" or "answered", not \'merged\''),
        (
            {"property_uses": {"deals": {"amount": [{"type": "LIST"}]}}},
            "property_uses.deals.amount: {type, name}",
        ),
        ({"limits": {"daily": -1}}, "limits.daily must be a whole number"),
        ({"search_lag_ms": "1s"}, "search_lag_ms must be a whole number"),
        ({"account": {"timeZone": "Mars/Base"}}, "account.timeZone: there is no time zone 'Mars/Base'"),
        ({"account": {"accountType": "TEST"}}, "account.accountType must be one of"),
        ({"enablement": {"0-162": "yes"}}, "enablement.0-162 must be true or false"),
        ({"required_on_create": {"deals": "amount"}}, "required_on_create.deals: a list of property names"),
        ({"required_when": {"deals": {}}}, "required_when.deals: an object is expected"),
        ({"required_when": {"deals": [{"property": "amount"}]}}, "required_when.deals.when: an object"),
        ({"required_when": {"deals": [{"property": 1, "when": {}}]}}, "required_when.deals: {property, when"),
        ({"owners": {}}, "owners: a list is expected"),
        ({"owners": [{"email": "a@b.example"}]}, "owners[0]: Some required fields were not set: [id]"),
        ({"owners": [{"id": "ada"}]}, "owners[0]: the id of an owner must be a number, not ada"),
        ({"records": []}, "records: an object with a list for each object type is expected"),
        ({"records": {"comp": [{}]}}, "records.comp[0]: Unable to infer object type from: comp"),
        ({"records": {"companies": ["x"]}}, "records.companies[0]: an object is expected"),
        (
            {"records": {"companies": [{"propertys": {}}]}},
            "records.companies[0].propertys: a record has no such key",
        ),
        (
            {"records": {"companies": [{"properties": {"name": "A"}}, {"properties": {"nmae": "A"}}]}},
            'records.companies[1].properties.nmae: Property "nmae" does not exist',
        ),
        (
            {"records": {"deals": [{"properties": {"dealname": "D", "dealstage": "won"}}]}},
            "records.deals[0].properties.dealstage: won was not one of the allowed options",
        ),
        (
            {"records": {"tickets": [{"properties": {"subject": "S"}}]}},
            "records.tickets[0]: Error creating TICKET. Some required properties were not set.",
        ),
        (
            {"records": {"companies": [{"id": "1", "properties": {"name": "A"}}] * 2}},
            "records.companies[1]: 1 is not a record id, or another record has it",
        ),
        ({"records": {"companies": [{"createdAt": "soon"}]}}, "records.companies[0]: Invalid isoformat"),
        (
            {"properties": {"companies": [{"name": "x"}]}},
            "properties.companies[0]: Some required fields were not set",
        ),
        (
            {"pipelines": {"deals": [{"label": "P"}]}},
            "pipelines.deals[0]: Some required fields were not set: [id]",
        ),
        (
            {"validations": {"companies": {"city": [{"ruleType": "ODD", "ruleArguments": []}]}}},
            "validations.companies.city[0]: ODD is not a rule type",
        ),
        (
            {
                "associations": [
                    {"from": {"type": "deals", "id": "1"}, "to": {"type": "companies", "id": "2"}}
                ]
            },
            "associations[0]: Could not get some DEAL objects",
        ),
        (
            {"association_labels": [{"from": "deals"}]},
            "association_labels[0]: Some required fields were not set: [to]",
        ),
        ({"schemas": [{"name": "pet"}]}, "schemas[0]: "),
        (
            {"schemas": [{**PET, "objectTypeId": "0-1"}]},
            "schemas[0]: 0-1 is not a type number of custom objects",
        ),
        (
            {"schemas": [PET, {**PET, "name": "dog"}]},
            "schemas[1]: 2-77 is not a type number of custom objects",
        ),
    ],
)
def test_a_bad_seed_says_where_and_makes_nothing(seed: dict[str, Any], said: str) -> None:
    emulator = Emulator(None)
    with pytest.raises(SeedError) as wrong:
        emulator.ensure_portal(1, seed)
    assert str(wrong.value).startswith(said)
    assert emulator.portal_ids() == ()
    emulator.close()


def test_two_holders_of_a_unique_value_are_told_apart() -> None:
    seed = {
        "properties": {"companies": [{**KEY, "groupName": "companyinformation"}]},
        "records": {"companies": [{"properties": {"name": n, "ext_key": "same"}} for n in "ab"]},
    }
    emulator = Emulator(None)
    with pytest.raises(SeedError, match=r"^records\.companies\[1\]\.properties\.ext_key: "):
        emulator.ensure_portal(1, seed)
    emulator.close()


def test_the_example_portal_is_a_good_seed() -> None:
    with opened(json.loads(EXAMPLE.read_text())) as portal:
        for object_type in ("companies", "deals", "tickets", "postal_mail", "goal_targets"):
            assert portal.client.get(f"/crm/v3/objects/{object_type}").status_code == 200


def test_a_fresh_portal_has_one_owner(portal: Portal) -> None:
    (owner,) = portal.client.get("/crm/v3/owners").json()["results"]
    assert owner["email"] == "owner@example.com"


def _given_by_hubspot(portal_id: int, *, by_portal: bool) -> set[str]:
    """Return the ids that a new portal assigns to new object types, pipelines, records and other things."""
    emulator = Emulator(None)
    schema = {key: PET[key] for key in PET if key != "objectTypeId"}
    emulator.ensure_portal(portal_id, {"numbers_by_portal": by_portal, "schemas": [schema]})
    transport = EmulatorTransport(emulator, portal_id)
    with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as client:
        made = client.get("/crm-object-schemas/v3/schemas").json()["results"][0]
        stage = {"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.1"}}
        body = {"label": "P", "displayOrder": 1, "stages": [stage]}
        pipeline = client.post("/crm/v3/pipelines/deals", json=body).json()
        label = {"name": "billing", "label": "Billing"}
        labels = client.post("/crm/v4/associations/contacts/companies/labels", json=label).json()["results"]
        record = client.post("/crm/v3/objects/companies", json={"properties": {"name": "N"}}).json()
    emulator.close()
    types = [item["id"] for item in made["associations"]] + [str(item["typeId"]) for item in labels]
    ids = [made["objectTypeId"], pipeline["id"], pipeline["stages"][0]["id"], record["id"]]
    return {*types, *ids}


def test_numbers_differ_between_portals_if_the_seed_says_so() -> None:
    first, second = (_given_by_hubspot(portal_id, by_portal=True) for portal_id in (7, 8))
    assert first & second == set()
    assert first == _given_by_hubspot(7, by_portal=True)
    assert _given_by_hubspot(7, by_portal=False) == _given_by_hubspot(8, by_portal=False)


def test_properties_of_a_seed_are_defined_in_its_order() -> None:
    plain = {"type": "string", "fieldType": "text", "groupName": "companyinformation"}
    names = [f"p{number}" for number in (3, 1, 2)]
    seed = {"properties": {"companies": [{**plain, "name": name, "label": name} for name in names]}}
    with opened(seed) as portal:
        found = portal.client.get("/crm/v3/properties/companies").json()["results"]
    assert [body["name"] for body in found][-3:] == names
