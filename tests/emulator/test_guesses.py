"""Guesses about HubSpot that ``emulator verify`` does not check.

Each guess is a setting of the emulator. Another value of the setting changes the behaviour that it describes;
wrong settings get clear error messages.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.errors import SeedError
from reconciler.emulator.guess_settings import SETTINGS
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.probes.table import PROBES
from tests.emulator.conftest import KEYED
from tests.emulator.portal import PORTAL_ID, Portal, opened

Look = Callable[[Portal], object]
PET = {
    "name": "pet",
    "objectTypeId": "2-77",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "pet_name",
    "properties": [{"name": "pet_name", "label": "Name"}],
}
TO_COMPANIES = {"fromObjectTypeId": "2-77", "toObjectTypeId": "0-2", "name": "pet_to_company"}
CITY_RULES: Mapping[str, Mapping[str, Any]] = {
    "FORMAT": {"ruleArguments": ["CAPITALIZE"], "shouldApplyNormalization": True},
    "MAX_LENGTH": {"ruleArguments": ["30"]},
}
SEED: Mapping[str, Any] = {
    **KEYED,
    "schemas": [PET],
    "enablement": {"0-162": False},
    "limits": {"tenSecondly": 1000, "searchSecondly": 1},
    "validations": {"companies": {"city": [{"ruleType": name, **rule} for name, rule in CITY_RULES.items()]}},
    "records": {"contacts": [{"id": "501", "properties": {"email": "ada@acme.example"}}]},
}


def batch(operation: str, *inputs: Any, object_type: str = "companies") -> Look:
    return lambda portal: portal.batch(object_type, operation, inputs).status_code


def read_twice(portal: Portal) -> object:
    inputs = [{"id": "501"}, {"id": "501"}]
    return len(portal.batch("contacts", "read", inputs).json()["results"])


def repeated_traces(portal: Portal) -> object:
    inputs = [
        {"properties": {"name": "A", **more}, "objectWriteTraceId": "1"}
        for more in ({}, {"numberofemployees": "none"})
    ]
    return portal.batch("companies", "create", inputs).status_code


def city_of(text: str) -> Look:
    return lambda portal: portal.read("companies", portal.create("companies", name="A", city=text), "city")[
        "city"
    ]


def name_of(text: str) -> Look:
    return lambda portal: portal.read("companies", portal.create("companies", name=text), "name")["name"]


def second_search(portal: Portal) -> object:
    answers = [portal.post("/crm/v3/objects/companies/search", {}) for _ in range(2)]
    return "Retry-After" in answers[1].headers


def label(from_type: str, to_type: str) -> Look:
    path = f"/crm/v4/associations/{from_type}/{to_type}/labels"
    return lambda portal: portal.post(path, {"name": "plain_again", "label": ""}).status_code


def pipeline(pipeline_id: str, *stages: str) -> Callable[[Portal], httpx.Response]:
    given = [
        {"label": f"S{place}", "stageId": stage, "displayOrder": place, "metadata": {"probability": "0.5"}}
        for place, stage in enumerate(stages)
    ]
    body = {"pipelineId": pipeline_id, "label": pipeline_id, "displayOrder": 9, "stages": given}
    return lambda portal: portal.post("/crm/v3/pipelines/deals", body)


def phantoms(portal: Portal) -> object:
    other = {"pipelineId": "mine", "label": "Mine", "displayOrder": 9}
    stages = [{"label": "A", "displayOrder": 0, "metadata": {"ticketState": "CLOSED"}}]
    assert portal.post("/crm/v3/pipelines/tickets", {**other, "stages": stages}).status_code == 201
    return pipeline("mine", "a")(portal).json()["context"]["stageIds"]


def broken_rule(portal: Portal) -> object:
    answer = portal.post("/crm/v3/objects/companies", {"properties": {"name": "A", "city": "A" * 40}})
    return answer.json()["errors"][0]["code"]


def over_the_limit(portal: Portal) -> object:
    path = "/crm/associations/v4/definitions/configurations/companies/contacts/batch/create"
    limit = {"category": "HUBSPOT_DEFINED", "typeId": 280, "maxToObjectIds": 1}
    assert portal.post(path, {"inputs": [limit]}).is_success
    company = portal.create("companies", name="A")
    statuses = [
        portal.client.put(
            f"/crm/v4/objects/companies/{company}/associations/default/contacts/{contact}"
        ).status_code
        for contact in ("501", portal.create("contacts", email="eve@acme.example"))
    ]
    return statuses[1]


def two_sorts(portal: Portal) -> object:
    sorts = [{"propertyName": name, "direction": "ASCENDING"} for name in ("name", "city")]
    return portal.post("/crm/v3/objects/companies/search", {"sorts": sorts}).status_code


def query(portal: Portal) -> object:
    portal.create("companies", name="A", numberofemployees="4711")
    return portal.post("/crm/v3/objects/companies/search", {"query": "4711"}).json()["total"]


def displayed(portal: Portal) -> object:
    return portal.client.get("/crm-object-schemas/v3/schemas/companies").json()["primaryDisplayProperty"]


def default_number(portal: Portal) -> object:
    labels = portal.client.get("/crm/v4/associations/products/quotes/labels").json()["results"]
    return labels[0]["typeId"]


def same_value_twice(portal: Portal) -> object:
    inputs = [
        {"properties": {"name": "A", "ext_key": "twice"}, "objectWriteTraceId": number} for number in "12"
    ]
    return portal.batch("companies", "create", inputs).status_code


def associate_with_nobody(portal: Portal) -> object:
    company = portal.create("companies", name="A")
    inputs = [{"from": {"id": company}, "to": {"id": contact}} for contact in ("501", "999")]
    path = "/crm/v4/associations/companies/contacts/batch/associate/default"
    return portal.post(path, {"inputs": inputs}).status_code


def label_limits(portal: Portal) -> object:
    asked = "fromObjectTypeId=0-2&toObjectTypeId=0-1"
    return len(portal.client.get(f"/crm/v3/limits/associations/labels?{asked}").json()["results"])


def category_of_custom(portal: Portal) -> object:
    """Return the category of a custom object's association, which was accepted in a write."""
    number = portal.post("/crm-object-schemas/v3/schemas/2-77/associations", TO_COMPANIES).json()["id"]
    types = portal.client.get("/crm/v4/associations/2-77/companies/labels").json()["results"]
    (category,) = (each["category"] for each in types if str(each["typeId"]) == number)
    to_company = {"to": {"id": portal.create("companies", name="A")}}
    spec = {"associationCategory": category, "associationTypeId": int(number)}
    body = {"properties": {"pet_name": "Rex"}, "associations": [to_company | {"types": [spec]}]}
    assert portal.post("/crm/v3/objects/2-77", body).status_code == 201
    removed = portal.client.delete(f"/crm-object-schemas/v3/schemas/2-77/associations/{number}")
    assert removed.is_success
    return category


def html_kept(portal: Portal) -> object:
    body = {"name": "rich", "label": "Rich", "groupName": "companyinformation", "type": "string"}
    assert portal.post("/crm/v3/properties/companies", body | {"fieldType": "html"}).is_success
    record = portal.create("companies", name="A", rich="<b>x</b><script>y</script>")
    return portal.read("companies", record, "rich")["rich"]


def ids_in_use(portal: Portal) -> object:
    assert pipeline("mine", "a", "b")(portal).is_success
    for stage in ("a", "b"):
        portal.create("deals", dealname="D", pipeline="mine", dealstage=stage)
    answer = portal.client.delete("/crm/v3/pipelines/deals/mine")
    return answer.json()["context"]["stageIds"]


def pipeline_of_custom(portal: Portal) -> object:
    assert pipeline("mine", "a")(portal).is_success
    stages = [{"label": "A", "displayOrder": 0, "metadata": {}}]
    body = {"pipelineId": "mine", "label": "Mine", "displayOrder": 9, "stages": stages}
    return portal.post("/crm/v3/pipelines/2-77", body).status_code


def stage_taken_in_put(portal: Portal) -> object:
    assert pipeline("mine", "a")(portal).is_success
    assert pipeline("other", "b")(portal).is_success
    stages = [{"label": "A", "stageId": "b", "displayOrder": 0, "metadata": {"probability": "0.5"}}]
    body = {"label": "Mine", "displayOrder": 9, "stages": stages}
    return portal.client.put("/crm/v3/pipelines/deals/mine", json=body).status_code


LOOKS: Mapping[str, tuple[Look, object, object]] = {
    "missing_inputs": (
        lambda portal: portal.post("/crm/v3/objects/companies/batch/create", {}).status_code,
        *(201, 400),
    ),
    "id_read_twice": (read_twice, 1, 2),
    "repeated_trace_ids": (repeated_traces, 400, 207),
    "plain_text": (name_of(" A "), " A ", "A"),
    "email_upsert": (
        batch(
            "upsert",
            {"id": "ada@acme.example", "idProperty": "email", "properties": {"city": "Bonn"}},
            object_type="contacts",
        ),
        *(200, 400),
    ),
    "retry_after": (second_search, False, True),
    "display_properties": (displayed, "name", "hs_object_id"),
    "plain_association_again": (label("contacts", "companies"), 400, 409),
    "phantom_stages": (phantoms, ["[mine-1, mine-2]"], ["[]"]),
    "stage_id_twice": (lambda portal: pipeline("new", "a", "a")(portal).status_code, 400, 409),
    "used_by_schema": (
        lambda portal: portal.client.delete("/crm/v3/properties/2-77/pet_name").status_code,
        *(400, 204),
    ),
    "capitalized": (city_of("bad homburg"), "Bad Homburg", "Bad homburg"),
    "rule_code": (broken_rule, "INVALID_MAX_LENGTH", "INVALID_VALUE"),
    "operation_not_offered": (
        lambda portal: portal.post("/crm/v3/objects/feedback_submissions", {}).status_code,
        *(405, 404),
    ),
    "type_not_activated": (lambda portal: portal.client.get("/crm/v3/objects/0-162").status_code, 400, 403),
    "unlisted_association_numbers": (default_number, 1_007_014, 5_007_014),
    "too_many_associated": (over_the_limit, 400, 409),
    "second_sort": (two_sorts, 400, 200),
    "query_search": (query, 0, 1),
    "same_value_twice": (same_value_twice, 207, 400),
    "missing_end": (associate_with_nobody, 207, 404),
    "label_limits": (label_limits, 1, 0),
    "custom_associations": (category_of_custom, "USER_DEFINED", "HUBSPOT_DEFINED"),
    "html_kept": (html_kept, "<b>x</b>", "x"),
    "ids_in_use": (ids_in_use, ["[a, b]"], ["[a]"]),
    "custom_pipeline_ids": (pipeline_of_custom, 409, 201),
    "stage_taken_in_put": (stage_taken_in_put, 409, 400),
}
ELSEWHERE = {"allowance", "outside_tier", "unknown_token"}
"""Guesses with tests of their own: they depend on other settings, or apply to requests without a portal."""


def test_every_guess_without_a_probe_is_looked_at() -> None:
    assert set(LOOKS) | ELSEWHERE == set(SETTINGS) - {probe.guess for probe in PROBES}


@pytest.mark.parametrize("guess", sorted(LOOKS))
def test_a_setting_changes_what_it_says(guess: str) -> None:
    look, usual, turned = LOOKS[guess]
    with opened(SEED) as portal:
        assert look(portal) == usual
    other = SETTINGS[guess].others[0] if SETTINGS[guess].others else "5000000"
    with opened({**SEED, "guesses": {guess: other}}) as portal:
        assert look(portal) == turned


def calculated(portal: Portal) -> int:
    body = {
        "name": "twice",
        "label": "Twice",
        "type": "number",
        "fieldType": "calculation_equation",
        "groupName": "companyinformation",
        "calculationFormula": "numberofemployees * 2",
    }
    return portal.post("/crm/v3/properties/companies", body).status_code


@pytest.mark.parametrize(
    ("guesses", "status"), [({}, 403), ({"outside_tier": "400"}, 400), ({"allowance": "unlimited"}, 201)]
)
def test_what_a_tier_allows_is_a_guess(guesses: Mapping[str, str], status: int) -> None:
    with opened({"tier": "starter", "guesses": guesses}) as portal:
        assert calculated(portal) == status


@pytest.mark.parametrize(("observed", "status"), [({}, 404), ({"unknown_token": "401"}, 401)])
def test_what_was_seen_holds_for_all_portals_and_a_portal_has_the_last_word(
    observed: Mapping[str, str], status: int
) -> None:
    emulator = Emulator(None, observed={**observed, "search_lag": "at_once"})
    emulator.ensure_portal(PORTAL_ID, {"guesses": {"search_lag": "behind"}})
    with httpx.Client(transport=EmulatorTransport(emulator), base_url="https://api.hubapi.com") as client:
        answer = client.post("/oauth/v2/private-apps/get/access-token-info", json={"tokenKey": "x"})
        assert answer.status_code == status
    with httpx.Client(
        transport=EmulatorTransport(emulator, PORTAL_ID), base_url="https://api.hubapi.com"
    ) as client:
        client.post("/crm/v3/objects/companies", json={"properties": {"name": "A"}})
        assert client.post("/crm/v3/objects/companies/search", json={}).json()["total"] == 0
        client.patch(f"/_emulator/portals/{PORTAL_ID}/settings", json={"guesses": {}})
        assert client.post("/crm/v3/objects/companies/search", json={}).json()["total"] == 1
    emulator.close()


@pytest.mark.parametrize(
    ("guesses", "says"),
    [
        ({"case": "same"}, "guesses.case: there is no such guess"),
        ({"key_case": "upper"}, "guesses.key_case must be one of different, same, not 'upper'"),
        ({"unlisted_association_numbers": "many"}, "unlisted_association_numbers must be a number as text"),
        (["key_case"], "guesses: an object is expected"),
    ],
)
def test_a_wrong_guess_is_explained(guesses: object, says: str) -> None:
    emulator = Emulator(None)
    with pytest.raises(SeedError, match=says):
        emulator.ensure_portal(PORTAL_ID, {"guesses": guesses})
    emulator.close()
