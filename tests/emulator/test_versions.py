"""Differences between versions: developers.hubspot.com/docs/developer-tooling/platform/versioning."""

import pytest

from tests.emulator.portal import Portal, opened

ROOTS = {
    "v3": "/crm/v3/objects",
    "v3 alias": "/crm/objects/v3",
    "2025-09": "/crm/objects/2025-09",
    "2026-03": "/crm/objects/2026-03",
    "2026-09": "/crm/objects/2026-09",
}


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_every_version_serves_the_same_records(portal: Portal, root: str) -> None:
    record_id = portal.create("companies", name="N")
    assert portal.client.get(f"{root}/companies/{record_id}").json()["id"] == record_id
    batch = {"inputs": [{"id": record_id, "properties": {"name": "M"}}]}
    assert portal.post(f"{root}/0-2/batch/update", batch).status_code == 200
    partly = {"inputs": [{"id": "9", "properties": {"name": "M"}}]}
    assert portal.post(f"{root}/companies/batch/update", partly).status_code == 207


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_goal_targets_have_no_upsert_in_the_newest_version(portal: Portal, root: str) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Goal Targets", 2026-09."""
    item = {"id": "g", "idProperty": "ext_key", "properties": {"hs_goal_name": "G"}}
    status = portal.post(f"{root}/goal_targets/batch/upsert", {"inputs": [item]}).status_code
    assert status == (405 if "2026-09" in root else 200)
    create = portal.post(
        f"{root}/goal_targets/batch/create", {"inputs": [{"properties": {"hs_goal_name": "G"}}]}
    )
    assert create.status_code == 201


@pytest.mark.parametrize(
    ("root", "status"), [(ROOTS["v3"], 201), (ROOTS["2026-03"], 201), (ROOTS["2026-09"], 400)]
)
def test_rules_of_the_portal_hold_in_the_newest_version_only(root: str, status: int) -> None:
    """Source: developers.hubspot.com/changelog/crm-api-write-validation-enforcement"""
    with opened({"required_on_create": {"companies": ["city"]}}) as portal:
        answer = portal.post(f"{root}/companies", {"properties": {"name": "N"}})
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["context"] == {"propertyName": ["city"]}
            assert answer.json()["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"
        assert portal.post(f"{root}/companies", {"properties": {"name": "N", "city": "B"}}).status_code == 201


def test_rules_with_a_condition_hold_for_changes_too() -> None:
    """Source: developers.hubspot.com/changelog/crm-api-write-validation-enforcement"""
    rule = {"property": "closed_lost_reason", "when": {"dealstage": ["closedlost"]}}
    with opened({"required_when": {"0-3": [rule]}}) as portal:
        record_id = portal.create("deals", dealname="D", dealstage="contractsent")
        lost = {"properties": {"dealstage": "closedlost"}}
        refused = portal.client.patch(f"{ROOTS['2026-09']}/deals/{record_id}", json=lost)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["code"] == "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
        assert portal.read("deals", record_id, "dealstage")["dealstage"] == "contractsent"
        lost["properties"]["closed_lost_reason"] = "Price"
        assert portal.client.patch(f"{ROOTS['2026-09']}/deals/{record_id}", json=lost).status_code == 200
        other = {"properties": {"dealname": "D", "dealstage": "closedlost"}}
        assert portal.post(f"{ROOTS['v3']}/deals", other).status_code == 201
        assert portal.post(f"{ROOTS['2026-09']}/deals", other).status_code == 400


def test_a_version_that_is_not_served_is_a_404(portal: Portal) -> None:
    assert portal.client.get("/crm/objects/2027-03/companies").status_code == 404


ASSOCIATIONS = {
    "v4": ("/crm/v4/associations", 204),
    "2025-09": ("/crm/associations/2025-09", 200),
    "2026-03": ("/crm/associations/2026-03", 200),
    "2026-09": ("/crm/associations/2026-09", 200),
}


@pytest.mark.parametrize(("root", "status"), ASSOCIATIONS.values(), ids=ASSOCIATIONS)
def test_removals_of_associations_have_a_body_in_the_dated_versions(
    portal: Portal, root: str, status: int
) -> None:
    """There is no status 204 from 2025-09 on.

    Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Associations"."""
    pair = {"from": {"id": "1"}, "to": {"id": "2"}}
    plain = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    whole = {"inputs": [{**pair, "to": [{"id": "2"}]}]}
    for path, body in (("archive", whole), ("labels/archive", {"inputs": [{**pair, "types": plain}]})):
        answer = portal.post(f"{root}/contacts/companies/batch/{path}", body)
        assert answer.status_code == status
        if status == 200:
            assert (answer.json()["status"], answer.json()["results"]) == ("COMPLETE", [])
        else:
            assert answer.content == b""


HINTS = {"numberDisplayHint", "textDisplayHint", "currencyPropertyName"}


@pytest.mark.parametrize("version", ["v3", "2025-09", "2026-03", "2026-09"])
def test_display_hints_are_taken_everywhere_and_told_before_the_newest_version(
    portal: Portal, version: str
) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Properties", 2026-09."""
    root = "/crm/v3/properties" if version == "v3" else f"/crm/properties/{version}"
    given = {
        "name": "size",
        "label": "Size",
        "type": "number",
        "fieldType": "number",
        "groupName": "companyinformation",
        "numberDisplayHint": "percentage",
    }
    made = portal.post(f"{root}/companies", given)
    assert made.status_code == 201
    path = f"{root}/companies/size"
    changed = portal.client.patch(path, json={"label": "Sizes"})
    batch = portal.post(f"{root}/companies/batch/read", {"inputs": [{"name": "size"}]}).json()["results"]
    listed = portal.client.get(f"{root}/companies").json()["results"]
    answers = [made.json(), changed.json(), portal.client.get(path).json(), *batch]
    schemas = "/crm/v3/schemas" if version == "v3" else f"/crm-object-schemas/{version}/schemas"
    shown = portal.client.get(f"{schemas}/companies").json()["properties"]
    if version == "2026-09":
        assert not any(HINTS & set(body) for body in [*answers, *listed, *shown])
    else:
        assert [body["numberDisplayHint"] for body in answers] == ["percentage"] * 4
        assert any(HINTS & set(body) for body in listed)
    assert portal.client.get("/crm/v3/properties/companies/size").json()["numberDisplayHint"] == "percentage"
