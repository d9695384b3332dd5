"""Stored forms of written values."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator import rich_text, values
from reconciler.emulator.guess_settings import Guesses
from reconciler.emulator.object_types import standard_types
from reconciler.emulator.schema import build_definitions
from reconciler.emulator.standard import full_property
from reconciler.emulator.versions import VERSIONS
from tests.emulator.portal import Portal, opened

OPTIONS = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}, {"label": "C", "value": "c"}]
KINDS: dict[str, dict[str, Any]] = {
    "a_text": {"type": "string", "fieldType": "text"},
    "a_html": {"type": "string", "fieldType": "html"},
    "a_number": {"type": "number", "fieldType": "number"},
    "a_date": {"type": "date", "fieldType": "date"},
    "a_moment": {"type": "datetime", "fieldType": "date"},
    "a_choice": {"type": "enumeration", "fieldType": "select", "options": OPTIONS},
    "a_set": {"type": "enumeration", "fieldType": "checkbox", "options": OPTIONS},
    "a_flag": {
        "type": "bool",
        "fieldType": "booleancheckbox",
        "options": [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}],
    },
}
SEED = {
    "properties": {
        "companies": [
            {"name": name, "label": name, "groupName": "companyinformation", **kind}
            for name, kind in KINDS.items()
        ]
    },
    "owners": [{"id": "77", "email": "ada@acme.example", "userId": 9}],
}


@pytest.fixture
def portal() -> Iterator[Portal]:
    with opened(SEED) as made:
        yield made


def written(portal: Portal, version: str, name: str, value: Any) -> Any:
    """Write one value and return the response."""
    path = "/crm/v3/objects/companies" if version == "v3" else f"/crm/objects/{version}/companies"
    return portal.post(path, {"properties": {"name": "N", name: value}})


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("a_text", "  as sent \r\n", "  as sent \r\n"),
        ("a_number", "17", "17"),
        ("a_number", "-0.50", "-0.50"),
        ("a_number", 17, "17"),
        ("a_flag", "TRUE", "true"),
        ("a_flag", False, "false"),
        ("a_choice", "a", "a"),
        ("a_set", "b;a;;b", "b;a"),
        ("a_date", "2026-11-22", "2026-11-22"),
        ("a_date", "1795305600000", "2026-11-22"),
        ("a_date", 1795305600000, "2026-11-22"),
        ("a_moment", "2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00.000Z"),
        ("a_moment", "1795334400123", "2026-11-22T08:00:00.123Z"),
        ("a_html", "<p onclick='x()'>Hi<script>x()</script></p>", "<p>Hi</p>"),
        ("hubspot_owner_id", "77", "77"),
        ("domain", "https://WWW.Acme.example/path?q=1", "www.acme.example"),
        ("name", "", None),
    ],
)
def test_a_value_takes_its_normal_form(portal: Portal, name: str, value: Any, stored: str | None) -> None:
    if name == "name":
        response = portal.post(
            "/crm/v3/objects/companies", {"properties": {"domain": "x.example", "name": value}}
        )
    else:
        response = written(portal, "v3", name, value)
    assert response.status_code == 201, response.text
    assert portal.read("companies", response.json()["id"], name)[name] == stored


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("a_number", "1,000", "INVALID_INTEGER"),
        ("a_number", "1.2.3", "INVALID_INTEGER"),
        ("a_number", "1e3", "INVALID_INTEGER"),
        ("a_number", "\u0661", "INVALID_INTEGER"),
        ("a_flag", "yes", "INVALID_OPTION"),
        ("a_choice", "A", "INVALID_OPTION"),
        ("a_choice", "a;b", "INVALID_OPTION"),
        ("a_set", "a;d", "INVALID_OPTION"),
        ("a_date", "22.11.2026", "INVALID_DATE"),
        ("a_date", "2026-11-22T08:00:00Z", "INVALID_DATE"),
        ("a_date", "1795334400123", "INVALID_DATE"),
        ("a_date", "99999999999999999999", "INVALID_DATE"),
        ("a_moment", "tomorrow", "INVALID_LONG"),
        ("hubspot_owner_id", "9", "INVALID_OPTION"),
        ("a_text", "x" * 65_537, "INVALID_STRING"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(portal: Portal, name: str, value: str, code: str) -> None:
    response = written(portal, "v3", name, value)
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == code


def test_every_bad_value_of_a_record_is_told_at_once(portal: Portal) -> None:
    response = portal.post("/crm/v3/objects/companies", {"properties": {"a_number": "x", "a_flag": "x"}})
    assert [error["context"]["propertyName"] for error in response.json()["errors"]] == [
        ["a_number"],
        ["a_flag"],
    ]


def test_a_date_off_midnight_says_so(portal: Portal) -> None:
    """Source: github.com/verbb/formie/issues/1755"""
    response = written(portal, "v3", "a_date", "1795334400123")
    assert response.json()["errors"][0]["message"] == "1795334400123 is at 8:0:0.123 UTC, not midnight!"


@pytest.mark.parametrize("value", ["2026-11-22T23:59:59Z", "1795334400123", "1795334400"])
def test_the_newest_version_cuts_a_date_to_its_day_and_warns(portal: Portal, value: str) -> None:
    """Source: developers.hubspot.com/changelog, date values from 2026-09 on."""
    body = written(portal, "2026-09", "a_date", value).json()
    assert body["properties"]["a_date"] == "2026-11-22"
    (warning,) = body["warnings"]
    assert warning["category"] == "PROPERTY_VALUE_NORMALIZED"
    assert warning["context"] == {
        "propertyName": ["a_date"],
        "rawValue": [value],
        "normalizedValue": ["2026-11-22"],
    }


def test_a_leading_semicolon_adds_to_the_stored_set(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/api-reference/crm-properties-v3/guide, "add values to checkbox"."""
    record_id = portal.create("companies", name="N", a_set="b;a")
    path = f"/crm/v3/objects/companies/{record_id}"
    assert portal.client.patch(path, json={"properties": {"a_set": ";c;a"}}).status_code == 200
    assert portal.read("companies", record_id, "a_set")["a_set"] == "b;a;c"
    portal.client.patch(path, json={"properties": {"a_set": "c"}})
    assert portal.read("companies", record_id, "a_set")["a_set"] == "c"


@pytest.mark.parametrize(("version", "status"), [("v3", 400), ("2026-03", 400), ("2026-09", 201)])
def test_null_clears_only_where_the_specification_allows_it(
    portal: Portal, version: str, status: int
) -> None:
    """For API versions before 2026-09, HubSpot does not document the answer, so 400 is a guess."""
    assert written(portal, version, "a_text", None).status_code == status


def test_a_required_property_cannot_be_cleared(portal: Portal) -> None:
    record_id = portal.create("tickets", subject="S", hs_pipeline_stage="1")
    path = f"/crm/v3/objects/tickets/{record_id}"
    assert portal.client.patch(path, json={"properties": {"subject": ""}}).status_code == 400
    assert portal.read("tickets", record_id, "subject")["subject"] == "S"


def test_lifecycle_stages_move_forward_unless_cleared_first(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/guides/api/crm/objects/contacts, lifecycle stages."""
    record_id = portal.create("companies", name="N", lifecyclestage="lead")
    path = f"/crm/v3/objects/companies/{record_id}"
    for value, stored in (("customer", "customer"), ("lead", "customer"), ("", None), ("lead", "lead")):
        assert portal.client.patch(path, json={"properties": {"lifecyclestage": value}}).status_code == 200
        assert portal.read("companies", record_id, "lifecyclestage")["lifecyclestage"] == stored


def test_a_stage_must_belong_to_the_pipeline(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/guides/api/crm/pipelines: move both in one write."""
    other = {
        "pipelineId": "renewals",
        "label": "Renewals",
        "displayOrder": 1,
        "stages": [
            {"stageId": "r-open", "label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}}
        ],
    }
    assert portal.post("/crm/v3/pipelines/deals", other).status_code == 201
    record_id = portal.create("deals", dealname="D", dealstage="closedwon")
    assert portal.read("deals", record_id, "pipeline")["pipeline"] == "default"
    path = f"/crm/v3/objects/deals/{record_id}"
    alone = portal.client.patch(path, json={"properties": {"dealstage": "r-open"}})
    assert alone.json()["errors"][0]["code"] == "INVALID_OPTION"
    both = {"properties": {"dealstage": "r-open", "pipeline": "renewals"}}
    assert portal.client.patch(path, json=both).status_code == 200


def test_computed_values_follow_the_record(portal: Portal) -> None:
    record_id = portal.create("deals", dealname="D", dealstage="contractsent")
    names = ("hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability", "hs_lastmodifieddate")
    before = portal.read("deals", record_id, *names)
    assert (before["hs_is_closed"], before["hs_deal_stage_probability"]) == ("false", "0.9")
    portal.clock.advance(5)
    changed = portal.client.patch(
        f"/crm/v3/objects/deals/{record_id}", json={"properties": {"dealstage": "closedwon"}}
    ).json()
    assert changed["properties"]["hs_is_closed"] == "true"
    after = portal.read("deals", record_id, *names)
    assert (after["hs_is_closed_won"], after["hs_deal_stage_probability"]) == ("true", "1.0")
    assert after["hs_lastmodifieddate"] > str(before["hs_lastmodifieddate"])


def test_a_formula_is_computed(portal: Portal) -> None:
    given_formula = {
        "name": "per_head",
        "label": "Revenue per head",
        "type": "number",
        "fieldType": "calculation_equation",
        "groupName": "companyinformation",
        "calculationFormula": "annualrevenue/numberofemployees",
    }
    made = portal.post("/crm/v3/properties/companies", given_formula).json()
    assert made["calculated"] is True
    assert made["calculationFormula"] == "annualrevenue / numberofemployees"
    record_id = portal.create("companies", name="N", annualrevenue="100", numberofemployees="8")
    assert portal.read("companies", record_id, "per_head")["per_head"] == "12.5"
    refused = written(portal, "v3", "per_head", "1")
    assert refused.json()["errors"][0]["code"] == "READ_ONLY_VALUE"


def test_writing_an_equal_value_moves_nothing(portal: Portal) -> None:
    """A guess: no documentation says whether this changes the time of the last modification."""
    record_id = portal.create("companies", name="N")
    portal.clock.advance(5)
    answer = portal.client.patch(f"/crm/v3/objects/companies/{record_id}", json={"properties": {"name": "N"}})
    assert answer.json()["updatedAt"] == "2026-11-22T08:00:00.101Z"


TEXTS = st.text(max_size=20) | st.from_regex(r"-?[0-9.]{1,9}", fullmatch=True)
SETTING = values.Setting(VERSIONS["v3"], Guesses(), lambda _text: True)
COMPANIES = standard_types()["companies"]
DEFINITIONS = build_definitions(
    COMPANIES,
    [
        (
            "property",
            name,
            full_property(
                {"name": name, "label": name, "groupName": "g", **kind}, hubspot_defined=False, since=""
            ),
        )
        for name, kind in KINDS.items()
    ],
)


@given(st.sampled_from([*KINDS, "domain"]), TEXTS)
def test_a_normal_form_is_its_own_normal_form(name: str, text: str) -> None:
    definition = DEFINITIONS.properties[name]
    try:
        once = values.normal_value(definition, text, "", SETTING).text
    except values.InvalidValue:
        return
    assert values.normal_value(definition, once, "", SETTING).text == once


@given(st.text(alphabet="<>/pab =\"'&;script", max_size=60))
def test_sanitising_twice_is_sanitising_once(html: str) -> None:
    once = rich_text.sanitise(html)
    assert rich_text.sanitise(once) == once
    assert "<script" not in once
