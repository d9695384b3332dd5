"""Removing definitions: records that use them are counted or moved, or prevent the removal."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import Project

SETTINGS = "version: 1\ndefault: local\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
ODD = ["true", "007", "a:b#c", "$0-$50k", "<<", "null", "ä/ö%", "1e3", "~", "- x"]
KEY = {
    "label": "Number",
    "type": "string",
    "fieldType": "text",
    "groupName": "companyinformation",
    "hasUniqueValue": True,
}
CONTACTS = """\
object: contacts
association_labels:
  companies: {payer: {label: Pays, inverseLabel: Is paid by}}
key: email
records:
  ada@acme.example: {firstname: Ada, $associations: {companies: [{to: C-1, label: Pays}]}}
  bob@acme.example: {firstname: Bob, $associations: {companies: [{to: C-1, label: Pays}]}}
"""
COMPANIES = f"""\
object: companies
properties:
  number: {json.dumps(KEY)}
  old: {{label: Old, type: string, fieldType: text, groupName: companyinformation}}
  new: {{label: New, type: string, fieldType: text, groupName: companyinformation}}
key: number
records:
  C-1: {{name: One, old: of one}}
  C-2: {{name: Two, old: of two, new: newer}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", '{"search_lag_ms": 0}')
    made.write("manifests/companies.yaml", COMPANIES)
    return made


def apply(project: Project, *flags: str) -> None:
    done = project.run("apply", "--auto-approve", *flags)
    assert done.code == 0, done.out + done.err


def is_in_step(project: Project) -> bool:
    return project.run("plan").out.startswith("No changes.")


def test_a_label_goes_only_if_its_associations_may_lose_it(project: Project) -> None:
    project.write("manifests/contacts.yaml", CONTACTS)
    apply(project)
    project.write(
        "manifests/contacts.yaml",
        "object: contacts\nassociation_labels: {companies: {payer: {$absent: true}}}\n",
    )

    refused = project.run("plan", "--target", "contacts:*")

    assert refused.code == 4, refused.out
    message = "2 associations of contacts would lose the label, because it is removed (limit 0)"
    assert message in " ".join(refused.out.split())
    assert "--allow lose=2" in refused.out
    apply(project, "--target", "contacts:*", "--allow", "lose=2")
    with project.portal() as http:
        labels = http.get("/crm/v4/associations/contacts/companies/labels").json()["results"]
    assert "Pays" not in {each["label"] for each in labels}


def test_values_of_a_property_move_where_the_other_is_empty_and_stay_in_its_archive(project: Project) -> None:
    apply(project)
    text = (project.folder / "manifests/companies.yaml").read_text()
    old = next(line for line in text.splitlines() if line.startswith("  old:"))
    project.replace("manifests/companies.yaml", old, "  old: {$absent: true, $moves_to: new}")
    project.replace("manifests/companies.yaml", ", old: of one", "")
    project.replace("manifests/companies.yaml", ", old: of two", "")

    apply(project, "--allow", "migrate=2")

    assert is_in_step(project)
    with project.portal() as http:
        records = http.get("/crm/v3/objects/companies", params={"properties": "new"}).json()["results"]
        gone = http.get("/crm/v3/properties/companies", params={"archived": "true"}).json()["results"]
    assert sorted(each["properties"]["new"] for each in records) == ["newer", "of one"]
    assert [each["name"] for each in gone] == ["old"]


@pytest.mark.parametrize(
    ("definition", "count"),
    [
        ("{label: W, type: number, fieldType: number, groupName: companyinformation}", "2 records"),
        ("{label: W, type: date, fieldType: date, groupName: companyinformation}", "2 records"),
        (
            (
                "{label: W, type: enumeration, fieldType: select, groupName: companyinformation,"
                " options: {of one: One}}"
            ),
            "1 record",
        ),
    ],
)
def test_values_that_the_other_property_cannot_have_are_a_problem(
    project: Project, definition: str, count: str
) -> None:
    apply(project)
    text = (project.folder / "manifests/companies.yaml").read_text()
    old = next(line for line in text.splitlines() if line.startswith("  old:"))
    absent = f"  old: {{$absent: true, $moves_to: wanted}}\n  wanted: {definition}"
    project.replace("manifests/companies.yaml", old, absent)
    project.replace("manifests/companies.yaml", ", old: of one", "")
    project.replace("manifests/companies.yaml", ", old: of two", "")

    planned = project.run("plan", "--allow", "migrate=2")

    assert planned.code == 1
    message = f"{count} cannot move to wanted, which takes no such values"
    assert message in " ".join(planned.out.split())


def test_new_stages_stand_in_the_order_of_the_manifest(project: Project) -> None:
    deals = "object: deals\npipelines: {{Renewals: {{stages: {{Open: {{probability: 0.2}}{}}}}}}}\n"
    project.write("manifests/deals.yaml", deals.format(""))
    apply(project)
    new = ", Z: {probability: 0.3}, A: {probability: 0.4}, M: {probability: 0.5}"
    project.write("manifests/deals.yaml", deals.format(new))
    apply(project)
    assert is_in_step(project)


def test_odd_names_are_kept_move_and_go(project: Project) -> None:
    def manifests(options: dict[str, Any], value: str, stages: dict[str, Any], stage: str) -> None:
        companies = {
            "object": "companies",
            "groups": {"#:$": {"label": "007"}},
            "properties": {
                "number": KEY,
                "odd": {
                    "label": "Odd",
                    "type": "enumeration",
                    "fieldType": "select",
                    "groupName": "#:$",
                    "options": options,
                },
            },
            "key": "number",
            "records": {"C-1": {"name": "One", "odd": value}},
        }
        deals = {
            "object": "deals",
            "properties": {"no": KEY | {"groupName": "dealinformation"}},
            "pipelines": {"yes: #1": {"stages": stages}},
            "key": "no",
            "records": {"D-1": {"dealname": "D", "pipeline": "yes: #1", "dealstage": stage}},
        }
        text = "---\n".join(f"{json.dumps(each)}\n" for each in (companies, deals))
        project.write("manifests/companies.yaml", text)

    options = {name: {"label": f"{name}!"} for name in ODD}
    stages: dict[str, Any] = {name: {"probability": "0.5"} for name in ODD}
    manifests(options, "$0-$50k", stages, "<<")
    apply(project)
    assert is_in_step(project)
    with project.portal() as http:
        found = http.get("/crm/v3/properties/companies/odd").json()["options"]
        (pipeline,) = [
            p for p in http.get("/crm/v3/pipelines/deals").json()["results"] if p["label"] == "yes: #1"
        ]
    assert [each["value"] for each in sorted(found, key=lambda each: each["displayOrder"])] == ODD
    assert [
        each["label"] for each in sorted(pipeline["stages"], key=lambda each: each["displayOrder"])
    ] == ODD

    options = {name: each for name, each in options.items() if name != "$0-$50k"}
    options["a;b"] = {"label": "semicolon", "$renamed_from": "$0-$50k"}
    del stages["<<"]
    stages["<<"] = {"$absent": True, "$moves_to": "~"}
    manifests(options, "a;b", stages, "~")
    apply(project, "--allow", "migrate=9")
    assert is_in_step(project)
    with project.portal() as http:
        found = http.get("/crm/v3/properties/companies/odd").json()["options"]
    assert "$0-$50k" not in {each["value"] for each in found}


GEARS = """\
object: gears
schema: {labels: {singular: Gear, plural: Gears}, primaryDisplayProperty: no, searchableProperties: [no]}
properties: {no: {label: No, type: string, fieldType: text, groupName: gears_information}}
---
object: contacts
association_labels: {gears: {maker: {label: Maker}}}
"""


@pytest.mark.parametrize(
    "beside",
    [
        "",
        "properties: {no: {$absent: true}}\n",
        "---\nobject: contacts\nassociation_labels: {gears: {maker: {$absent: true}}}\n",
    ],
)
def test_an_object_type_goes_and_the_next_plan_is_empty(project: Project, beside: str) -> None:
    project.write("manifests/gears.yaml", GEARS)
    apply(project)
    cleared = project.run("plan", "--target", "gears:*").out
    assert "No changes." in cleared
    project.write("manifests/gears.yaml", GEARS.replace("[no]}", "[]}"))
    assert "- searchableProperties  no → (cleared)" in project.run("plan").out
    project.write("manifests/gears.yaml", f"object: gears\nschema: {{$absent: true}}\n{beside}")

    apply(project)

    assert is_in_step(project)
    with project.portal() as http:
        assert http.get("/crm/v3/schemas").json()["results"] == []


def test_what_names_an_object_type_that_is_gone_is_a_problem(project: Project) -> None:
    _, _, contacts = GEARS.partition("---\n")
    project.write("manifests/gears.yaml", f"object: gears\nschema: {{$absent: true}}\n---\n{contacts}")

    planned = project.run("plan")

    assert planned.code == 1
    assert 'the portal has no object type "gears"' in planned.out
