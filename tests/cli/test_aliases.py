"""One live record under another key: it is recognised and reported, and nothing is written."""

from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import Project

SEED = """\
{"guesses": {"key_case": "same"},
 "properties": {"companies": [
   {"name": "external_id", "label": "External id", "type": "string", "fieldType": "text",
    "groupName": "companyinformation", "hasUniqueValue": true}]},
 "records": {
   "companies": [{"id": "9001", "properties": {"external_id": "acme", "name": "Acme"}}],
   "contacts": [{"id": "71", "properties": {"email": "ada@acme.example", "firstname": "Ada",
                                            "hs_additional_emails": "ada@old.example"}}]}}
"""
COMPANIES = "object: companies\nkey: external_id\nrecords:\n"
CONTACTS = "object: contacts\nkey: email\nrecords:\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose portal ignores upper and lower case in keys."""
    made = Project(tmp_path)
    made.write("portal.json", SEED)
    made.write(
        "reconciler.yaml",
        "version: 1\nmanifests: [.]\nenvironments:\n  it: {portal: emulator, seed: portal.json}\n",
    )
    made.write("companies.yaml", f"{COMPANIES}  Acme: {{name: Acme}}\n")
    made.write("contacts.yaml", f"{CONTACTS}  ada@old.example: {{firstname: Ada}}\n")
    return made


def test_aliases_are_warned_of_and_change_nothing(project: Project) -> None:
    for start in ("Nothing to write. 2 records will be taken over (state only).", "No changes. 2 in step."):
        planned = project.run("plan", "--detailed-exitcode", "--values", "show")
        assert planned.code == ExitCode.OK
        assert planned.out.startswith(start)
        reported = " ".join(planned.out.split())
        assert (
            "companies.yaml:4:3: warning: the key of companies/Acme is spelled acme in the portal" in reported
        )
        other = "in the portal, the main email of contacts/ada@old.example is ada@acme.example"
        assert f"warning: {other}" in reported
        assert project.run("apply", "--auto-approve").code == ExitCode.OK
    document = project.run("plan", "--json").document
    assert (document["summary"]["no_op"], document["appliable"]) == (2, True)
    assert [problem["severity"] for problem in document["problems"]] == ["warning", "warning"]


def test_an_alias_is_written_to_the_record_that_it_means(project: Project) -> None:
    project.write("companies.yaml", f"{COMPANIES}  Acme: {{name: Acme GmbH}}\n")
    project.write("contacts.yaml", f"{CONTACTS}  ada@old.example: {{firstname: Ada B}}\n")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    with project.portal() as http:
        company = http.get("/crm/v3/objects/companies/9001?properties=name,external_id").json()["properties"]
        contact = http.get("/crm/v3/objects/contacts/71?properties=firstname,email").json()["properties"]
    assert (company["name"], company["external_id"]) == ("Acme GmbH", "acme")
    assert (contact["firstname"], contact["email"]) == ("Ada B", "ada@acme.example")
    assert project.run("plan").out.startswith("No changes.")


def test_the_spelling_of_the_portal_is_taken_over_without_a_loss(project: Project) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    project.write("companies.yaml", f"prune: all\n{COMPANIES}  acme: {{name: Acme}}\n")
    planned = project.run("plan", "--json").document
    assert {change["action"] for change in planned["changes"]} == {"adopt"}
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert [
        entry["address"] for entry in project.run("state", "list", "--json", "--values", "show").document
    ] == [
        "companies/acme",
        "contacts/ada@old.example",
    ]


@pytest.mark.parametrize(
    ("manifest", "reported"),
    [
        (
            f"{COMPANIES}  Acme: {{name: A}}\n  acme: {{name: B}}\n",
            "are the same record in the portal (9001)",
        ),
        (
            f"{CONTACTS}  ada@acme.example: {{}}\n  ada@old.example: {{firstname: B}}\n",
            "are the same record in the portal (71)",
        ),
    ],
)
def test_two_addresses_of_one_record_are_a_problem(project: Project, manifest: str, reported: str) -> None:
    project.write("companies.yaml" if "companies" in manifest else "contacts.yaml", manifest)
    planned = project.run("plan")
    assert planned.code == ExitCode.ERROR
    assert reported in " ".join(planned.out.split())
