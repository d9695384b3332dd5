"""The portal's own rules for values, and their normal forms."""

import pytest

from tests.emulator.portal import Portal, opened

PATH = "/crm/v3/property-validations/0-2"


def rule(rule_type: str, *arguments: str, normalize: bool = False) -> dict[str, object]:
    return {"ruleType": rule_type, "ruleArguments": list(arguments), "shouldApplyNormalization": normalize}


@pytest.mark.parametrize(
    ("name", "given", "value", "stored"),
    [
        (
            "phone",
            rule("PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE", normalize=True),
            "+1 (888) 482-7768",
            "+18884827768",
        ),
        ("city", rule("WHITESPACE", "TRIM", normalize=True), "  Berlin ", "Berlin"),
        ("city", rule("WHITESPACE", "ALL", normalize=True), "New York", "NewYork"),
        ("city", rule("FORMAT", "UPPERCASE", normalize=True), "Berlin", "BERLIN"),
        ("city", rule("FORMAT", "LOWERCASE", normalize=True), "Berlin", "berlin"),
        ("city", rule("FORMAT", "CAPITALIZE", normalize=True), "new york", "New York"),
    ],
)
def test_a_rule_may_rewrite_what_was_written(name: str, given: object, value: str, stored: str) -> None:
    with opened({"validations": {"companies": {name: [given]}}}) as portal:
        record_id = portal.create("companies", name="N", **{name: value})
        assert portal.read("companies", record_id, name)[name] == stored
        assert portal.read("companies", record_id, name) == portal.read("companies", record_id, name)


@pytest.mark.parametrize(
    ("name", "given", "bad", "good"),
    [
        ("city", rule("ALPHANUMERIC", "ALPHA_ONLY"), "Berlin 1", "Berlin"),
        ("city", rule("ALPHANUMERIC", "NUMERIC_ONLY"), "Berlin", "10115"),
        ("city", rule("ALPHANUMERIC", "ALPHANUMERIC"), "Berlin!", "Berlin 1"),
        ("city", rule("MAX_LENGTH", "3"), "long", "abc"),
        ("city", rule("MIN_LENGTH", "3"), "ab", "abc"),
        ("city", rule("REGEX", "[A-Z]{2}", "two capitals"), "ab", "AB"),
        ("city", rule("SPECIAL_CHARACTERS", "NOT_ALLOWED"), "a-b", "a b"),
        ("city", rule("WHITESPACE", "TRIM"), " a", "a"),
        ("city", rule("FORMAT", "UPPERCASE"), "a", "A"),
        ("city", rule("EMAIL"), "nobody", "a@b.example"),
        ("city", rule("EMAIL_ALLOWED_DOMAINS", "b.example"), "a@c.example", "a@b.example"),
        ("city", rule("EMAIL_BLOCKED_DOMAINS", "b.example"), "a@b.example", "a@c.example"),
        ("city", rule("DOMAIN"), "not a domain", "b.example"),
        ("city", rule("URL"), "b.example", "https://b.example/x"),
        ("city", rule("URL_ALLOWED_DOMAINS", "b.example"), "https://c.example", "https://b.example/x"),
        ("city", rule("URL_BLOCKED_DOMAINS", "b.example"), "https://b.example/x", "https://c.example"),
        ("phone", rule("PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE"), "030 123456", "+49 30 123456"),
        ("annualrevenue", rule("MAX_NUMBER", "10"), "10.5", "10"),
        ("annualrevenue", rule("MIN_NUMBER", "10"), "9", "10"),
        ("annualrevenue", rule("DECIMAL", "2"), "1.234", "1.23"),
        ("notes_next", rule("START_DATE", "1795305600000"), "2026-11-21", "2026-11-22"),
        ("notes_next", rule("END_DATE", "1795305600000"), "2026-11-23", "2026-11-22"),
        ("notes_next", rule("DAYS_OF_WEEK", "SUNDAY"), "2026-11-23", "2026-11-22"),
    ],
)
def test_a_broken_rule_refuses_the_write(name: str, given: object, bad: str, good: str) -> None:
    date = {
        "name": "notes_next",
        "label": "D",
        "type": "date",
        "fieldType": "date",
        "groupName": "companyinformation",
    }
    seed = {"properties": {"companies": [date]}, "validations": {"companies": {name: [given]}}}
    with opened(seed) as portal:
        refused = portal.post("/crm/v3/objects/companies", {"properties": {"name": "N", name: bad}})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["context"] == {"propertyName": [name]}
        portal.create("companies", name="N", **{name: good})


def test_the_code_that_was_seen_in_the_wild() -> None:
    """Source: developers.hubspot.com/changelog, July 2023: validation rules hold for API writes."""
    seed = {"validations": {"companies": {"city": [rule("ALPHANUMERIC", "ALPHA_ONLY")]}}}
    with opened(seed) as portal:
        refused = portal.post("/crm/v3/objects/companies", {"properties": {"name": "N", "city": "1"}})
        assert refused.json()["errors"][0]["code"] == "INVALID_ALPHA"


def test_rules_are_set_and_read_by_the_api(portal: Portal) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Property Validations"."""
    path = f"{PATH}/city/rule-type/MAX_LENGTH"
    assert portal.client.get(path).status_code == 404
    assert portal.client.put(path, json={"ruleArguments": ["3"]}).status_code == 204
    expected = {"ruleType": "MAX_LENGTH", "ruleArguments": ["3"]}
    assert portal.client.get(path).json() == expected
    assert portal.client.get(f"{PATH}/city").json() == {"results": [expected]}
    assert portal.client.get(PATH).json() == {
        "results": [{"propertyName": "city", "propertyValidationRules": [expected]}]
    }
    assert portal.client.delete(path).status_code == 405
    portal.client.put(path, json={"ruleArguments": ["4"]})
    portal.create("companies", name="N", city="four")


@pytest.mark.parametrize(
    ("rule_type", "arguments"),
    [("NO_RULE", []), ("MAX_LENGTH", []), ("MAX_LENGTH", ["x"]), ("REGEX", ["("]), ("FORMAT", ["ODD"])],
)
def test_a_rule_that_could_not_be_applied_is_refused(
    portal: Portal, rule_type: str, arguments: list[str]
) -> None:
    path = f"{PATH}/city/rule-type/{rule_type}"
    assert portal.client.put(path, json={"ruleArguments": arguments}).status_code == 400
    assert portal.client.put(f"{PATH}/nope/rule-type/URL", json={"ruleArguments": []}).status_code == 404
