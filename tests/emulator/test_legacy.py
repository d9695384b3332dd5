"""Reading things other than records: property lists of API v1 and v2, users, teams, limits, schemas.

Source: legacydocs.hubspot.com/docs/methods/crm-properties/get-properties
"""

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

ADA = {
    "id": "9",
    "email": "ada@acme.example",
    "firstName": "Ada",
    "userId": 77,
    "teams": [{"id": 5, "name": "North", "primary": True}, {"id": "6", "name": "South", "primary": False}],
    "createdAt": "2024-02-03T04:05:06Z",
    "updatedAt": "2025-01-01T00:00:00.000Z",
}
BOB = {"id": "10", "email": "bob@acme.example", "userId": 5, "teams": [{"id": "5", "primary": True}]}
QUEUE = {"id": "11", "type": "QUEUE"}
GONE = {"id": "12", "userId": 99, "archived": True}


@pytest.mark.parametrize(
    ("path", "object_type"),
    [
        ("/properties/v1/contacts/properties", "contacts"),
        ("/properties/v2/deals/properties", "deals"),
        ("/properties/v2/0-5/properties", "tickets"),
        ("/companies/v2/properties", "companies"),
    ],
)
def test_properties_are_a_bare_list_in_the_old_versions(portal: Portal, path: str, object_type: str) -> None:
    listed = portal.client.get(path).json()
    now = portal.client.get(f"/crm/v3/properties/{object_type}").json()["results"]
    assert [item["name"] for item in listed] == [item["name"] for item in now]
    for old, new in zip(listed, now, strict=True):
        assert (old["type"], old["fieldType"], old["label"]) == (new["type"], new["fieldType"], new["label"])
        assert old["readOnlyValue"] == new["modificationMetadata"]["readOnlyValue"]
        assert [o["value"] for o in old["options"]] == [o["value"] for o in new["options"]]
    assert portal.post(path, {"name": "x"}).json()["category"] == "EMULATOR_DOES_NOT_IMITATE"


@pytest.mark.parametrize("name", ["deal_split", "form", "marketing_events"])
def test_types_that_only_hubspot_has_have_one_property_in_the_old_versions(portal: Portal, name: str) -> None:
    """The reader airbyte-source-hubspot asks for these before it reads anything."""
    listed = portal.client.get(f"/properties/v2/{name}/properties").json()
    assert [item["name"] for item in listed] == ["hs_object_id"]
    assert portal.client.get(f"/crm/v3/properties/{name}").json()["category"] == "EMULATOR_DOES_NOT_IMITATE"
    assert portal.client.get("/properties/v2/nonsense/properties").status_code == 400


def test_old_lists_take_the_scopes_of_the_new_ones(portal: Portal) -> None:
    token = portal.emulator.token(PORTAL_ID, ["crm.objects.companies.read"])
    with portal.client_with(token) as client:
        assert client.get("/companies/v2/properties").status_code == 200
        assert client.get("/properties/v1/companies/properties").status_code == 200
        assert client.get("/properties/v1/deals/properties").status_code == 403
        assert client.get("/crm/v3/schemas/companies").status_code == 200
        assert client.get("/crm/v3/schemas/0-3").status_code == 403
        assert client.get("/settings/v3/users").status_code == 403
        assert client.get("/settings/v3/users/teams").status_code == 403


@pytest.mark.parametrize("root", ["/settings/v3/users", "/settings/users/2026-03", "/settings/users/2026-09"])
def test_users_and_teams_are_those_of_the_owners(root: str) -> None:
    with opened({"owners": [ADA, BOB, QUEUE, GONE]}) as portal:
        users = portal.client.get(root).json()["results"]
        assert [(user["id"], user["email"]) for user in users] == [
            ("5", "bob@acme.example"),
            ("77", "ada@acme.example"),
        ]
        assert (users[1]["primaryTeamId"], users[1]["secondaryTeamIds"]) == ("5", ["6"])
        teams = portal.client.get(f"{root}/teams").json()["results"]
    assert teams == [
        {"id": "5", "name": "North", "userIds": ["77", "5"], "secondaryUserIds": []},
        {"id": "6", "name": "South", "userIds": [], "secondaryUserIds": ["77"]},
    ]


def test_owners_have_the_dates_that_the_seed_gives() -> None:
    with opened({"owners": [ADA, BOB, {"id": "11", "createdAt": "2024-02-03T04:05:06Z"}]}) as portal:
        owners = {owner["id"]: owner for owner in portal.client.get("/crm/v3/owners").json()["results"]}
    assert owners["9"]["createdAt"] == "2024-02-03T04:05:06.000Z"
    assert owners["9"]["updatedAt"] == "2025-01-01T00:00:00.000Z"
    assert owners["10"]["createdAt"] == "2020-01-01T00:00:00.000Z"
    assert owners["11"]["updatedAt"] == owners["11"]["createdAt"] == "2024-02-03T04:05:06.000Z"


def test_limits_name_types_as_people_do(portal: Portal) -> None:
    schema = {
        "name": "pet",
        "labels": {"singular": "Pet", "plural": "Our pets"},
        "primaryDisplayProperty": "name",
        "properties": [{"name": "name", "label": "Name"}],
    }
    portal.post("/crm/v3/schemas", schema)
    for path in ("/crm/v3/limits/records", "/crm/limits/2026-09/records"):
        body = portal.client.get(path).json()
        labels = {
            item["objectTypeId"]: (item["singularLabel"], item["pluralLabel"])
            for item in body["hubspotDefinedObjectTypes"]
        }
        assert labels["0-1"] == ("Contact", "Contacts")
        assert labels["0-8"] == ("Line item", "Line items")
        (pet,) = body["customObjectTypes"]["byObjectType"]
        assert (pet["singularLabel"], pet["pluralLabel"]) == ("Pet", "Our pets")


@pytest.mark.parametrize(
    "root", ["/crm/v3/schemas", "/crm-object-schemas/v3/schemas", "/crm-object-schemas/2026-09/schemas"]
)
@pytest.mark.parametrize(
    ("address", "type_id", "name", "shown"),
    [
        ("contacts", "0-1", "CONTACT", "email"),
        ("0-1", "0-1", "CONTACT", "email"),
        ("deal", "0-3", "DEAL", "dealname"),
        ("0-8", "0-8", "LINE_ITEM", "hs_object_id"),
    ],
)
def test_standard_types_have_a_schema(
    portal: Portal, root: str, address: str, type_id: str, name: str, shown: str
) -> None:
    schema = portal.client.get(f"{root}/{address}").json()
    assert (schema["objectTypeId"], schema["name"], schema["fullyQualifiedName"]) == (type_id, name, name)
    assert schema["primaryDisplayProperty"] == shown
    assert schema["labels"]["plural"]
    defined = portal.client.get(f"/crm/v3/properties/{type_id}").json()["results"]
    assert {item["name"] for item in schema["properties"]} >= {item["name"] for item in defined}


def test_a_standard_type_is_not_listed_and_cannot_be_changed(portal: Portal) -> None:
    assert portal.client.get("/crm/v3/schemas").json()["results"] == []
    for method in ("PATCH", "DELETE"):
        refused = portal.client.request(method, "/crm/v3/schemas/contacts", json={})
        assert refused.status_code == 400
        assert "defined by HubSpot" in refused.json()["message"]


def test_several_schemas_are_read_at_once(portal: Portal) -> None:
    found = portal.post("/crm/v3/schemas/batch/read", {"inputs": ["contacts", "0-2"]}).json()["results"]
    assert [schema["objectTypeId"] for schema in found] == ["0-1", "0-2"]


def test_records_are_read_by_the_version_of_associations_too(portal: Portal) -> None:
    record_id = portal.create("companies", name="N")
    for root in ("/crm/v4/objects", "/crm/objects/v4"):
        assert (
            portal.client.get(f"{root}/companies").json()
            == portal.client.get("/crm/v3/objects/companies").json()
        )
        assert portal.client.get(f"{root}/0-2/{record_id}").json()["id"] == record_id
        assert portal.post(f"{root}/companies", {"properties": {"name": "M"}}).status_code == 405
