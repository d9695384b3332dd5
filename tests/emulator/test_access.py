"""Access: tokens, scopes, object types, several portals."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.errors import UnknownPortal
from reconciler.emulator.object_types import standard_types
from tests.emulator.portal import PORTAL_ID, Portal, opened

TYPES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "reconciler/emulator/definitions/types.json").read_text()
)
DETAILS = "/account-info/v3/details"


@pytest.mark.parametrize("token", [None, "pat-na1-00000000-0000-0000-0000-000000000000", ""])
def test_without_a_token_that_works_nothing_works(portal: Portal, token: str | None) -> None:
    with portal.client_with(token) as client:
        refused = client.get(DETAILS)
    assert refused.status_code == 401
    assert refused.json()["category"] == "INVALID_AUTHENTICATION"


def test_the_token_with_all_scopes_is_stable(portal: Portal) -> None:
    token = portal.emulator.token(PORTAL_ID)
    assert token.startswith("pat-na1-")
    assert portal.emulator.token(PORTAL_ID) == token
    with portal.client_with(token) as client:
        assert client.get(DETAILS).json()["portalId"] == PORTAL_ID


def test_any_one_of_the_scopes_suffices(portal: Portal) -> None:
    """Tickets have an old and a new scope.

    Source: developers.hubspot.com/docs/guides/apps/authentication/scopes."""
    for scope in ("tickets", "crm.objects.tickets.read"):
        with portal.client_with(portal.emulator.token(PORTAL_ID, [scope])) as client:
            assert client.get("/crm/v3/objects/tickets").status_code == 200
            assert client.get("/crm/v3/objects/deals").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/crm/v3/objects/companies", "crm.objects.companies.read"),
        ("POST", "/crm/v3/objects/companies/search", "crm.objects.companies.read"),
        ("POST", "/crm/v3/objects/companies/batch/read", "crm.objects.companies.read"),
        ("POST", "/crm/v3/objects/postal_mail/batch/upsert", "crm.objects.contacts.write"),
        ("POST", "/crm/v3/objects/goal_targets/batch/upsert", "crm.objects.goals.write"),
        ("POST", "/crm/v3/objects/0-3/batch/update", "crm.objects.deals.write"),
        ("GET", "/crm/v3/properties/companies", "crm.schemas.companies.read"),
        ("GET", "/crm/v3/properties/companies", "crm.objects.companies.read"),
        ("POST", "/crm/v3/properties/companies/batch/create", "crm.schemas.companies.write"),
        ("GET", "/crm/v3/pipelines/deals", "crm.schemas.deals.read"),
        ("GET", "/crm/v3/owners", "crm.objects.owners.read"),
        ("GET", "/crm-object-schemas/v3/schemas", "crm.schemas.custom.read"),
    ],
)
def test_each_call_has_its_scope(portal: Portal, method: str, path: str, scope: str) -> None:
    body: Any = None if method == "GET" else {"inputs": []}
    with portal.client_with(portal.emulator.token(PORTAL_ID, [scope])) as client:
        assert client.request(method, path, json=body).status_code in {200, 201}
    with portal.client_with(portal.emulator.token(PORTAL_ID, ["crm.lists.read"])) as client:
        refused = client.request(method, path, json=body)
    assert refused.status_code == 403
    assert scope in refused.json()["errors"][0]["context"]["requiredGranularScopes"]
    assert refused.json()["links"]["scopes"].startswith("https://")


def test_a_key_that_only_writes_cannot_read_definitions(portal: Portal) -> None:
    """Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    with portal.client_with(portal.emulator.token(PORTAL_ID, ["crm.schemas.companies.write"])) as client:
        refused = client.get("/crm/v3/properties/companies")
    assert refused.status_code == 403
    assert "errors" not in refused.json()


def test_a_token_tells_what_it_is(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/api-reference/auth-oauth: portal, app and scopes of a token."""
    token = portal.emulator.token(PORTAL_ID, ["tickets", "e-commerce"])
    path = "/oauth/v2/private-apps/get/access-token-info"
    with portal.client_with(None) as client:
        reported = client.post(path, json={"tokenKey": token}).json()
        assert (reported["hubId"], reported["scopes"]) == (PORTAL_ID, ["e-commerce", "tickets"])
        assert isinstance(reported["appId"], int)
        every = client.post(path, json={"tokenKey": portal.emulator.token(PORTAL_ID)}).json()
        assert {"crm.objects.deals.write", "crm.schemas.custom.read", "tickets"} <= set(every["scopes"])
        assert client.post(path, json={"tokenKey": "pat-na1-0"}).status_code == 404
    assert portal.post(path, {"tokenKey": "whatever"}).json()["hubId"] == PORTAL_ID


def test_portals_do_not_see_each_other(portal: Portal) -> None:
    emulator = portal.emulator
    assert emulator.ensure_portal(2) is True
    assert emulator.ensure_portal(2, {"owners": "ignored, the portal is there"}) is False
    assert emulator.portal_ids() == (2, PORTAL_ID)
    portal.create("companies", name="Ours", ext_key="k")
    with portal.client_with(emulator.token(2)) as other:
        assert other.get("/crm/v3/objects/companies").json()["results"] == []
        assert other.get("/crm/v3/properties/companies/ext_key").status_code == 404
        emulator.reset(2)
        assert other.get(DETAILS).status_code == 401
    assert emulator.portal_ids() == (PORTAL_ID,)
    with pytest.raises(UnknownPortal, match="there is no portal 2"):
        emulator.token(2)


def test_a_portal_made_anew_remembers_nothing(portal: Portal) -> None:
    portal.create("companies", name="N", ext_key="k")
    portal.emulator.reset(PORTAL_ID)
    portal.emulator.ensure_portal(PORTAL_ID)
    assert portal.client.get("/crm/v3/properties/companies/ext_key").status_code == 404
    assert portal.client.get("/crm/v3/objects/companies").json()["results"] == []


ALLOWED = {
    "list": ("GET", ""),
    "get": ("GET", "/9"),
    "create": ("POST", ""),
    "update": ("PATCH", "/9"),
    "archive": ("DELETE", "/9"),
    "search": ("POST", "/search"),
    "batch_read": ("POST", "/batch/read"),
    "batch_create": ("POST", "/batch/create"),
    "batch_update": ("POST", "/batch/update"),
    "batch_upsert": ("POST", "/batch/upsert"),
    "batch_archive": ("POST", "/batch/archive"),
    "merge": ("POST", "/merge"),
    "gdpr_delete": ("POST", "/gdpr-delete"),
}


@pytest.mark.parametrize("row", TYPES, ids=lambda row: str(row["path"]))
def test_every_type_offers_what_the_table_says(portal: Portal, row: dict[str, Any]) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection: the operations of each object."""
    object_type = standard_types()[row["path"]]
    addresses = {
        address for address in (row["path"], row["singular"], row["objectTypeId"], row["specPath"]) if address
    }
    for operation, (method, path) in ALLOWED.items():
        for address in addresses:
            body: Any = None if method in {"GET", "DELETE"} else {}
            status = portal.client.request(method, f"/crm/v3/objects/{address}{path}", json=body).status_code
            assert (status == 405) == (operation not in object_type.operations), (operation, address)


@pytest.mark.parametrize(
    "row", [r for r in TYPES if "full" in r["operations"]], ids=lambda row: str(row["path"])
)
def test_every_writable_type_makes_a_record_from_what_it_requires(
    portal: Portal, row: dict[str, Any]
) -> None:
    """Source: developers.hubspot.com/docs/guides/crm/using-object-apis, required properties."""
    definitions = {
        body["name"]: body
        for body in portal.client.get(f"/crm/v3/properties/{row['path']}").json()["results"]
    }
    samples = {"datetime": "2026-11-22T08:00:00Z", "date": "2026-11-22", "number": "1"}
    given = {}
    for group in row["requiredOnCreate"]:
        definition = definitions[group[0]]
        options = [option["value"] for option in definition["options"]]
        given[group[0]] = options[0] if options else samples.get(definition["type"], "a@b.example")
    if row["pipelineProperties"]:
        pipeline = portal.client.get(f"/crm/v3/pipelines/{row['path']}").json()["results"][0]
        pipeline_property, stage_property = row["pipelineProperties"]
        given |= {pipeline_property: pipeline["id"], stage_property: pipeline["stages"][0]["id"]}
    record_id = portal.create(row["path"], **given)
    body = portal.client.get(f"/crm/v3/objects/{row['path']}/{record_id}").json()
    assert set(row["defaultProperties"]) <= set(body["properties"])
    assert body["properties"]["hs_object_id"] == record_id
    if row["requiredOnCreate"]:
        refused = portal.post(f"/crm/v3/objects/{row['path']}", {"properties": {}})
        assert refused.json()["message"] == (
            f"Error creating {row['singular'].upper()}. Some required properties were not set."
        )


def test_types_that_need_activation_can_be_switched_off() -> None:
    """Source: developers.hubspot.com/docs/api-reference/crm-object-library-v3/guide"""
    with opened({"enablement": {"0-162": False}}) as portal:
        path = "/crm/v3/object-library/enablement"
        assert portal.client.get(f"{path}/0-162").json() == {"enablement": False}
        every = portal.client.get("/crm/object-library/2026-03/enablement").json()["enablementByObjectTypeId"]
        assert (every["0-162"], every["0-1"]) == (False, True)
        assert portal.client.get("/crm/v3/objects/services").status_code == 400


def test_an_unknown_path_is_a_404_and_a_wrong_method_a_405(portal: Portal) -> None:
    assert portal.client.get("/crm/v3/nothing").status_code == 404
    assert portal.client.get("/crm/v1/objects/companies").status_code == 404
    assert portal.client.get("/crm//v3/objects/companies").status_code == 404
    assert portal.client.put("/crm/v3/objects/companies").status_code == 405


def test_account_details_fit_the_seed() -> None:
    """Source: developers.hubspot.com/docs/api-reference/account-account-info-v3/guide"""
    with opened(
        {"account": {"accountType": "SANDBOX", "timeZone": "Europe/Berlin", "companyCurrency": "EUR"}}
    ) as portal:
        details = portal.client.get("/account-info/2026-03/details").json()
    assert details["accountType"] == "SANDBOX"
    assert details["companyCurrency"] == "EUR"
    assert (details["utcOffset"], details["utcOffsetMilliseconds"]) == ("+01:00", 3_600_000)


def test_owners_are_found_by_address_and_by_user() -> None:
    owners = [
        {"id": "9", "email": "Ada@acme.example", "userId": 77},
        {"id": "10", "email": "bob@acme.example"},
    ]
    gone = {"id": "11", "email": "eve@acme.example", "archived": True}
    with opened({"owners": [*owners, gone]}) as made:
        path = "/crm/v3/owners"
        assert [o["id"] for o in made.client.get(path).json()["results"]] == ["9", "10"]
        assert [
            o["id"] for o in made.client.get(path, params={"email": "ada@ACME.example"}).json()["results"]
        ] == ["9"]
        assert [o["id"] for o in made.client.get(path, params={"archived": "true"}).json()["results"]] == [
            "11"
        ]
        first = made.client.get(path, params={"limit": 1}).json()
        rest = made.client.get(path, params={"limit": 1, "after": first["paging"]["next"]["after"]}).json()
        assert rest["results"][0]["id"] == "10"
        assert made.client.get(f"{path}/77", params={"idProperty": "userId"}).json()["id"] == "9"
        by_email = made.client.get(f"{path}/ada@acme.example", params={"idProperty": "email"})
        assert by_email.status_code == 400
        assert made.client.get(f"{path}/9").json()["type"] == "PERSON"
        assert made.client.get(f"{path}/77").status_code == 404


def test_the_use_of_the_portals_limits(portal: Portal) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Limits Tracking"."""
    portal.create("companies", name="N")
    records = portal.client.get("/crm/v3/limits/records").json()
    (companies,) = [item for item in records["hubspotDefinedObjectTypes"] if item["objectTypeId"] == "0-2"]
    assert companies["usage"] == 1
    properties = portal.client.get("/crm/limits/2026-09/custom-properties").json()
    assert properties["overallUsage"] == 5
