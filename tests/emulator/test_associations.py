"""Associations: developers.hubspot.com/docs/api-reference/crm-associations-v4/guide, or as a test says."""

from typing import Any

import pytest

from tests.emulator.portal import Portal, opened

BETWEEN = "/crm/v4/associations/contacts/companies"


@pytest.fixture
def ends(portal: Portal) -> tuple[str, str]:
    return portal.create("contacts", email="ada@acme.example"), portal.create("companies", name="Acme")


def pair(ends: tuple[str, str], *types: tuple[str, int]) -> dict[str, Any]:
    specs = [{"associationCategory": category, "associationTypeId": type_id} for category, type_id in types]
    return {"from": {"id": ends[0]}, "to": {"id": ends[1]}, "types": specs}


def types_of(portal: Portal, ends: tuple[str, str], *, back: bool = False) -> list[tuple[int, str | None]]:
    """Return the type ids and labels from contact to company; with ``back``, from company to contact."""
    start, end = ("companies", "contacts") if back else ("contacts", "companies")
    record_id = ends[1] if back else ends[0]
    found = portal.client.get(f"/crm/v4/objects/{start}/{record_id}/associations/{end}").json()["results"]
    return sorted(
        ((item["typeId"], item["label"]) for to in found for item in to["associationTypes"]),
        key=lambda item: item[0],
    )


@pytest.mark.parametrize(
    ("start", "end", "plain", "primary"),
    [
        ("contacts", "companies", 279, 1),
        ("companies", "contacts", 280, 2),
        ("contacts", "deals", 4, None),
        ("deals", "contacts", 3, None),
        ("contacts", "tickets", 15, None),
        ("deals", "companies", 341, 5),
        ("companies", "deals", 342, 6),
        ("tickets", "companies", 339, 26),
        ("companies", "tickets", 340, 25),
        ("deals", "tickets", 27, None),
        ("deals", "line_items", 19, None),
        ("line_items", "deals", 20, None),
        ("quotes", "line_items", 67, None),
        ("quotes", "deals", 64, None),
        ("contacts", "contacts", 449, None),
        ("companies", "companies", 450, None),
        ("notes", "contacts", 202, None),
        ("tasks", "companies", 192, None),
        ("calls", "deals", 206, None),
        ("emails", "tickets", 224, None),
        ("meetings", "contacts", 200, None),
        ("contacts", "meetings", 199, None),
        ("leads", "contacts", 608, 578),
    ],
)
def test_types_have_hubspots_numbers(
    portal: Portal, start: str, end: str, plain: int, primary: int | None
) -> None:
    labels = portal.client.get(f"/crm/v4/associations/{start}/{end}/labels").json()["results"]
    assert labels[0].items() >= {"category": "HUBSPOT_DEFINED", "typeId": plain, "label": None}.items()
    assert [item["typeId"] for item in labels if item["label"] == "Primary"] == ([primary] if primary else [])


def test_companies_have_parents_and_children(portal: Portal) -> None:
    parent, child = portal.create("companies", name="Parent"), portal.create("companies", name="Child")
    body = {"inputs": [pair((parent, child), ("HUBSPOT_DEFINED", 13))]}
    assert portal.post("/crm/v4/associations/companies/companies/batch/create", body).status_code == 201
    found = portal.client.get(f"/crm/v4/objects/companies/{child}/associations/companies").json()["results"]
    assert 14 in {item["typeId"] for item in found[0]["associationTypes"]}


@pytest.mark.parametrize(
    ("root", "status"),
    [
        ("/crm/v4/associations", 201),
        ("/crm/associations/v4", 201),
        ("/crm/associations/2026-03", 201),
        ("/crm/associations/2026-09", 200),
    ],
)
def test_creation_answers_by_version(portal: Portal, ends: tuple[str, str], root: str, status: int) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Associations", by version."""
    body = {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 1))]}
    for _ in range(2):
        made = portal.post(f"{root}/contacts/companies/batch/create", body)
        assert made.status_code == status
        assert made.json()["results"] == [
            {
                "fromObjectTypeId": "0-1",
                "fromObjectId": int(ends[0]),
                "toObjectTypeId": "0-2",
                "toObjectId": int(ends[1]),
                "labels": ["Primary"],
            }
        ]
    assert types_of(portal, ends) == [(1, "Primary"), (279, None)]
    assert types_of(portal, ends, back=True) == [(2, "Primary"), (280, None)]


def test_defaults_tell_both_directions(portal: Portal, ends: tuple[str, str]) -> None:
    made = portal.post(f"{BETWEEN}/batch/associate/default", {"inputs": [pair(ends)]})
    assert made.status_code == 200
    assert [item["associationSpec"]["associationTypeId"] for item in made.json()["results"]] == [279, 280]
    assert types_of(portal, ends) == [(279, None)]


def test_the_primary_flag_moves(portal: Portal, ends: tuple[str, str]) -> None:
    other = (ends[0], portal.create("companies", name="Other"))
    for target in (ends, other):
        portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(target, ("HUBSPOT_DEFINED", 1))]})
    found = portal.client.get(f"/crm/v4/objects/contacts/{ends[0]}/associations/companies").json()["results"]
    primaries = [
        to["toObjectId"] for to in found if any(t["label"] == "Primary" for t in to["associationTypes"])
    ]
    assert primaries == [int(other[1])]
    assert types_of(portal, ends, back=True) == [(280, None)]


def test_a_company_is_the_primary_one_of_many(portal: Portal, ends: tuple[str, str]) -> None:
    bob = portal.create("contacts", email="bob@acme.example")
    for contact in (ends[0], bob):
        body = {"inputs": [pair((ends[1], contact), ("HUBSPOT_DEFINED", 2))]}
        assert portal.post("/crm/v4/associations/companies/contacts/batch/create", body).status_code == 201
    assert types_of(portal, ends) == types_of(portal, (bob, ends[1])) == [(1, "Primary"), (279, None)]
    other = portal.create("companies", name="Other")
    body = {"inputs": [pair((other, bob), ("HUBSPOT_DEFINED", 2))]}
    portal.post("/crm/v4/associations/companies/contacts/batch/create", body)
    assert types_of(portal, ends) == [(1, "Primary"), (279, None)]
    found = portal.client.get(f"/crm/v4/objects/contacts/{bob}/associations/companies").json()["results"]
    labels = {to["toObjectId"]: [t["label"] for t in to["associationTypes"]] for to in found}
    assert labels == {int(ends[1]): [None], int(other): [None, "Primary"]}


def test_records_that_do_not_exist_are_errors_of_their_own(portal: Portal, ends: tuple[str, str]) -> None:
    made = portal.post(
        f"{BETWEEN}/batch/create",
        {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 279)), pair(("9", ends[1]), ("HUBSPOT_DEFINED", 279))]},
    )
    assert made.status_code == 207
    assert made.json()["errors"][0]["context"] == {"ids": ["9"]}
    assert len(made.json()["results"]) == 1


def test_a_type_that_does_not_exist_is_refused(portal: Portal, ends: tuple[str, str]) -> None:
    made = portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 4))]})
    assert made.json()["errors"][0]["category"] == "VALIDATION_ERROR"


def test_a_record_without_associations_is_an_error_when_read(portal: Portal, ends: tuple[str, str]) -> None:
    """Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    read = portal.post(f"{BETWEEN}/batch/read", {"inputs": [{"id": ends[0]}]})
    assert read.status_code == 207
    assert read.json()["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    portal.post(f"{BETWEEN}/batch/associate/default", {"inputs": [pair(ends)]})
    (result,) = portal.post(f"{BETWEEN}/batch/read", {"inputs": [{"id": ends[0]}]}).json()["results"]
    assert result["from"] == {"id": ends[0]}
    assert result["to"][0]["toObjectId"] == int(ends[1])


def test_long_lists_are_paged(portal: Portal) -> None:
    contact = portal.create("contacts", email="ada@acme.example")
    companies = [portal.create("companies", name=f"C{n}") for n in range(5)]
    inputs = [pair((contact, company)) for company in companies]
    portal.post(f"{BETWEEN}/batch/associate/default", {"inputs": inputs})
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies"
    first = portal.client.get(path, params={"limit": 3}).json()
    rest = portal.client.get(path, params={"limit": 3, "after": first["paging"]["next"]["after"]}).json()
    seen = [to["toObjectId"] for to in first["results"] + rest["results"]]
    assert seen == [int(company) for company in companies]
    assert "paging" not in rest
    assert portal.client.get(path, params={"limit": 501}).status_code == 400


def test_a_put_replaces_the_labels_of_the_pair(portal: Portal, ends: tuple[str, str]) -> None:
    path = f"/crm/v4/objects/contacts/{ends[0]}/associations/companies/{ends[1]}"
    first = pair(ends, ("HUBSPOT_DEFINED", 1))["types"]
    second = pair(ends, ("HUBSPOT_DEFINED", 279))["types"]
    assert portal.client.put(path, json=first).status_code == 201
    assert portal.client.put(path, json=second).status_code == 201
    assert types_of(portal, ends) == [(279, None)]
    assert portal.client.delete(path).status_code == 204
    assert types_of(portal, ends) == []
    assert types_of(portal, ends, back=True) == []


@pytest.mark.parametrize(
    ("root", "status"), [("/crm/v4/associations", 204), ("/crm/associations/2026-03", 200)]
)
def test_archiving_takes_every_label(portal: Portal, ends: tuple[str, str], root: str, status: int) -> None:
    portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 1))]})
    body = {"inputs": [{"from": {"id": ends[0]}, "to": [{"id": ends[1]}, {"id": "9"}]}]}
    gone = portal.post(f"{root}/contacts/companies/batch/archive", body)
    assert gone.status_code == status
    assert bool(gone.content) == (status == 200)
    assert types_of(portal, ends) == []


def test_archiving_labels_keeps_the_rest_but_not_without_the_plain_type(
    portal: Portal, ends: tuple[str, str]
) -> None:
    portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 1))]})
    path = f"{BETWEEN}/batch/labels/archive"
    assert portal.post(path, {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 1))]}).status_code == 204
    assert types_of(portal, ends) == [(279, None)]
    portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 1))]})
    portal.post(path, {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 279))]})
    assert types_of(portal, ends) == []


def test_a_label_has_two_ends(portal: Portal, ends: tuple[str, str]) -> None:
    labels = f"{BETWEEN}/labels"
    made = portal.post(labels, {"name": "billing", "label": "Billing", "inverseLabel": "Billed by"})
    assert made.status_code == 200
    there, back = made.json()["results"]
    assert (there["label"], back["label"]) == ("Billing", "Billed by")
    assert portal.post(labels, {"name": "billing", "label": "Again"}).status_code == 400
    portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(ends, ("USER_DEFINED", there["typeId"]))]})
    assert types_of(portal, ends, back=True) == [(back["typeId"], "Billed by"), (280, None)]
    renamed = {"associationTypeId": there["typeId"], "label": "Invoices", "inverseLabel": "Invoiced by"}
    assert portal.client.put(labels, json=renamed).status_code == 204
    assert types_of(portal, ends) == [(there["typeId"], "Invoices"), (279, None)]
    assert types_of(portal, ends, back=True) == [(back["typeId"], "Invoiced by"), (280, None)]
    assert portal.client.delete(f"{labels}/{there['typeId']}").status_code == 204
    assert types_of(portal, ends) == [(279, None)]
    assert portal.client.delete(f"{labels}/{there['typeId']}").status_code == 404


def test_fifty_labels_are_the_limit(portal: Portal) -> None:
    """Expect HTTP 437 beyond the maximum. Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    statuses = [
        portal.post(f"{BETWEEN}/labels", {"name": f"l{n}", "label": f"L{n}"}).status_code for n in range(51)
    ]
    assert statuses == [200] * 50 + [437]


def test_records_show_their_associations_when_asked(portal: Portal, ends: tuple[str, str]) -> None:
    portal.post(f"{BETWEEN}/batch/create", {"inputs": [pair(ends, ("HUBSPOT_DEFINED", 1))]})
    for path in (f"/crm/v3/objects/contacts/{ends[0]}", "/crm/v3/objects/contacts"):
        body = portal.client.get(path, params={"associations": "companies,deals"}).json()
        record = body["results"][0] if "results" in body else body
        assert record["associations"] == {
            "companies": {
                "results": [
                    {"id": ends[1], "type": "contact_to_company_unlabeled"},
                    {"id": ends[1], "type": "contact_to_company"},
                ]
            }
        }


def test_a_new_record_brings_its_associations(portal: Portal, ends: tuple[str, str]) -> None:
    spec = {
        "to": {"id": ends[0]},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 280}],
    }
    properties = {"name": "New"}
    made = portal.post("/crm/v3/objects/companies", {"properties": properties, "associations": [spec]}).json()
    assert types_of(portal, (ends[0], made["id"])) == [(279, None)]
    bad = {"properties": properties, "associations": [{**spec, "to": {"id": "9"}}]}
    assert portal.post("/crm/v3/objects/companies", bad).status_code == 404
    traced = [{**bad, "objectWriteTraceId": "a"}, {"properties": properties, "objectWriteTraceId": "b"}]
    answer = portal.batch("companies", "create", traced)
    assert [result["objectWriteTraceId"] for result in answer.json()["results"]] == ["b"]
    assert portal.post("/crm/v3/objects/companies/search", {}).json()["total"] == 3


def test_archived_records_are_associated_with_nothing(portal: Portal, ends: tuple[str, str]) -> None:
    portal.post(f"{BETWEEN}/batch/associate/default", {"inputs": [pair(ends)]})
    portal.client.delete(f"/crm/v3/objects/companies/{ends[1]}")
    assert types_of(portal, ends) == []


def test_any_two_types_have_a_default(portal: Portal) -> None:
    """A guess: the type id is invented if no documentation gives one."""
    mail = portal.create("postal_mail", hs_timestamp="2026-11-22T08:00:00Z")
    product = portal.create("products", name="P")
    path = f"/crm/v4/objects/postal_mail/{mail}/associations/default/products/{product}"
    assert portal.client.put(path).status_code == 200
    back = portal.client.get(f"/crm/v4/objects/products/{product}/associations/postal_mail").json()["results"]
    assert [to["toObjectId"] for to in back] == [int(mail)]


def test_limits_of_associations_are_kept(portal: Portal) -> None:
    root = "/crm/associations/2026-09/definitions/configurations"
    item = {"category": "HUBSPOT_DEFINED", "typeId": 279, "maxToObjectIds": 5}
    assert portal.post(f"{root}/contacts/companies/batch/create", {"inputs": [item]}).status_code == 200
    (kept,) = portal.client.get(f"{root}/all").json()["results"]
    assert (kept["typeId"], kept["userEnforcedMaxToObjectIds"]) == (279, 5)
    assert portal.client.get(f"{root}/contacts/deals").json() == {"results": []}
    assert portal.post(f"{root}/contacts/companies/batch/purge", {"inputs": [item]}).status_code == 200
    v4 = "/crm/v4/associations/definitions/configurations/contacts/companies"
    assert portal.post(f"{v4}/batch/purge", {"inputs": [item]}).status_code == 204
    assert portal.client.get(v4).json() == {"results": []}


def test_two_portals_share_no_labels() -> None:
    with opened() as portal:
        portal.emulator.ensure_portal(2)
        portal.post(f"{BETWEEN}/labels", {"name": "ours", "label": "Ours"})
        with portal.client_with(portal.emulator.token(2)) as other:
            assert len(other.get(f"{BETWEEN}/labels").json()["results"]) == 2


@pytest.mark.parametrize("path", ["batch/create", "batch/associate/default"])
def test_an_association_beyond_a_limit_is_refused_from_either_end(
    portal: Portal, ends: tuple[str, str], path: str
) -> None:
    """A guess: existing associations stay, and may be written again."""
    item = {"category": "HUBSPOT_DEFINED", "typeId": 280, "maxToObjectIds": 1}
    limits = "/crm/associations/2026-09/definitions/configurations/companies/contacts/batch/create"
    assert portal.post(limits, {"inputs": [item]}).status_code == 200
    other = portal.create("contacts", email="other@x.example")
    types = (("HUBSPOT_DEFINED", 279),) if path == "batch/create" else ()
    inputs = [pair(ends, *types), pair((other, ends[1]), *types), pair(ends, *types)]
    answer = portal.post(f"{BETWEEN}/{path}", {"inputs": inputs})
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert (error["context"]["fromObjectId"], error["context"]["toObjectId"]) == ([other], [ends[1]])
    back = f"/crm/v4/objects/companies/{ends[1]}/associations/default/contacts/{other}"
    assert portal.client.put(back).status_code == 400
    assert (types_of(portal, ends), types_of(portal, (other, ends[1]))) == ([(279, None)], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "1", "to": {"id": "2"}, "types": []},
        {"from": {"id": {}}, "to": {"id": "2"}, "types": []},
        {"types": {}},
        {"types": [{"associationCategory": "hubspot_defined", "associationTypeId": 279}]},
        {"types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": "many"}]},
    ],
)
def test_an_input_of_a_wrong_shape_fails_the_whole_batch(
    portal: Portal, ends: tuple[str, str], wrong: dict[str, Any]
) -> None:
    """HubSpot reads the JSON of a whole batch before it looks at single inputs."""
    right = pair(ends, ("HUBSPOT_DEFINED", 279))
    answer = portal.post(f"{BETWEEN}/batch/create", {"inputs": [right, {**right, **wrong}]})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input JSON on line 1")
    assert types_of(portal, ends) == []
