"""Records that manifests name for another environment are released, never archived, whatever their key."""

import json
from pathlib import Path

import pytest

from tests.support.projects import PORTAL, Project

SETTINGS = f"""version: 1
guards: {{archive: 100%, empty: 99}}
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
  other: {{portal: emulator, portal_id: {PORTAL + 1}, seed: portal.json}}
default: local
"""
NUMBER = {
    "name": "erp_no",
    "label": "ERP",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
    "hasUniqueValue": True,
}
HERE = "object: contacts\nkey: email\nprune: true\nrecords:\n  stays@x.example: {firstname: Stays}\n"
MINE = "  ada@x.example: {firstname: Ada, erp_no: E1}\n"
ELSEWHERE = "object: contacts\nkey: %s\nenvironments: [other]\nrecords:\n"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("email", "  ada@x.example: {firstname: Ada}\n"),
        ("email", "  Ada@X.example: {firstname: Ada}\n"),
        ("email", "  new@x.example: {firstname: Ada, $renamed_from: ada@x.example}\n"),
        ("email", "  second@x.example: {firstname: Ada}\n"),
        ("erp_no", "  E1: {firstname: Ada}\n"),
    ],
)
def test_a_record_that_another_environment_names_is_released(tmp_path: Path, key: str, line: str) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps({"version": 1, "properties": {"contacts": [NUMBER]}}))
    project.write("manifests/contacts.yaml", HERE + MINE)
    assert project.run("apply", "--auto-approve").code == 0
    with project.portal() as http:
        body = {"properties": {"hs_additional_emails": "second@x.example"}}
        patched = http.patch("/crm/v3/objects/contacts/ada@x.example?idProperty=email", json=body)
        assert patched.status_code == 200

    project.write("manifests/contacts.yaml", HERE)
    project.write("manifests/other.yaml", ELSEWHERE % key + line)
    done = project.run("plan", "--json", "--values", "show")

    changes = {change["address"]: change["action"] for change in done.document["changes"]}
    assert changes == {"contacts/ada@x.example": "release"}, done.err


def test_a_record_named_here_is_for_this_environment_if_another_one_spells_it_otherwise(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps({"version": 1, "properties": {"contacts": [NUMBER]}}))
    mine = "  ada@x.example: {firstname: Ada, $associations: {contacts: [stays@x.example]}}\n"
    project.write("manifests/contacts.yaml", HERE + mine)
    project.write("manifests/other.yaml", ELSEWHERE % "email" + "  Ada@X.example: {firstname: Ada}\n")
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("plan").out.startswith("No changes.")

    project.write("manifests/contacts.yaml", HERE + "  ada@x.example: {firstname: Ada}\n")
    (change,) = project.run("plan", "--json").document["changes"]
    assert (change["action"], change["reason"]) == ("dissociate", "pruned")
