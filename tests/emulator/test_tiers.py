"""Limits of subscriptions for definitions, and the endpoints that return how much of them is used."""

from typing import Any

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

ROOT = "/crm/limits/2026-09"
NUMBER = {"type": "number", "fieldType": "number", "groupName": "companyinformation"}
FORMULA = {**NUMBER, "name": "twice", "label": "Twice", "calculationFormula": "numberofemployees * 2"}
PIPELINE = {
    "label": "Renewals",
    "displayOrder": 1,
    "stages": [{"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}}],
}
PET = {
    "name": "pet",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "hs_object_id",
}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "type": ("/crm-object-schemas/v3/schemas", PET),
    "pipeline": ("/crm/v3/pipelines/deals", PIPELINE),
    "formula": ("/crm/v3/properties/companies", FORMULA),
    "label": ("/crm/v4/associations/contacts/companies/labels", {"name": "b", "label": "B"}),
}


def limits(portal: Portal, name: str) -> dict[str, Any]:
    answer = portal.client.get(f"{ROOT}/{name}")
    assert answer.status_code == 200
    return dict(answer.json())


def of_type(items: list[dict[str, Any]], type_id: str) -> dict[str, Any]:
    (found,) = (item for item in items if item["objectTypeId"] == type_id)
    return {key: found[key] for key in ("usage", "limit", "percentage") if key in found}


@pytest.mark.parametrize(
    ("tier", "allowed"),
    [
        ("free", set()),
        ("starter", {"pipeline"}),
        ("professional", {"pipeline", "formula", "label"}),
        ("enterprise", {"pipeline", "formula", "label", "type"}),
    ],
)
def test_each_tier_has_its_definitions(tier: str, allowed: set[str]) -> None:
    with opened({"tier": tier}) as portal:
        answers = {name: portal.post(path, body) for name, (path, body) in REQUESTS.items()}
    assert {name for name, answer in answers.items() if answer.is_success} == allowed
    refused = [answer for name, answer in answers.items() if name not in allowed]
    assert {answer.status_code for answer in refused} <= {403}
    assert all("errors" not in answer.json() for answer in refused)


def test_a_portal_without_a_tier_in_its_seed_is_an_enterprise_one(portal: Portal) -> None:
    settings = portal.client.get(f"/_emulator/portals/{PORTAL_ID}/settings").json()
    assert settings["tier"] == "enterprise"


def test_a_formula_that_is_added_later_counts_too() -> None:
    with opened({"tier": "free"}) as portal:
        portal.post("/crm/v3/properties/companies", {**NUMBER, "name": "twice", "label": "Twice"})
        refused = portal.client.patch(
            "/crm/v3/properties/companies/twice", json={"calculationFormula": "numberofemployees * 2"}
        )
        assert refused.status_code == 403


def test_a_limit_that_is_reached_is_a_400() -> None:
    with opened({"tier": "starter"}) as portal:
        assert portal.post("/crm/v3/pipelines/deals", PIPELINE).status_code == 201
        refused = portal.post("/crm/v3/pipelines/deals", {**PIPELINE, "label": "More"})
        assert (refused.status_code, refused.json()["message"]) == (
            400,
            "there are 1 pipelines already, and the limit is 1",
        )
    with opened({"tier": "free"}) as portal:
        made = [
            portal.post("/crm/v3/properties/companies", {**NUMBER, "name": f"n{n}", "label": f"N{n}"})
            for n in range(11)
        ]
        assert [answer.status_code for answer in made] == [201] * 10 + [400]


def test_what_a_seed_brings_stays_after_a_downgrade() -> None:
    with opened({"tier": "free", "schemas": [PET]}) as portal:
        assert limits(portal, "custom-object-types") == {"usage": 1, "limit": 0, "percentage": 0.0}


def test_custom_object_types_and_their_pipelines_are_counted(portal: Portal) -> None:
    type_id = portal.post(*REQUESTS["type"]).json()["objectTypeId"]
    assert limits(portal, "custom-object-types") == {"usage": 1, "limit": 20, "percentage": 5.0}
    stage = {"label": "New", "displayOrder": 0, "metadata": {}}
    portal.post(f"/crm/v3/pipelines/{type_id}", {**PIPELINE, "stages": [stage]})
    custom = limits(portal, "pipelines")["customObjectTypes"]
    assert (custom["overallUsage"], custom["overallLimit"]) == (1, 100)
    assert of_type(custom["byObjectType"], type_id) == {"usage": 1}


def test_pipelines_are_counted_beyond_hubspots_own(portal: Portal) -> None:
    before = limits(portal, "pipelines")["hubspotDefinedObjectTypes"]
    assert of_type(before, "0-3") == {"usage": 0, "limit": 100, "percentage": 0.0}
    assert of_type(before, "0-123")["limit"] == 50
    portal.post(*REQUESTS["pipeline"])
    after = limits(portal, "pipelines")["hubspotDefinedObjectTypes"]
    assert of_type(after, "0-3") == {"usage": 1, "limit": 100, "percentage": 1.0}


def test_properties_and_calculated_ones_are_counted_by_type(portal: Portal) -> None:
    portal.post(*REQUESTS["formula"])
    every = limits(portal, "custom-properties")
    assert of_type(every["byObjectType"], "0-2")["usage"] == 2  # one is the key property of the fixture
    assert every["overallLimit"] == 10_000
    calculated = limits(portal, "calculated-properties")
    assert (calculated["overallUsage"], calculated["overallLimit"]) == (1, 200)
    assert of_type(calculated["byObjectType"], "0-2") == {"usage": 1}
    portal.client.delete("/crm/v3/properties/companies/twice")
    assert limits(portal, "calculated-properties")["overallUsage"] == 0


def test_labels_are_counted_by_direction(portal: Portal) -> None:
    assert limits(portal, "associations/labels") == {"results": []}
    path, body = REQUESTS["label"]
    portal.post(path, {**body, "inverseLabel": "C"})
    there, back = limits(portal, "associations/labels")["results"]
    assert (there["usage"], there["limit"], there["allLabels"]) == (1, 50, ["B"])
    assert (there["fromObjectType"]["objectTypeId"], there["toObjectType"]["objectTypeId"]) == ("0-1", "0-2")
    assert back["allLabels"] == ["C"]
    (only,) = limits(portal, "associations/labels?fromObjectTypeId=0-2")["results"]
    assert only == back


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("crm.schemas.companies.read", "custom-properties", 403),
        ("crm.objects.deals.read", "custom-properties", 200),
        ("crm.schemas.custom.read", "custom-object-types", 200),
        ("crm.schemas.custom.read", "pipelines", 403),
        ("crm.objects.custom.read", "pipelines", 200),
    ],
)
def test_limits_need_a_scope_of_records(portal: Portal, scope: str, path: str, status: int) -> None:
    with portal.client_with(portal.emulator.token(PORTAL_ID, [scope])) as client:
        assert client.get(f"{ROOT}/{path}").status_code == status
