"""Updates that overwrite values from before we owned the record: the plan says who wrote those values."""

import json
from pathlib import Path

import pytest

from reconciler.plan.records import planner
from tests.support.projects import PORTAL, Project

ADA = {"id": "71", "email": "ada@acme.example", "firstName": "Ada", "lastName": "Lindner", "userId": 7}
KEY = {"name": "external_id", "label": "No.", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED = {
    "owners": [ADA],
    "properties": {"companies": [KEY | {"groupName": "companyinformation"}]},
    "records": {
        "companies": [
            {"id": "9001", "properties": {"external_id": "a", "name": "A", "city": "Ulm"}},
            {"id": "9002", "properties": {"external_id": "b", "name": "B", "city": "Ulm"}},
        ]
    },
}
MANIFEST = """\
object: companies
key: external_id
records:
  a: {name: A, city: Jena, zip: "07743"}
  b: {name: B, city: Jena}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write(
        "reconciler.yaml", "version: 1\nenvironments: {local: {portal: emulator, seed: portal.json}}\n"
    )
    project.write("portal.json", json.dumps(SEED))
    project.write("companies.yaml", MANIFEST)
    project.run("emulator", "seed")
    with project.portal() as http:
        person = {"type": "CRM_UI", "id": "userId:7", "label": "Ada", "userId": 7}
        for record in ("9001", "9002"):
            edit = {"object": "companies", "id": record, "properties": {"city": "Bonn"}, "source": person}
            http.post(f"/_emulator/portals/{PORTAL}/edits", json=edit).raise_for_status()
    return project


def test_the_plan_says_whose_values_it_overwrites(project: Project) -> None:
    shown = project.run("plan", "--values", "show").out
    assert shown.count("by Ada Lindner <ada@acme.example>") == 2
    assert "(zip)" in shown  # an empty value is overwritten, so nothing is lost


def test_only_the_first_records_are_asked_about(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "OVERWRITTEN_SHOWN", 1)
    shown = project.run("plan", "--values", "show").out
    assert shown.count("by Ada Lindner <ada@acme.example>") == 1
    assert "Plan: 0 to create, 2 to update, 0 to archive." in shown


def test_what_is_already_ours_needs_no_names(project: Project) -> None:
    project.run("apply", "--auto-approve", "--allow", "update=2")
    assert project.run("plan").out.startswith("No changes. 2 in step.")
