"""Searching: developers.hubspot.com/docs/api-reference/search/guide."""

from typing import Any

import pytest

from tests.emulator.portal import Portal, opened

PATH = "/crm/v3/objects/companies/search"
SEED: dict[str, Any] = {
    "search_lag_ms": 0,
    "properties": {
        "companies": [
            {
                "name": "colours",
                "label": "Colours",
                "type": "enumeration",
                "fieldType": "checkbox",
                "groupName": "companyinformation",
                "options": [{"label": c, "value": c} for c in ("red", "green", "Blue")],
            }
        ]
    },
    "records": {
        "companies": [
            {"id": "1", "properties": {"name": "Acme GmbH", "annualrevenue": "9", "colours": "red;Blue"}},
            {"id": "2", "properties": {"name": "Beta Inc", "annualrevenue": "10", "domain": "beta.example"}},
            {"id": "3", "properties": {"name": "gamma acme", "colours": "green"}},
            {"id": "4", "properties": {"name": "Gone"}, "archived": True},
        ]
    },
}


def ids(portal: Portal, *filters: dict[str, Any], **more: Any) -> list[str]:
    groups = {"filterGroups": [{"filters": list(filters)}]} if filters else {}
    answer = portal.post(PATH, {**groups, **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["results"])
    return [record["id"] for record in answer.json()["results"]]


def where(name: str, operator: str, *values: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"propertyName": name, "operator": operator, **more}
    if operator in {"IN", "NOT_IN"}:
        return {**given, "values": list(values)}
    return {**given, "value": values[0]} if values else given


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (where("name", "EQ", "acme gmbh"), ["1"]),
        (where("name", "NEQ", "Acme GmbH"), ["2", "3"]),
        (where("annualrevenue", "GT", "9"), ["2"]),
        (where("annualrevenue", "GTE", "9"), ["1", "2"]),
        (where("annualrevenue", "LT", "10"), ["1"]),
        (where("annualrevenue", "LTE", "10.0"), ["1", "2"]),
        (where("annualrevenue", "EQ", "9.00"), ["1"]),
        (where("annualrevenue", "BETWEEN", "9.5", highValue="11"), ["2"]),
        (where("annualrevenue", "HAS_PROPERTY"), ["1", "2"]),
        (where("annualrevenue", "NOT_HAS_PROPERTY"), ["3"]),
        (where("annualrevenue", "NEQ", "9"), ["2", "3"]),
        (where("name", "IN", "acme gmbh", "beta inc"), ["1", "2"]),
        (where("name", "IN", "Acme GmbH"), []),
        (where("name", "NOT_IN", "acme gmbh"), ["2", "3"]),
        (where("colours", "IN", "Blue"), ["1"]),
        (where("colours", "IN", "blue"), []),
        (where("colours", "EQ", "red"), ["1"]),
        (where("name", "CONTAINS_TOKEN", "acme"), ["1", "3"]),
        (where("name", "CONTAINS_TOKEN", "gam*"), ["3"]),
        (where("name", "CONTAINS_TOKEN", "gam"), []),
        (where("name", "CONTAINS_TOKEN", "[a]cme"), []),
        (where("name", "NOT_CONTAINS_TOKEN", "acme"), ["2"]),
        (where("domain", "CONTAINS_TOKEN", "*.example"), ["2"]),
        (where("hs_object_id", "GT", "1"), ["2", "3"]),
        (where("createdate", "LT", "2026-11-22T00:00:00Z"), ["1", "2", "3"]),
        (where("createdate", "GTE", "1795334400000"), []),
    ],
)
def test_operators(condition: dict[str, Any], found: list[str]) -> None:
    with opened(SEED) as portal:
        assert ids(portal, condition) == found


def test_filters_of_a_group_all_hold_and_any_group_will_do() -> None:
    with opened(SEED) as portal:
        assert ids(
            portal, where("name", "CONTAINS_TOKEN", "acme"), where("annualrevenue", "HAS_PROPERTY")
        ) == ["1"]
        groups = [{"filters": [where("name", "EQ", name)]} for name in ("beta inc", "gamma acme")]
        assert ids(portal, filterGroups=groups) == ["2", "3"]


def test_one_group_has_a_short_form() -> None:
    with opened(SEED) as portal:
        filters = [where("name", "CONTAINS_TOKEN", "acme"), where("annualrevenue", "HAS_PROPERTY")]
        assert ids(portal, filters=filters) == ["1"]
        lacking = portal.post(PATH, {"filters": [{"operator": "EQ", "value": "x"}]})
        assert "were not set: [filters.propertyName]" in lacking.json()["message"]


def test_sorts_queries_and_pages() -> None:
    with opened(SEED) as portal:
        descending = [{"propertyName": "name", "direction": "DESCENDING"}]
        assert ids(portal, sorts=descending) == ["3", "2", "1"]
        assert ids(portal, sorts=["-annualrevenue"]) == ["2", "1", "3"]
        assert ids(portal, query="ACME") == ["1", "3"]
        first = portal.post(PATH, {"limit": 2, "properties": ["name"]}).json()
        assert (first["total"], first["paging"]["next"]["after"]) == (3, "2")
        assert first["results"][0]["properties"]["name"] == "Acme GmbH"
        rest = portal.post(PATH, {"limit": 2, "after": "2"}).json()
        assert [record["id"] for record in rest["results"]] == ["3"]
        assert "paging" not in rest


def test_associated_records_are_a_filter() -> None:
    with opened(SEED) as portal:
        contact = portal.create("contacts", email="ada@acme.example")
        portal.client.put(f"/crm/v4/objects/contacts/{contact}/associations/default/companies/2")
        assert ids(portal, where("associations.contact", "EQ", contact)) == ["2"]
        assert ids(portal, where("associations.contact", "NOT_HAS_PROPERTY")) == ["1", "3"]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 0},
        {"after": "10000"},
        {"after": "9991", "limit": 10},
        {"sorts": ["name", "domain"]},
        {"sorts": ["nope"]},
        {"sorts": [{"propertyName": "name", "direction": "down"}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "IN", "value": "acme gmbh"}]}]},
        {"filters": [where("nope", "HAS_PROPERTY")]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 7}]},
        {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 4}] * 5},
        {"filterGroups": [{"filters": [where("nope", "HAS_PROPERTY")]}]},
        {"filterGroups": [{"filters": [where("name", "LIKE", "a")]}]},
        {"filterGroups": [{"filters": [where("annualrevenue", "GT", "many")]}]},
        {"filterGroups": [{"filters": [where("createdate", "GT", "today")]}]},
        {"query": "x" * 3000},
    ],
)
def test_a_search_beyond_a_limit_is_refused(portal: Portal, body: dict[str, Any]) -> None:
    assert portal.post(PATH, body).status_code == 400


def test_the_index_lags_behind() -> None:
    """A search right after a create finds nothing.

    Source: github.com/HubSpot/hubspot-api-nodejs/issues/545."""
    with opened({**SEED, "search_lag_ms": 5000}) as portal:
        portal.clock.advance(10)
        record_id = portal.create("companies", name="New")
        assert record_id not in ids(portal)
        portal.clock.advance(5)
        assert record_id in ids(portal)
        portal.client.patch(f"/crm/v3/objects/companies/{record_id}", json={"properties": {"name": "Newer"}})
        assert ids(portal, where("name", "EQ", "newer")) == []
        assert ids(portal, where("name", "EQ", "new")) == [record_id]
        assert portal.read("companies", record_id, "name")["name"] == "Newer"
        portal.clock.advance(5)
        assert ids(portal, where("name", "EQ", "newer")) == [record_id]


def test_a_fresh_portal_lags_a_little() -> None:
    with opened() as portal:
        portal.emulator.ensure_portal(2)
        with portal.client_with(portal.emulator.token(2)) as client:
            client.post("/crm/v3/objects/companies", json={"properties": {"name": "N"}})
            assert client.post(PATH, json={}).json()["total"] == 0
            portal.clock.advance(2)
            assert client.post(PATH, json={}).json()["total"] == 1
