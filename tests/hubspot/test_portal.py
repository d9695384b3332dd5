"""Reading everything that planning needs to know about a portal, in few calls."""

from typing import Any

import httpx
import pytest

from reconciler.errors import ManifestError, NotAllowed, UsageError
from reconciler.hubspot.portal.read_portal import begin_portal, read_portal
from reconciler.model.definitions import Account, Kind, Pipeline, PipelineStage, PortalSchema
from tests.hubspot.doubles import reader_of, reply

TEXT = {"type": "string", "fieldType": "text"}
OWNER = {
    "name": "hubspot_owner_id",
    "type": "enumeration",
    "fieldType": "select",
    "externalOptions": True,
    "referencedObjectType": "OWNER",
}
STAGES = [{"id": "won", "label": "Closed won"}]
CAR = {
    "name": "car",
    "objectTypeId": "2-77",
    "fullyQualifiedName": "p1000000_car",
    "requiredProperties": ["vin"],
}
ANSWERS: dict[str, Any] = {
    "/account-info/v3/details": {"portalId": 1000000, "accountType": "SANDBOX"},
    "/crm/v3/owners": {
        "results": [
            {"id": "71", "email": "ada@acme.example", "firstName": "Ada", "lastName": "L", "userId": 8},
            {"id": "72", "type": "QUEUE"},
        ]
    },
    "/crm-object-schemas/v3/schemas": {"results": [CAR]},
    "/crm/v3/properties/companies": {
        "results": [
            {"name": "external_id", "label": "External ID", "hasUniqueValue": True} | TEXT,
            {"name": "old", "archived": True} | TEXT,
        ]
    },
    "/crm/v3/properties/0-3": {
        "results": [
            {"name": "dealname"} | TEXT,
            {"name": "dealstage"} | TEXT,
            {"name": "pipeline"} | TEXT,
            OWNER,
        ]
    },
    "/crm/v3/properties/2-77": {"results": [{"name": "vin", "hasUniqueValue": True} | TEXT]},
    "/crm/v3/properties/0-999": {"results": [{"name": "hs_name"} | TEXT]},
    "/crm/v3/pipelines/0-3": {
        "results": [
            {"id": "default", "label": "Sales", "stages": STAGES},
            {"id": "second", "label": "Renewals", "stages": []},
            {"id": "gone", "label": "Gone", "stages": [], "archived": True},
        ]
    },
}


class Portal:
    """Answers from a table, and remembers the requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        headers = {"X-HubSpot-RateLimit-Daily-Remaining": "900"}
        return reply(200, ANSWERS[request.url.path], headers)


def read(*objects: str, portal_id: int | None = None) -> tuple[PortalSchema, Portal]:
    portal = Portal()
    return read_portal(reader_of(portal), objects, portal_id), portal


def test_a_simple_type_takes_two_calls() -> None:
    schema, portal = read("companies", "0-2")

    assert sorted(portal.asked) == ["/account-info/v3/details", "/crm/v3/properties/companies"]
    assert schema.account == Account(1000000, "SANDBOX")
    assert schema.api_version == "v3"
    assert list(schema.objects) == ["companies"]
    companies = schema.objects["companies"]
    assert (companies.path, list(companies.properties)) == ("companies", ["external_id"])
    assert companies.can_identify("external_id")


def test_pipelines_are_read_where_a_type_has_them_and_owners_are_not() -> None:
    schema, portal = read("deals", "companies")

    assert len(portal.asked) == 4
    deals = schema.objects["deals"]
    assert deals.path == "0-3"
    assert deals.properties["hubspot_owner_id"].kind is Kind.OWNER
    assert deals.pipelines == (
        Pipeline("default", "Sales", (PipelineStage("won", "Closed won"),)),
        Pipeline("second", "Renewals", ()),
    )
    assert deals.required == ("dealname", "dealstage", "pipeline")


@pytest.mark.parametrize("written", ["car", "p1000000_car", "2-77"])
def test_a_custom_type_is_found_by_each_of_its_names(written: str) -> None:
    schema, portal = read(written)

    assert "/crm-object-schemas/v3/schemas" in portal.asked
    assert schema.objects[written] == schema.objects["car"]
    assert (schema.objects["car"].name, schema.objects["car"].path) == ("car", "2-77")
    assert schema.objects["car"].required == ("vin",)
    assert schema.objects["car"].has_upsert


def test_two_names_of_one_type_are_read_once() -> None:
    schema, portal = read("car", "2-77")

    assert portal.asked.count("/crm/v3/properties/2-77") == 1
    assert schema.objects["car"] is schema.objects["2-77"]


def test_a_standard_type_that_is_newer_than_us_is_taken_by_its_number() -> None:
    schema, _ = read("0-999")

    assert schema.objects["0-999"].path == "0-999"


def test_unknown_types_are_all_told_with_close_names() -> None:
    with pytest.raises(ManifestError) as caught:
        read("compnies", "cars", "zzz")

    assert [(problem.message, problem.advice) for problem in caught.value.problems][:2] == [
        ('the portal has no object type "cars"', 'did you mean "carts" or "car"?'),
        ('the portal has no object type "compnies"', 'did you mean "companies"?'),
    ]
    assert "it has appointments, calls, car," in str(caught.value.problems[2].advice)


@pytest.mark.parametrize("objects", [["companies"], ["compnies"]])
def test_another_portal_is_refused_before_anything_else(objects: list[str]) -> None:
    with pytest.raises(UsageError, match=r"belongs to portal 1000000, and this environment is portal 7"):
        read(*objects, portal_id=7)


def test_a_type_that_the_token_may_not_see_names_the_scope() -> None:
    error = {"errors": [{"context": {"requiredGranularScopes": ["crm.schemas.companies.read"]}}]}

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(403, error) if "properties" in request.url.path else Portal()(request)

    with pytest.raises(NotAllowed, match=r"the token lacks a scope: crm\.schemas\.companies\.read"):
        read_portal(reader_of(handler), ["companies"])


def test_a_started_read_is_not_made_twice() -> None:
    portal = Portal()
    reader = reader_of(portal)
    begin_portal(reader, ["companies", "0-2", "p1_car"])
    assert list(read_portal(reader, ["companies"]).objects) == ["companies"]
    assert sorted(portal.asked) == ["/account-info/v3/details", "/crm/v3/properties/companies"]
    assert reader.calls == 2


def test_an_error_of_a_started_read_reaches_its_user() -> None:
    reader = reader_of(lambda _: reply(403))
    begin_portal(reader, ["companies"])
    with pytest.raises(NotAllowed):
        read_portal(reader, ["companies"])
