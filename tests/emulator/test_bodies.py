"""Missing and mistyped fields of request bodies, and paths that the emulator lacks, get clear answers."""

import logging
from typing import Any

import httpx
import pytest

from reconciler.emulator.serve import running
from tests.emulator.portal import PORTAL_ID, Portal

PREFIX = "Invalid input JSON on line 1, column 1: Some required fields were not set: "
NOTHING = "No properties found to update, please provide at least one."
BETWEEN = "/crm/v4/associations/contacts/companies"


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("/crm/v3/objects/companies/merge", {}, "[primaryObjectId, objectIdToMerge]"),
        ("/crm/v3/objects/contacts/gdpr-delete", {"objectId": None}, "[objectId]"),
        ("/crm/v3/properties/companies", {"name": "a"}, "[label, type, fieldType, groupName]"),
        ("/crm/v3/properties/companies/groups", {}, "[name, label]"),
        ("/crm/v3/pipelines/deals", {}, "[label, displayOrder]"),
        (
            "/crm/v3/pipelines/deals",
            {"label": "L", "displayOrder": 0, "stages": [{"label": "S"}, {}]},
            "[stages.label, stages.displayOrder]",
        ),
        ("/crm/v3/pipelines/deals/default/stages", {}, "[label, displayOrder]"),
        ("/crm/v3/schemas", {"labels": {}}, "[name, labels.singular, labels.plural]"),
        ("/crm/v3/schemas", {}, "[name, labels]"),
        (f"{BETWEEN}/labels", {}, "[name, label]"),
        (f"{BETWEEN}/batch/create", {"inputs": [{}]}, "[from, to]"),
        (f"{BETWEEN}/batch/archive", {"inputs": [{"from": {}, "to": [{}]}]}, "[from.id, to.id]"),
        ("/crm/v3/objects/companies/batch/read", {"inputs": [{"id": "1"}, {}]}, "[id]"),
        ("/crm/objects/2026-09/companies/batch/upsert", {"inputs": [{}, {}]}, "[id]"),
        (
            "/crm/v3/objects/companies/search",
            {"filterGroups": [{"filters": [{"value": "1"}]}]},
            "[filterGroups.filters.propertyName, filterGroups.filters.operator]",
        ),
    ],
)
def test_missing_fields_are_told_all_at_once(portal: Portal, path: str, body: Any, missing: str) -> None:
    answer = portal.post(path, body)
    assert (answer.status_code, answer.json()["message"]) == (400, PREFIX + missing)
    assert "category" not in answer.json()


@pytest.mark.parametrize("body", [{}, {"properties": {}}])
@pytest.mark.parametrize("root", ["/crm/v3/objects", "/crm/objects/2026-09"])
def test_an_update_without_properties_is_refused(portal: Portal, root: str, body: Any) -> None:
    record_id = portal.create("companies", name="N")
    refused = portal.client.patch(f"{root}/companies/{record_id}", json=body)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert refused.json()["message"] == NOTHING
    assert portal.client.patch(f"{root}/companies/9", json=body).status_code == 404


def test_an_update_without_properties_fails_its_batch_or_itself(portal: Portal) -> None:
    first, second = portal.create("companies", name="A"), portal.create("companies", name="B")
    inputs = [{"id": first, "properties": {}}, {"id": second, "properties": {"name": "C"}}]
    whole = portal.batch("companies", "update", inputs)
    assert (whole.status_code, whole.json()["message"]) == (400, NOTHING)
    assert portal.read("companies", second, "name")["name"] == "B"
    traced = [{**item, "objectWriteTraceId": item["id"]} for item in inputs]
    partly = portal.batch("companies", "update", traced)
    assert (partly.status_code, partly.json()["errors"][0]["message"]) == (207, NOTHING)
    assert portal.read("companies", second, "name")["name"] == "C"


def test_an_upsert_by_key_alone_is_no_update(portal: Portal) -> None:
    item = {"id": "k-1", "idProperty": "ext_key", "properties": {}}
    portal.create("companies", name="N", ext_key="k-1")
    assert portal.batch("companies", "upsert", [item]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/crm/v3/lists/folders"),
        ("GET", "/crm/lists/2026-09/idmapping"),
        ("DELETE", "/crm/v3/lists/7"),
        ("PUT", "/crm/v3/lists/7/memberships/add"),
        ("POST", "/settings/v3/users"),
        ("POST", "/properties/v1/contacts/properties"),
        ("POST", "/crm/v3/imports"),
        ("GET", "/marketing/v3/emails"),
        ("GET", "/contacts/v1/lists/all/contacts/all"),
        ("GET", "/crm/objects/2031-03/companies"),
        ("GET", "/favicon.ico"),
    ],
)
def test_a_path_that_is_not_imitated_says_so(
    portal: Portal, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    answer = portal.client.request(method, path)
    body = answer.json()
    assert (answer.status_code, body["category"]) == (404, "EMULATOR_DOES_NOT_IMITATE")
    assert body["message"].startswith(f"The emulator does not imitate {method} {path};")
    assert [
        (record.levelno, record.getMessage()) for record in caplog.records if "imitated" in record.message
    ] == [(logging.WARNING, f"not imitated: {method} {path}")]


@pytest.mark.parametrize(
    ("path", "content_type", "content"),
    [
        ("/oauth/v1/token", "application/x-www-form-urlencoded", b"grant_type=refresh_token"),
        ("/crm/v3/imports", "multipart/form-data; boundary=x", b"--x--"),
        ("/files/v3/files", "text/plain", b"\xff"),
    ],
)
@pytest.mark.parametrize("token", [None, "unknown"])
def test_it_says_so_whatever_the_body_and_the_token_are(
    portal: Portal, token: str | None, path: str, content_type: str, content: bytes
) -> None:
    with portal.client_with(token) as client:
        answer = client.post(path, content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["category"]) == (404, "EMULATOR_DOES_NOT_IMITATE")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        (None, 201),
    ],
)
def test_a_body_is_sent_as_json(portal: Portal, content_type: str | None, status: int) -> None:
    headers = {"Authorization": f"Bearer {portal.emulator.token(PORTAL_ID)}"}
    headers |= {"Content-Type": content_type} if content_type else {}
    content = b'{"properties": {"name": "N"}}'
    path = "/crm/v3/objects/companies"
    assert portal.client.post(path, content=content, headers=headers).status_code == status
    with running(portal.emulator) as url, httpx.Client(base_url=url, headers=headers) as wire:
        assert wire.post(path, content=content).status_code == status
        assert wire.get(path).status_code == 200  # without a body, the content type does not matter


def test_a_body_that_is_no_json_is_refused_after_the_token(portal: Portal) -> None:
    path = "/crm/v3/objects/companies"
    assert portal.client.post(path, content=b"{").json()["message"].startswith("Invalid input JSON on line 1")
    with portal.client_with("unknown") as client:
        assert client.post(path, content=b"{").status_code == 401


@pytest.mark.parametrize(
    "name", ["marketing_events", "Marketing_Event", "0-54", "0-35", "0-11", "price_books"]
)
@pytest.mark.parametrize(
    "path",
    ["/crm/v3/objects/{}", "/crm/properties/2026-09/{}", "/crm/v4/associations/contacts/{}/labels"],
)
def test_an_object_type_that_only_hubspot_has_says_so_too(
    portal: Portal, caplog: pytest.LogCaptureFixture, path: str, name: str
) -> None:
    answer = portal.client.get(path.format(name))
    assert (answer.status_code, answer.json()["category"]) == (404, "EMULATOR_DOES_NOT_IMITATE")
    assert f"the object type {name};" in answer.json()["message"]
    assert f"not imitated: GET {path.format(name)}" in caplog.text


def test_a_missing_record_does_not_look_like_a_path_that_is_not_imitated(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (
        "/crm/v3/objects/companies/9",
        "/crm/v3/properties/companies/nope",
        "/crm/v3/owners/9",
    ):
        answer = portal.client.get(path)
        assert (answer.status_code, answer.json()["category"]) == (404, "OBJECT_NOT_FOUND")
    assert "imitated" not in caplog.text


def test_a_log_entry_is_one_short_line(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    portal.client.get("/a%0a%1b[31m" + "x" * 5000)
    (line,) = [record.getMessage() for record in caplog.records if "imitated" in record.message]
    assert line.startswith("not imitated: GET /a%0A%1B%5B31mxxx")
    assert len(line) < 400


PROPERTY = {
    "name": "tier",
    "label": "Tier",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "companyinformation",
    "options": [{"label": "Gold", "value": "gold"}],
}
SCHEMA = {
    "name": "pet",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "hs_object_id",
}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/crm/v3/properties/companies", {**PROPERTY, "displayOrder": "x"}, "displayOrder must be a number"),
        ("/crm/v3/properties/companies", {**PROPERTY, "hidden": "yes"}, "hidden must be true or false"),
        ("/crm/v3/properties/companies", {**PROPERTY, "label": {}}, "label must be a string"),
        (
            "/crm/v3/properties/companies",
            {**PROPERTY, "options": [{"label": "G", "value": "g", "displayOrder": []}]},
            "displayOrder must be a number",
        ),
        ("/crm/v3/properties/companies/groups", {"name": "g", "label": ["G"]}, "label must be a string"),
        (
            "/crm/v3/properties/companies/groups",
            {"name": "g", "label": "G", "displayOrder": True},
            "displayOrder must be a number",
        ),
        ("/crm/v3/schemas", {**SCHEMA, "description": {}}, "description must be a string"),
        ("/crm/v3/pipelines/deals", {"label": {}, "displayOrder": 1, "stages": []}, "label must be a string"),
    ],
)
def test_a_field_of_a_definition_has_its_type(
    portal: Portal, path: str, body: dict[str, Any], says: str
) -> None:
    answer = portal.post(path, body)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        f"Invalid input JSON on line 1, column 1: {says}",
    )


def test_texts_and_numbers_are_converted_into_each_other(portal: Portal) -> None:
    options = [{"label": 5, "value": 5, "displayOrder": "3", "hidden": "TRUE"}]
    given = {**PROPERTY, "label": 7, "displayOrder": "2", "formField": "false", "options": options}
    made = portal.post("/crm/v3/properties/companies", given)
    assert made.status_code == 201
    stored = portal.client.get("/crm/v3/properties/companies/tier").json()
    assert (stored["label"], stored["displayOrder"], stored["formField"]) == ("7", 2, False)
    assert stored["options"] == [
        {"label": "5", "value": "5", "description": "", "displayOrder": 3, "hidden": True}
    ]
    empty = portal.client.patch("/crm/v3/properties/companies/tier", json={"label": ""})
    assert (empty.status_code, empty.json()["message"]) == (400, "label must not be empty")
