"""Associations in v3: types are named by a text, and records show the first 100 associated records.

Sources: developers.hubspot.com/docs/api-reference/crm-associations-v3/guide,
developers.hubspot.com/changelog/announcing-a-change-to-how-v3-crm-apis-return-association-data
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hubspot.crm import associations
from hubspot.crm.associations import schema

from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running
from tests.emulator.portal import PORTAL_ID, Portal, opened

ROOT = "/crm/v3/associations/contacts/companies"
OBJECTS = "/crm/v3/objects"
SEED: dict[str, Any] = {
    "records": {
        "contacts": [{"id": str(n), "properties": {"firstname": "F"}} for n in range(1001, 1252)],
        "companies": [{"id": str(n), "properties": {"name": "N"}} for n in (1, 2)],
    },
    "association_labels": [{"from": "contacts", "to": "companies", "name": "billing", "label": "Billing"}],
    "associations": [
        {"from": {"type": "contacts", "id": str(n)}, "to": {"type": "companies", "id": "1"}}
        for n in range(1001, 1251)
    ],
}


@pytest.fixture
def full() -> Iterator[Portal]:
    """Yield a portal in which company 1 has 250 contacts, and contact 1251 and company 2 have nothing."""
    with opened(SEED) as portal:
        yield portal


def pair(contact: str, company: str, name: str) -> dict[str, Any]:
    return {"from": {"id": contact}, "to": {"id": company}, "type": name}


def ids(entries: list[dict[str, Any]]) -> list[int]:
    return [int(entry["id"]) for entry in entries]


@pytest.mark.parametrize(
    ("root", "link"),
    [
        ("/crm/v3/objects", "/crm/v3/objects"),
        ("/crm/objects/v3", "/crm/v3/objects"),
        ("/crm/objects/2026-09", "/crm/objects/2026-09"),
    ],
)
@pytest.mark.parametrize("path", ["companies/1", "companies"])
def test_a_record_shows_a_hundred_associated_records_and_where_the_others_are(
    full: Portal, root: str, link: str, path: str
) -> None:
    answer = full.client.get(f"{root}/{path}", params={"associations": "contacts,deals"}).json()
    shown = answer["results"][0]["associations"] if "results" in answer else answer["associations"]
    assert set(shown) == {"contacts"}
    assert ids(shown["contacts"]["results"]) == list(range(1001, 1101))
    next_ = shown["contacts"]["paging"]["next"]
    assert next_["after"] == "1101"
    assert next_["link"] == f"https://api.hubapi.com{link}/companies/1/associations/contacts?after=1101"


def test_the_link_leads_to_all_others(full: Portal) -> None:
    record = full.client.get(f"{OBJECTS}/companies/1", params={"associations": "contacts"}).json()
    page = record["associations"]["contacts"]
    found = ids(page["results"])
    while "paging" in page:
        page = full.client.get(f"{page['paging']['next']['link']}&limit=60").json()
        found += ids(page["results"])
    assert found == list(range(1001, 1251))


def test_few_associations_have_no_next_page(full: Portal) -> None:
    shown = full.client.get(f"{OBJECTS}/contacts/1001", params={"associations": "companies"}).json()
    page = {"results": [{"id": "1", "type": "contact_to_company_unlabeled"}]}
    assert shown["associations"] == {"companies": page}
    assert full.client.get(f"{OBJECTS}/contacts/1001/associations/companies").json() == page
    none = full.client.get(f"{OBJECTS}/contacts/1251", params={"associations": "companies"}).json()
    assert "associations" not in none


def test_types_that_only_hubspot_has_are_associated_with_nothing(full: Portal) -> None:
    """The reader tap-hubspot asks for associations of custom objects with conversations."""
    wanted = {"associations": "conversations,marketing_events,companies"}
    shown = full.client.get(f"{OBJECTS}/contacts/1001", params=wanted).json()["associations"]
    assert set(shown) == {"companies"}
    unknown = full.client.get(f"{OBJECTS}/contacts/1001", params={"associations": "nonsense"})
    assert unknown.status_code == 400


def test_types_have_a_number_and_a_name(full: Portal) -> None:
    types = {each["id"]: each["name"] for each in full.client.get(f"{ROOT}/types").json()["results"]}
    assert types["279"] == "contact_to_company_unlabeled"
    assert "billing" in types.values()
    plain = full.client.get("/crm/v3/associations/contacts/deals/types").json()["results"]
    assert plain == [{"id": "4", "name": "contact_to_deal"}]


@pytest.mark.parametrize("name", ["contact_to_company", "CONTACT_TO_COMPANY", "1"])
def test_a_batch_associates_and_removes_by_the_name_of_the_type(name: str) -> None:
    with opened({"records": SEED["records"]}) as portal:
        made = portal.post(f"{ROOT}/batch/create", {"inputs": [pair("1251", "2", name)]})
        assert made.status_code == 201
        assert made.json()["results"] == [pair("1251", "2", "contact_to_company")]
        read = portal.post(f"{ROOT}/batch/read", {"inputs": [{"id": "1251"}]})
        assert read.status_code == 200
        (found,) = read.json()["results"]
        names = {"contact_to_company", "contact_to_company_unlabeled"}
        assert {entry["type"] for entry in found["to"]} == names
        plain = pair("1251", "2", "contact_to_company_unlabeled")
        gone = portal.post(f"{ROOT}/batch/archive", {"inputs": [plain]})
        assert (gone.status_code, gone.content) == (204, b"")
        assert portal.post(f"{ROOT}/batch/read", {"inputs": [{"id": "1251"}]}).json()["results"] == []


def test_a_batch_shows_first_pages_and_ignores_a_cursor(full: Portal) -> None:
    path = "/crm/v3/associations/companies/contacts/batch/read"
    answer = full.post(path, {"inputs": [{"id": "1", "after": "1101"}, {"id": "2"}]})
    assert answer.status_code == 207
    body = answer.json()
    (found,) = body["results"]
    assert (found["from"], ids(found["to"])) == ({"id": "1"}, list(range(1001, 1101)))
    link = found["paging"]["next"]["link"]
    assert link == f"https://api.hubapi.com{OBJECTS}/companies/1/associations/contacts?after=1101"
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert body["errors"][0]["context"]["fromObjectId"] == ["2"]


def test_one_association_is_made_and_removed_by_its_path(full: Portal) -> None:
    path = f"{OBJECTS}/contacts/1251/associations/companies/2/billing"
    made = full.client.put(path)
    assert (made.status_code, made.json()["id"]) == (200, "1251")
    assert {"id": "2", "type": "billing"} in made.json()["associations"]["companies"]["results"]
    assert full.client.delete(path).status_code == 204
    left = full.client.get(f"{OBJECTS}/contacts/1251/associations/companies").json()["results"]
    assert left == [{"id": "2", "type": "contact_to_company_unlabeled"}]


def test_wrong_inputs_are_refused(full: Portal) -> None:
    unknown = full.post(f"{ROOT}/batch/create", {"inputs": [pair("1251", "2", "nope")]})
    assert (unknown.status_code, unknown.json()["numErrors"]) == (207, 1)
    missing = full.post(f"{ROOT}/batch/create", {"inputs": [{"from": {"id": "1"}}]})
    assert "were not set: [to, type]" in missing.json()["message"]
    assert full.client.put(f"{OBJECTS}/contacts/1251/associations/companies/2/nope").status_code == 400
    assert full.client.put(f"{OBJECTS}/contacts/1/associations/companies/2/billing").status_code == 404


def test_the_scopes_are_those_of_the_records(full: Portal) -> None:
    token = full.emulator.token(PORTAL_ID, ["crm.objects.contacts.read"])
    with full.client_with(token) as client:
        assert client.post(f"{ROOT}/batch/read", json={"inputs": [{"id": "1001"}]}).status_code == 200
        made = client.post(f"{ROOT}/batch/create", json={"inputs": [pair("1251", "2", "billing")]})
        assert made.status_code == 403


def test_the_official_sdk_uses_them() -> None:
    emulator = Emulator(None)
    emulator.ensure_portal(PORTAL_ID, SEED)
    with running(emulator) as url:
        configuration = associations.Configuration()
        configuration.access_token, configuration.host = emulator.token(PORTAL_ID), url
        configuration.client_side_validation = True
        batch = associations.BatchApi(associations.ApiClient(configuration=configuration))
        ends = (associations.PublicObjectId(id="1251"), associations.PublicObjectId(id="2"))
        new = associations.PublicAssociation(_from=ends[0], to=ends[1], type="billing")
        inputs = associations.BatchInputPublicAssociation(inputs=[new])
        assert batch.create("contacts", "companies", inputs).results[0].type == "billing"
        wanted = associations.BatchInputPublicObjectId(inputs=[associations.PublicObjectId(id="1")])
        (found,) = batch.read("companies", "contacts", wanted).results
        assert (len(found.to), found.paging.next.after) == (100, "1101")
        batch.archive("contacts", "companies", inputs)
        names = schema.Configuration()
        names.access_token, names.host = configuration.access_token, url
        types = schema.TypesApi(schema.ApiClient(configuration=names)).get_all("contacts", "companies")
        assert "billing" in {each.name for each in types.results}
    emulator.close()
