"""State stores the forms into which HubSpot converts our values, so the plan after an apply is empty."""

import json
from pathlib import Path

import pytest

from tests.support.projects import Project

SETTINGS = "version: 1\nmanifests: [.]\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"


def text_property(name: str, field: str = "text") -> dict[str, object]:
    return {
        "name": name,
        "label": name,
        "type": "string",
        "fieldType": field,
        "groupName": "companyinformation",
    }


SEED = {
    "properties": {
        "companies": [
            text_property("external_id") | {"hasUniqueValue": True},
            text_property("trimmed"),
            text_property("shouted"),
            text_property("caller", "phonenumber"),
            text_property("story", "html"),
        ]
    },
    "validations": {
        "companies": {
            "trimmed": [
                {"ruleType": "WHITESPACE", "ruleArguments": ["TRIM"], "shouldApplyNormalization": True}
            ],
            "shouted": [
                {"ruleType": "FORMAT", "ruleArguments": ["UPPERCASE"], "shouldApplyNormalization": True}
            ],
            "caller": [
                {
                    "ruleType": "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE",
                    "ruleArguments": [],
                    "shouldApplyNormalization": True,
                }
            ],
        }
    },
}

MANIFEST = """\
object: companies
key: external_id
records:
  acme:
    name: Acme
    trimmed: "  spaces around  "
    shouted: quiet words
    caller: +1 (888) 482-7768
    story: <p onclick="evil()">Hello <b>there</b></p>
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    made.write("companies.yaml", MANIFEST)
    done = made.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    return made


def patch(project: Project, **properties: str) -> None:
    with project.portal() as http:
        path = "/crm/v3/objects/companies/acme?idProperty=external_id"
        http.patch(path, json={"properties": properties}).raise_for_status()


def test_rewritten_values_are_in_step(project: Project) -> None:
    with project.portal() as http:
        found = http.get(
            "/crm/v3/objects/companies/acme",
            params={"idProperty": "external_id", "properties": "trimmed,shouted,caller,story"},
        ).json()["properties"]
    assert found["trimmed"] == "spaces around"
    assert found["shouted"] == "QUIET WORDS"
    assert found["story"] != '<p onclick="evil()">Hello <b>there</b></p>'
    again = project.run("plan")
    assert again.out.startswith("No changes."), again.out
    assert project.run("plan", "--json").document["changes"] == []


def test_an_edit_of_a_rewritten_value_is_still_drift(project: Project) -> None:
    patch(project, shouted="somebody else")
    (change,) = project.run("plan", "--json").document["changes"]
    assert change["reason"] == "drift"
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_a_new_manifest_value_is_still_a_change(project: Project) -> None:
    project.replace("companies.yaml", "quiet words", "other words")
    (change,) = project.run("plan", "--json").document["changes"]
    assert change["reason"] == "changed"
    assert set(change["properties"]) == {"shouted"}
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("plan").out.startswith("No changes.")
