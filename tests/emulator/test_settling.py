"""Delays until reads show changed definitions.

Source: the HubSpot notes of github.com/scopiousdigital/kalup.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

PROPERTIES = "/crm/v3/properties/companies"
SCHEMAS = "/crm-object-schemas/v3/schemas"
SIZE = {
    "name": "size",
    "label": "Size",
    "type": "string",
    "fieldType": "text",
    "groupName": "companyinformation",
}
PET: dict[str, Any] = {
    "name": "pet",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "hs_object_id",
}


@pytest.fixture
def settling() -> Iterator[Portal]:
    """Yield a portal whose reads are late: properties 1 s, schemas 1 min, names 5 min, limits 30 s."""
    lags = {"definitions_ms": 1000, "schemas_ms": 60_000, "names_ms": 300_000, "limits_ms": 30_000}
    with opened({"settling": lags}) as portal:
        yield portal


def label(portal: Portal) -> str:
    """Return the label of the property as it is read; "" if the property is missing."""
    found = portal.client.get(PROPERTIES).json()["results"]
    single = portal.client.get(f"{PROPERTIES}/size")
    listed = [str(body["label"]) for body in found if body["name"] == "size"]
    assert listed == ([single.json()["label"]] if single.is_success else [])
    return "".join(listed)


def test_properties_show_a_write_after_a_while(settling: Portal) -> None:
    assert settling.post(PROPERTIES, SIZE).status_code == 201
    assert label(settling) == ""
    assert settling.create("companies", name="N", size="big")  # writes use the new definition at once
    settling.clock.advance(1)
    assert label(settling) == "Size"
    settling.client.patch(f"{PROPERTIES}/size", json={"label": "How big"})
    settling.clock.advance(0.6)
    settling.client.patch(f"{PROPERTIES}/size", json={"label": "Volume"})
    assert label(settling) == "Size"
    settling.clock.advance(0.6)
    assert label(settling) == "How big"
    settling.client.delete(f"{PROPERTIES}/size")
    settling.clock.advance(0.9)
    assert label(settling) == "Volume"
    settling.clock.advance(1)
    assert label(settling) == ""


def test_groups_and_pipelines_show_a_write_after_a_while(settling: Portal) -> None:
    settling.post(f"{PROPERTIES}/groups", {"name": "ours", "label": "Ours"})
    settling.client.patch("/crm/v3/pipelines/deals/default", json={"label": "Renewals"})
    settling.client.delete("/crm/v3/pipelines/deals/default/stages/closedlost")

    def seen() -> tuple[bool, str, int]:
        groups = settling.client.get(f"{PROPERTIES}/groups").json()["results"]
        (pipeline,) = settling.client.get("/crm/v3/pipelines/deals").json()["results"]
        has_group = "ours" in {group["name"] for group in groups}
        return has_group, pipeline["label"], len(pipeline["stages"])

    assert seen() == (False, "Sales Pipeline", 7)
    settling.clock.advance(1)
    assert seen() == (True, "Renewals", 6)


def test_schemas_flip_between_old_and_new(settling: Portal) -> None:
    type_id = settling.post(SCHEMAS, PET).json()["objectTypeId"]
    path = f"{SCHEMAS}/{type_id}"
    assert [settling.client.get(path).status_code for _ in range(4)] == [404, 200, 404, 200]
    assert [len(settling.client.get(SCHEMAS).json()["results"]) for _ in range(4)] == [0, 1, 0, 1]
    settling.clock.advance(60)
    settling.client.patch(path, json={"description": "new"})
    assert [settling.client.get(path).json()["description"] for _ in range(4)] == ["", "new", "", "new"]
    settling.clock.advance(60)
    assert {settling.client.get(path).json()["description"] for _ in range(4)} == {"new"}


def test_a_purged_schema_is_listed_for_a_while(settling: Portal) -> None:
    path = f"{SCHEMAS}/{settling.post(SCHEMAS, PET).json()['objectTypeId']}"
    settling.clock.advance(60)
    settling.client.delete(path)
    settling.clock.advance(60)
    settling.client.delete(path, params={"archived": "true"})
    listed = [
        len(settling.client.get(SCHEMAS, params={"archived": "true"}).json()["results"]) for _ in range(4)
    ]
    assert sorted(listed) == [0, 0, 1, 1]


def test_the_name_of_an_association_comes_late_and_its_numbers_at_once(settling: Portal) -> None:
    path = "/crm/v4/associations/contacts/companies/labels"
    there = settling.post(path, {"name": "billing", "label": "Billing"}).json()["results"][0]["typeId"]

    def names() -> set[str]:
        schema = settling.client.get(f"{SCHEMAS}/contacts").json()
        return {item["name"] for item in schema["associations"]}

    assert "Billing" in {item["label"] for item in settling.client.get(path).json()["results"]}
    assert names() == set()
    settling.clock.advance(299)
    settling.client.put(path, json={"associationTypeId": there, "label": "Invoices"})
    assert names() == set()
    settling.clock.advance(1)
    assert names() == {"billing"}


def test_limits_count_late(settling: Portal) -> None:
    settling.post(PROPERTIES, SIZE)
    path = "/crm/v4/associations/contacts/companies/labels"
    settling.post(path, {"name": "billing", "label": "Billing"})

    def seen() -> tuple[int, int]:
        properties = settling.client.get("/crm/limits/2026-09/custom-properties").json()["overallUsage"]
        labels = settling.client.get("/crm/limits/2026-09/associations/labels").json()["results"]
        return properties, len(labels)

    assert seen() == (0, 0)
    settling.clock.advance(30)
    assert seen() == (1, 2)


def test_a_partial_change_of_a_schema_may_bring_old_values_back() -> None:
    with opened({"settling": {"left_out_ms": 120_000}}) as portal:
        path = f"{SCHEMAS}/{portal.post(SCHEMAS, PET).json()['objectTypeId']}"
        portal.clock.advance(120)
        portal.client.patch(path, json={"description": "new"})
        portal.clock.advance(60)
        portal.client.patch(path, json={"searchableProperties": ["hs_createdate"]})
        assert portal.client.get(path).json()["description"] == ""


def test_nothing_lags_unless_it_is_switched_on(portal: Portal) -> None:
    settings = f"/_emulator/portals/{PORTAL_ID}/settings"
    portal.post(PROPERTIES, SIZE)
    assert label(portal) == "Size"
    portal.client.patch(settings, json={"settling": {"definitions_ms": 1000}})
    portal.client.patch(f"{PROPERTIES}/size", json={"label": "Volume"})
    assert label(portal) == "Size"
    portal.client.patch(settings, json={"settling": {}})
    assert label(portal) == "Volume"
    assert portal.client.patch(settings, json={"settling": {"soon": 1}}).status_code == 400
