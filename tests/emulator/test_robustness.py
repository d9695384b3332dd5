"""Every request gets an answer: no request crashes the emulator."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.faults import Kind
from reconciler.emulator.routes import FAMILIES
from tests.emulator.portal import Portal, opened

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "id",
        "idProperty",
        "inputs",
        "properties",
        "objectWriteTraceId",
        "associations",
        "to",
        "from",
        "types",
        "associationCategory",
        "associationTypeId",
        "filterGroups",
        "filters",
        "propertyName",
        "operator",
        "value",
        "values",
        "highValue",
        "sorts",
        "limit",
        "after",
        "name",
        "label",
        "type",
        "fieldType",
        "groupName",
        "options",
        "stages",
        "metadata",
        "displayOrder",
        "labels",
        "primaryDisplayProperty",
        "ruleArguments",
        "primaryObjectId",
        "objectIdToMerge",
        "objectId",
        "splits",
        "ownerId",
        "percentage",
        "typeId",
        "category",
        "maxToObjectIds",
        "ext_key",
        "object",
        "source",
        "calculationFormula",
    ]
)
LEAVES = JSON | st.sampled_from(
    ["1", "2", "name", "EQ", "HUBSPOT_DEFINED", 279, "number", "companyinformation"]
)
OBJECTS = st.dictionaries(FIELDS, LEAVES, max_size=5)
NESTED = st.dictionaries(FIELDS, LEAVES | OBJECTS | st.lists(OBJECTS, max_size=2), max_size=5)
SHAPED = JSON | NESTED | st.dictionaries(FIELDS, LEAVES | NESTED | st.lists(NESTED, max_size=2), max_size=5)
ROUTES = sorted(
    {
        (route.method, root.replace("{dated}", "2026-09") + route.path)
        for family in FAMILIES
        for root in family.roots
        for route in family.routes
    }
)
PARTS = {
    "<object_type>": "companies",
    "<to_type>": "contacts",
    "<record_id>": "1",
    "<to_id>": "2",
    "<pipeline_id>": "default",
    "<stage_id>": "closedwon",
    "<property_name>": "city",
    "<group_name>": "companyinformation",
    "<rule_type>": "MAX_LENGTH",
    "<type_id>": "1",
    "<identifier>": "1",
    "<owner_id>": "1",
    "<int:list_id>": "1",
    "<int:record_id>": "1",
    "<type_name>": "company_to_contact",
    "<list_name>": "Targets",
}


def filled(path: str) -> str:
    for part, value in PARTS.items():
        path = path.replace(part, value)
    assert "<" not in path, path
    return path


@pytest.fixture(scope="module")
def portal() -> Any:
    with opened({"records": {"companies": [{"id": "1", "properties": {"name": "N"}}]}}) as made:
        yield made


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(route=st.sampled_from(ROUTES), body=SHAPED)
def test_any_json_to_any_route_is_answered(portal: Portal, route: tuple[str, str], body: Any) -> None:
    method, path = route
    answer = portal.client.request(method, filled(path), content=json.dumps(body))
    assert answer.status_code < 500 or answer.json()["category"] == "INTERNAL_ERROR"
    if answer.status_code >= 400 and not (answer.status_code == 404 and not answer.content):
        assert answer.json()["status"] == "error"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    path=st.sampled_from(
        ["", "/", "/faults", "/faults/x", "/portals/1", "/portals/x", "/portals/1234567/edits"]
    )
    | st.sampled_from(
        ["/portals/1234567/settings", "/portals/1234567/tokens", "/portals/1/edits", "/nothing"]
    ),
    body=SHAPED | st.fixed_dictionaries({"kind": st.sampled_from(Kind)}),
)
def test_any_json_to_a_control_route_is_answered(portal: Portal, method: str, path: str, body: Any) -> None:
    answer = portal.client.request(method, f"/_emulator{path}", content=json.dumps(body))
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json()["message"]
    portal.emulator.clear_faults()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=st.text(max_size=30), query=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
def test_any_path_is_answered(portal: Portal, path: str, query: dict[str, str]) -> None:
    answer = portal.client.get(f"/crm/v3/objects/companies/{quote(path)}", params=query)
    assert answer.status_code in {200, 400, 404, 405}
