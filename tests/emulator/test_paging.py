"""Pages: each link leads to the next page of the same request, because some readers follow the links."""

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running
from tests.emulator.portal import PORTAL_ID, Portal

TWO_OWNERS = {"owners": [{"id": str(n), "email": f"o{n}@acme.example", "userId": n} for n in (1, 2, 3)]}


def names_along_the_links(client: httpx.Client, url: str) -> list[str]:
    """Return the names on all pages, read by following ``paging.next.link``."""
    names: list[str] = []
    following: str | None = url
    while following:
        page = client.get(following).json()
        names += [item["properties"]["name"] for item in page["results"]]
        following = page.get("paging", {}).get("next", {}).get("link")
    return names


@pytest.mark.parametrize("query", ["limit=1&properties=name", "limit=1&properties=city,name&archived=false"])
@pytest.mark.parametrize("root", ["/crm/v3/objects", "/crm/v4/objects", "/crm/objects/2026-09"])
def test_links_lead_to_the_rest_of_the_same_question(portal: Portal, root: str, query: str) -> None:
    for name in "ABC":
        portal.create("companies", name=name)
    url = f"https://api.hubapi.com{root}/companies?{query}"
    first = portal.client.get(url).json()["paging"]["next"]
    assert first["link"].startswith(f"https://api.hubapi.com{root}/companies?limit=1&properties=")
    assert first["link"].endswith(f"&after={first['after']}")
    assert names_along_the_links(portal.client, url) == ["A", "B", "C"]


def test_on_a_port_links_lead_to_the_port() -> None:
    emulator = Emulator(None)
    schema = {
        "name": "pet",
        "labels": {"singular": "Pet", "plural": "Pets"},
        "primaryDisplayProperty": "name",
        "properties": [{"name": "name", "label": "Name"}],
    }
    pets = [{"properties": {"name": name}} for name in ("Rex", "Ida", "Zoë")]
    emulator.ensure_portal(7, {"schemas": [schema], "records": {"p_pet": pets}, **TWO_OWNERS})
    headers = {"Authorization": f"Bearer {emulator.token(7)}"}
    with running(emulator) as url, httpx.Client(headers=headers) as client:
        path = f"{url}/crm/v3/objects/p7_pet?limit=1&properties=name"
        assert names_along_the_links(client, path) == ["Rex", "Ida", "Zoë"]
        for asked in ("/crm/v3/owners?limit=2", "/settings/v3/users?limit=2"):
            link = client.get(url + asked).json()["paging"]["next"]["link"]
            assert link == f"{url}{asked}&after=3"
            assert [item["id"] for item in client.get(link).json()["results"]] == ["3"]
    emulator.close()


def test_searches_and_associations_have_absolute_links_too(portal: Portal) -> None:
    company = portal.create("companies", name="N")
    contacts = [portal.create("contacts", email=f"c{n}@acme.example") for n in range(2)]
    for contact in contacts:
        portal.client.put(f"/crm/v4/objects/companies/{company}/associations/default/contacts/{contact}")
    path = f"/crm/v4/objects/companies/{company}/associations/contacts"
    link = portal.client.get(path, params={"limit": 1}).json()["paging"]["next"]["link"]
    assert link == f"https://api.hubapi.com{path}?limit=1&after={contacts[1]}"
    assert [item["toObjectId"] for item in portal.client.get(link).json()["results"]] == [int(contacts[1])]
    found = portal.post("/crm/v3/objects/contacts/search", {"limit": 1}).json()
    assert found["paging"]["next"]["link"].startswith(
        "https://api.hubapi.com/crm/v3/objects/contacts/search?"
    )


def test_the_short_form_of_a_custom_object_is_understood_everywhere(portal: Portal) -> None:
    schema = {
        "name": "pet",
        "labels": {"singular": "Pet", "plural": "Pets"},
        "primaryDisplayProperty": "name",
        "properties": [{"name": "name", "label": "Name"}],
    }
    made = portal.post("/crm/v3/schemas", schema).json()
    pet = portal.create("p_pet", name="Rex")
    for address in ("p_pet", f"p{PORTAL_ID}_pet", made["objectTypeId"]):
        assert portal.read(address, pet, "name")["name"] == "Rex"
        assert portal.client.get(f"/crm/v3/schemas/{address}").json()["name"] == "pet"
        assert portal.client.get(f"/crm/v3/properties/{address}/name").json()["label"] == "Name"
        assert portal.client.get(f"/crm/v4/associations/{address}/contacts/labels").status_code == 200
    assert portal.client.get("/crm/v3/objects/p_dog").status_code == 400
