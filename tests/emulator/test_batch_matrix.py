"""Errors that fail a whole batch or one record, in every combination. Each test names its source."""

from typing import Any

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

WRITES = ("create", "update", "upsert")
DONE = {"create": 201, "update": 200, "upsert": 200}


def inputs_for(
    portal: Portal, operation: str, *properties: dict[str, Any], traced: bool
) -> list[dict[str, Any]]:
    """Return one input for each of ``properties``.

    If the operation needs existing records, create them.
    """
    inputs: list[dict[str, Any]] = []
    for number, given in enumerate(properties):
        item: dict[str, Any] = {"properties": {"name": f"N{number}", **given}}
        if operation == "update":
            item["id"] = portal.create("companies", name=f"old {number}")
        if operation == "upsert":
            item |= {"id": f"k{number}", "idProperty": "ext_key"}
        if traced:
            item["objectWriteTraceId"] = f"row-{number}"
        inputs.append(item)
    return inputs


def total(portal: Portal, object_type: str = "companies") -> int:
    return int(portal.post(f"/crm/v3/objects/{object_type}/search", {}).json()["total"])


BAD = [
    ({"nmae": "x"}, "PROPERTY_DOESNT_EXIST"),
    ({"hs_object_id": "9"}, "READ_ONLY_VALUE"),
    ({"hs_num_open_deals": "9"}, "READ_ONLY_VALUE"),
    ({"annualrevenue": "1,000"}, "INVALID_INTEGER"),
    ({"lifecyclestage": "Lead"}, "INVALID_OPTION"),
]


@pytest.mark.parametrize("operation", [*WRITES, "read", "archive"])
def test_more_than_a_hundred_inputs_are_refused(portal: Portal, operation: str) -> None:
    """Source: developers.hubspot.com/docs/guides/crm/using-object-apis: batches hold 100 records."""
    item = {"id": "k", "idProperty": "ext_key", "properties": {"name": "N"}}
    response = portal.batch("companies", operation, [{**item, "id": f"k{n}"} for n in range(101)])
    assert response.status_code == 400
    assert response.json()["category"] == "VALIDATION_ERROR"
    assert total(portal) == 0


@pytest.mark.parametrize("body", [{}, {"inputs": []}, {"records": [1]}])
@pytest.mark.parametrize("operation", [*WRITES, "read", "archive"])
def test_a_body_without_inputs_is_a_silent_no_op(
    portal: Portal, operation: str, body: dict[str, Any]
) -> None:
    """Source: github.com/rudderlabs/rudder-transformer/pull/5147"""
    response = portal.post(f"/crm/v3/objects/companies/batch/{operation}", body)
    if operation == "archive":
        assert (response.status_code, response.content) == (204, b"")
    else:
        assert response.status_code == DONE.get(operation, 200)
        assert response.json()["status"] == "COMPLETE"
        assert response.json()["results"] == []


@pytest.mark.parametrize("content", ["{", '{"inputs": 1}', '{"inputs": ["a"]}', "[]", '"text"'])
@pytest.mark.parametrize("operation", [*WRITES, "read", "archive"])
def test_malformed_json_refuses_everything_without_a_category(
    portal: Portal, operation: str, content: str
) -> None:
    """The message begins with "Invalid input JSON on line".

    Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    response = portal.client.post(f"/crm/v3/objects/companies/batch/{operation}", content=content)
    assert response.status_code == 400
    assert response.json()["message"].startswith("Invalid input JSON on line")
    assert "category" not in response.json()


@pytest.mark.parametrize(("bad", "code"), BAD, ids=[code + next(iter(bad)) for bad, code in BAD])
@pytest.mark.parametrize("operation", WRITES)
def test_one_bad_value_without_trace_ids_refuses_everything(
    portal: Portal, operation: str, bad: dict[str, str], code: str
) -> None:
    """Source: github.com/bruin-data/ingestr/pull/1203: 560 rows with one poison row."""
    inputs = inputs_for(portal, operation, {}, bad, traced=False)
    before = total(portal)
    response = portal.batch("companies", operation, inputs)
    assert response.status_code == 400
    body = response.json()
    assert body["status"] == "error"
    assert body["category"] == "VALIDATION_ERROR"
    assert body["correlationId"]
    assert body["message"].startswith('Property values were not valid: [{"isValid":false,')
    (error,) = body["errors"]
    assert error["code"] == code
    assert error["context"] == {"propertyName": [next(iter(bad))]}
    assert f'"error":"{code}"' in body["message"]
    assert total(portal) == before
    if operation == "update":
        assert portal.read("companies", inputs[0]["id"], "name")["name"] == "old 0"


@pytest.mark.parametrize(("bad", "code"), BAD, ids=[code + next(iter(bad)) for bad, code in BAD])
@pytest.mark.parametrize("operation", WRITES)
def test_one_bad_value_with_trace_ids_costs_one_record(
    portal: Portal, operation: str, bad: dict[str, str], code: str
) -> None:
    """Source: developers.hubspot.com/docs/api-reference/error-handling, "multi-status errors"."""
    inputs = inputs_for(portal, operation, {}, bad, {}, traced=True)
    response = portal.batch("companies", operation, inputs)
    assert response.status_code == 207
    body = response.json()
    assert {result["objectWriteTraceId"] for result in body["results"]} == {"row-0", "row-2"}
    assert body["numErrors"] == 1
    (error,) = body["errors"]
    assert error["status"] == "error"
    assert error["category"] == "VALIDATION_ERROR"
    assert error["context"]["objectWriteTraceId"] == ["row-1"]
    assert code in error["message"]
    assert error["links"] == {}


@pytest.mark.parametrize("operation", WRITES)
def test_one_trace_id_that_is_missing_or_repeated_makes_it_all_or_nothing(
    portal: Portal, operation: str
) -> None:
    """Every input needs its own trace id.

    Source: developers.hubspot.com/docs/api-reference/error-handling."""
    for spoilt in (None, "row-1"):
        inputs = inputs_for(portal, operation, {}, {"nmae": "x"}, traced=True)
        if spoilt is None:
            del inputs[0]["objectWriteTraceId"]
        else:
            inputs[0]["objectWriteTraceId"] = spoilt
        assert portal.batch("companies", operation, inputs).status_code == 400


@pytest.mark.parametrize("operation", ["create", "upsert"])
def test_a_missing_required_property(portal: Portal, operation: str) -> None:
    """The properties that each object requires are documented.

    Source: developers.hubspot.com/docs/guides/crm/using-object-apis."""
    bad = {"properties": {"content": "no subject, no stage"}, "id": "t", "idProperty": "ext_key"}
    response = portal.batch("tickets", operation, [bad])
    assert response.status_code == 400
    assert response.json()["message"] == "Error creating TICKET. Some required properties were not set."
    assert response.json()["context"]["properties"] == ["subject", "hs_pipeline_stage"]
    traced = portal.batch("tickets", operation, [{**bad, "objectWriteTraceId": "row-1"}])
    assert traced.status_code == 207
    assert traced.json()["errors"][0]["context"]["objectWriteTraceId"] == ["row-1"]


@pytest.mark.parametrize("operation", WRITES)
def test_a_unique_value_of_another_record(portal: Portal, operation: str) -> None:
    """Source: github.com/HubSpot/hubspot-api-python/issues/51; code CONFLICTING_UNIQUE_VALUE."""
    portal.create("companies", name="holder", ext_key="taken")
    inputs = inputs_for(portal, operation, {"ext_key": "taken"}, traced=False)
    response = portal.batch("companies", operation, inputs)
    assert response.status_code == 400
    assert response.json()["category"] == "VALIDATION_ERROR"
    assert response.json()["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert response.json()["context"] == {"propertyName": ["ext_key"]}
    traced = portal.batch("companies", operation, [{**inputs[0], "objectWriteTraceId": "row-1"}])
    assert traced.status_code == 207


@pytest.mark.parametrize("operation", ["create", "update"])
def test_the_address_of_another_contact(portal: Portal, operation: str) -> None:
    """Source: community.hubspot.com/t5/APIs-Integrations/Updated-409-Conflict-responses/m-p/951534"""
    holder = portal.create("contacts", email="ada@acme.example")
    item: dict[str, Any] = {"properties": {"email": "ADA@acme.example"}}
    if operation == "update":
        item["id"] = portal.create("contacts", email="bob@acme.example")
    response = portal.batch("contacts", operation, [item])
    assert response.status_code == 409
    assert response.json()["message"] == f"Contact already exists. Existing ID: {holder}"
    assert response.json()["identityProfile"]["vid"] == int(holder)
    traced = portal.batch("contacts", operation, [{**item, "objectWriteTraceId": "row-1"}])
    assert traced.status_code == 207
    assert traced.json()["errors"][0]["category"] == "CONFLICT"


def test_a_secondary_address_refuses_the_whole_batch_even_with_trace_ids(portal: Portal) -> None:
    """Source: github.com/airbytehq/airbyte/pull/76340, github.com/mitodl/mitxpro/issues/2653"""
    portal.create("contacts", email="ada@acme.example", hs_additional_emails="old@acme.example")
    other = portal.create("contacts", email="bob@acme.example", firstname="Bob")
    inputs = [
        {"id": "new@acme.example", "idProperty": "email", "properties": {"firstname": "New"}},
        {"id": "bob@acme.example", "idProperty": "email", "properties": {"email": "old@acme.example"}},
    ]
    traced = [{**item, "objectWriteTraceId": f"row-{n}"} for n, item in enumerate(inputs)]
    assert portal.batch("contacts", "upsert", traced).status_code == 409
    assert portal.read("contacts", other, "email")["email"] == "bob@acme.example"
    assert total(portal, "contacts") == 2


def test_an_upsert_by_a_secondary_address_updates_its_contact(portal: Portal) -> None:
    """Source: github.com/mitodl/mitxpro/issues/3927"""
    holder = portal.create("contacts", email="ada@acme.example", hs_additional_emails="old@acme.example")
    item = {"id": "old@acme.example", "idProperty": "email", "properties": {"firstname": "Ada"}}
    (result,) = portal.batch("contacts", "upsert", [item]).json()["results"]
    assert (result["id"], result["new"]) == (holder, False)


def test_an_update_of_unknown_ids_is_207_with_or_without_trace_ids(portal: Portal) -> None:
    """Source: github.com/rudderlabs/rudder-transformer, test data of the HubSpot destination."""
    known = portal.create("companies", name="Known")
    inputs = [{"id": record_id, "properties": {"name": "New"}} for record_id in (known, "11", "12")]
    plain = portal.batch("companies", "update", inputs)
    assert plain.status_code == 207
    assert [result["id"] for result in plain.json()["results"]] == [known]
    (error,) = plain.json()["errors"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["context"] == {"ids": ["11", "12"]}
    traced = [{**item, "objectWriteTraceId": f"row-{n}"} for n, item in enumerate(inputs)]
    errors = portal.batch("companies", "update", traced).json()["errors"]
    assert [error["context"] for error in errors] == [
        {"ids": ["11"], "objectWriteTraceId": ["row-1"]},
        {"ids": ["12"], "objectWriteTraceId": ["row-2"]},
    ]


def test_an_update_of_nothing_but_unknown_ids_has_empty_results(portal: Portal) -> None:
    """Source: github.com/rudderlabs/rudder-transformer, test data of the HubSpot destination."""
    response = portal.batch("companies", "update", [{"id": "11", "properties": {"name": "New"}}])
    assert response.status_code == 207
    assert response.json()["results"] == []


def test_an_upsert_of_unknown_keys_creates_them(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/guides/crm/using-object-apis, "upsert records"."""
    inputs = inputs_for(portal, "upsert", {}, {}, traced=False)
    first = portal.batch("companies", "upsert", inputs)
    assert first.status_code == 200
    assert [result["new"] for result in first.json()["results"]] == [True, True]
    again = portal.batch("companies", "upsert", inputs)
    assert [result["new"] for result in again.json()["results"]] == [False, False]
    assert {r["id"] for r in again.json()["results"]} == {r["id"] for r in first.json()["results"]}
    assert total(portal) == 2


@pytest.mark.parametrize("operation", ["update", "upsert"])
@pytest.mark.parametrize("key", ["", " "])
def test_an_empty_key_names_no_record(portal: Portal, operation: str, key: str) -> None:
    """HubSpot has not published its answer. A record without a key could not be found again."""
    item = {"id": key, "idProperty": "ext_key", "properties": {"name": "N"}}
    answer = portal.batch("companies", operation, [item])
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert portal.emulator.count(PORTAL_ID, "companies") == 0


def test_an_upsert_writes_the_key_into_what_it_creates(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/guides/crm/using-object-apis, "upsert records"."""
    (result,) = portal.batch(
        "companies", "upsert", [{"id": "k", "idProperty": "ext_key", "properties": {"name": "N"}}]
    ).json()["results"]
    assert portal.read("companies", result["id"], "ext_key")["ext_key"] == "k"


def test_a_read_of_unknown_ids_is_one_error_for_all(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/guides/crm/using-object-apis, "retrieve records"."""
    known = portal.create("companies", name="Known", ext_key="k")
    body = portal.batch("companies", "read", [{"id": i} for i in (known, "11", "12")], properties=["name"])
    assert body.status_code == 207
    assert [result["id"] for result in body.json()["results"]] == [known]
    assert body.json()["numErrors"] == 1
    (error,) = body.json()["errors"]
    assert error["context"] == {"ids": ["11", "12"]}
    assert error["message"].startswith("Could not get some COMPANY objects, they may be deleted or not exist")
    keys = portal.batch("companies", "read", [{"id": "k"}, {"id": "x"}], idProperty="ext_key")
    assert keys.json()["errors"][0]["context"] == {"ids": ["x"]}
    nothing = portal.batch("companies", "read", [{"id": "11"}])
    assert (nothing.status_code, nothing.json()["results"]) == (207, [])


def test_an_archive_passes_over_what_is_not_there(portal: Portal) -> None:
    """Source: github.com/n8n-io/n8n/pull/3219"""
    known = portal.create("companies", name="Known")
    assert (
        portal.batch("companies", "archive", [{"id": known}, {"id": "11"}, {"id": known}]).status_code == 204
    )
    assert total(portal) == 0


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_the_same_id_twice_refuses_everything_even_with_trace_ids(portal: Portal, operation: str) -> None:
    """Source: github.com/segmentio/action-destinations/pull/3969"""
    inputs = inputs_for(portal, operation, {}, {}, traced=True)
    inputs[1]["id"] = inputs[0]["id"]
    response = portal.batch("companies", operation, inputs)
    assert response.status_code == 400
    expected = f"Duplicate IDs found in batch input: [{inputs[0]['id']}]. IDs must be unique"
    assert response.json()["message"] == expected
    assert response.json()["context"] == {"ids": [inputs[0]["id"]]}


def test_addresses_that_differ_in_case_are_the_same_id(portal: Portal) -> None:
    """Source: github.com/segmentio/action-destinations/pull/3969"""
    inputs = [
        {"id": address, "idProperty": "email", "properties": {"firstname": "A"}}
        for address in ("A@x.example", "a@x.example")
    ]
    assert portal.batch("contacts", "upsert", inputs).status_code == 400


def test_the_same_unique_value_twice_in_a_create_conflicts_on_the_second(portal: Portal) -> None:
    """A guess: no documentation says which of the two inputs succeeds."""
    inputs = inputs_for(portal, "create", {"ext_key": "same"}, {"ext_key": "same"}, traced=True)
    response = portal.batch("companies", "create", inputs)
    assert response.status_code == 207
    assert [result["objectWriteTraceId"] for result in response.json()["results"]] == ["row-0"]


def test_the_same_id_twice_in_a_read_is_one_result(portal: Portal) -> None:
    """A guess: no documentation describes this case."""
    known = portal.create("companies", name="Known")
    response = portal.batch("companies", "read", [{"id": known}, {"id": known}])
    assert (response.status_code, len(response.json()["results"])) == (200, 1)


@pytest.mark.parametrize("operation", ["update", "read"])
def test_a_merged_id_is_left_out_without_an_error(portal: Portal, operation: str) -> None:
    """For reads, HubSpot does not document the behaviour, so the emulator's behaviour is a guess.

    Source for updates: github.com/rudderlabs/rudder-transformer, test data of the HubSpot destination."""
    kept, gone = (portal.create("deals", dealname=n, dealstage="closedwon") for n in ("kept", "gone"))
    merge = {"primaryObjectId": kept, "objectIdToMerge": gone}
    assert portal.post("/crm/v3/objects/deals/merge", merge).status_code == 200
    inputs = [{"id": record_id, "properties": {"dealname": "new"}} for record_id in (kept, gone)]
    response = portal.batch("deals", operation, inputs)
    assert response.status_code == 200
    assert [result["id"] for result in response.json()["results"]] == [kept]


@pytest.mark.parametrize("id_property", ["hs_object_id", "domain", "nowhere"])
@pytest.mark.parametrize("operation", ["update", "upsert", "read"])
def test_a_property_that_is_not_unique_is_no_key(portal: Portal, operation: str, id_property: str) -> None:
    """Source: github.com/segmentio/action-destinations/pull/3957, github.com/bruin-data/ingestr/pull/1179"""
    item = {"id": "k", "idProperty": id_property, "properties": {}, "objectWriteTraceId": "row-1"}
    response = portal.batch("companies", operation, [item], idProperty=id_property)
    assert response.status_code == 400
    assert f"by non-unique 0-2 property {id_property} in portal ID 1234567" in response.json()["message"]


def test_contacts_are_not_updated_by_address_in_batches(portal: Portal) -> None:
    """Source: github.com/HubSpot/hubspot-api-nodejs/issues/548"""
    portal.create("contacts", email="ada@acme.example")
    item = {"id": "ada@acme.example", "idProperty": "email", "properties": {"firstname": "Ada"}}
    assert portal.batch("contacts", "update", [item]).status_code == 400
    assert portal.batch("contacts", "upsert", [item]).status_code == 200
    without = portal.batch("contacts", "update", [{"id": "ada@acme.example", "properties": {}}])
    assert without.status_code == 207


@pytest.mark.parametrize("operation", [*WRITES, "read", "archive"])
def test_a_missing_scope_refuses_everything(portal: Portal, operation: str) -> None:
    """Source: developers.hubspot.com/docs/guides/apps/authentication/scopes"""
    token = portal.emulator.token(1234567, ["crm.objects.contacts.read"])
    with portal.client_with(token) as client:
        response = client.post(f"/crm/v3/objects/companies/batch/{operation}", json={"inputs": []})
    assert response.status_code == 403
    assert response.json()["category"] == "MISSING_SCOPES"
    needed = response.json()["errors"][0]["context"]["requiredGranularScopes"]
    assert needed == [f"crm.objects.companies.{'read' if operation == 'read' else 'write'}"]


@pytest.mark.parametrize("operation", [*WRITES, "read", "archive"])
def test_a_used_up_limit_refuses_everything(operation: str) -> None:
    """Source: developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines"""
    with opened({"limits": {"tenSecondly": 0}}) as portal:
        response = portal.batch("companies", operation, [])
    assert response.status_code == 429
    assert response.json()["policyName"] == "TEN_SECONDLY_ROLLING"


def test_results_do_not_come_in_the_order_of_inputs(portal: Portal) -> None:
    """Match results by id, not by position. Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    inputs = inputs_for(portal, "create", *({} for _ in range(20)), traced=True)
    results = portal.batch("companies", "create", inputs).json()["results"]
    order = [result["objectWriteTraceId"] for result in results]
    assert sorted(order) == sorted(item["objectWriteTraceId"] for item in inputs)
    assert order != [item["objectWriteTraceId"] for item in inputs]
